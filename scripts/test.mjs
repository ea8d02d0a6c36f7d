// npm test: runs all checks and tests, fastest first. Continues after a failure, so that one run shows all
// of them, and ends with the line `N passed, N failed`. `npm test -- unit e2e` runs only these steps.
// Steps of one group run at the same time. The output of all but the first is printed when they end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import {
  ensureBrowsers,
  ensureNetworkTools,
  ensureProxy,
  ensurePythonLibraries,
  ensureTurnServer,
  missingBrowsersMessage,
} from './browsers.mjs'
import { lint } from './lint.mjs'

const root = join(import.meta.dirname, '..')
const reports = mkdtempSync(join(tmpdir(), 'buddy-test-'))
const total = { passed: 0, failed: 0, skipped: 0 }
let browsers

function count(passed, failed, skipped = 0) {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}

/**
 * Runs a command and resolves with its exit status.
 * @param output receives the output; undefined if it goes to the terminal
 */
async function execute(command, args, options, output) {
  const stdio = output ? ['ignore', 'pipe', 'pipe'] : 'inherit'
  const child = spawn(command, args, { stdio, ...options })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => output.push(chunk))
  }
  const [status] = await once(child, 'close')
  return status
}

/** Runs a test runner that writes a JSON report. Without a report, it failed before its first test. */
async function runner(name, command, args, options, readReport, output) {
  const report = join(reports, `${name}.json`)
  const status = await execute(command, args(report), options(report), output)
  let counts
  try {
    counts = readReport(JSON.parse(readFileSync(report, 'utf8')))
  } catch {
    counts = { passed: 0, failed: 1, skipped: 0 }
  }
  const hasHiddenFailure = status !== 0 && counts.failed === 0
  count(counts.passed, counts.failed + (hasHiddenFailure ? 1 : 0), counts.skipped)
}

function vitest(project, output) {
  return runner(
    project,
    'vitest',
    (report) => [
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    () => ({
      cwd: root,
      env: {
        ...process.env,
        BUDDY_CHROMIUM: browsers?.chromium ?? '',
        BUDDY_FIREFOX: browsers?.firefox ?? '',
      },
    }),
    ({ numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests }) => ({
      passed: numPassedTests,
      // A test file that fails to load has no failed tests, only a failed suite.
      failed: Math.max(numFailedTests, numFailedTestSuites > 0 ? 1 : 0),
      skipped: numPendingTests,
    }),
    output,
  )
}

async function needChromium(run) {
  browsers ??= ensureBrowsers()
  const message = missingBrowsersMessage(browsers)
  if (message) console.log(message)
  if (browsers.chromium) await run()
  else count(0, 1)
}

const steps = {
  async types(output) {
    const status = await execute('tsc', ['-b'], { cwd: root }, output)
    count(status === 0 ? 1 : 0, status === 0 ? 0 : 1)
  },
  lint() {
    for (const { hasPassed } of lint()) count(hasPassed ? 1 : 0, hasPassed ? 0 : 1)
  },
  unit: (output) => vitest('unit', output),
  component: (output) =>
    needChromium(() =>
      runner(
        'component',
        'wtr',
        () => [],
        (report) => ({
          cwd: join(root, 'tests/component'),
          env: {
            ...process.env,
            BUDDY_TEST_REPORT: report,
            BUDDY_CHROMIUM: browsers.chromium,
          },
        }),
        ({ passed, failed }) => ({ passed, failed, skipped: 0 }),
        output,
      ),
    ),
  integration(output) {
    ensureTurnServer()
    ensureProxy()
    ensurePythonLibraries()
    return vitest('integration', output)
  },
  install: (output) => needChromium(() => vitest('install', output)),
  e2e(output) {
    ensureProxy()
    ensurePythonLibraries()
    return needChromium(() => vitest('e2e', output))
  },
  network(output) {
    ensureNetworkTools()
    return needChromium(() => vitest('network', output))
  },
}

/**
 * The steps, in groups that run at the same time. The tests of the network mostly wait for timeouts, so they
 * leave time to the tests of the browsers.
 */
const groups = [
  ['types'],
  ['lint'],
  ['unit'],
  ['component'],
  ['integration'],
  ['install'],
  ['e2e', 'network'],
]

async function runStep(name, output) {
  const startedAt = performance.now()
  const title = `\n── ${name}\n`
  if (output) output.push(title)
  else process.stdout.write(title)
  try {
    await steps[name](output)
  } catch (error) {
    console.error(error.message, error.cause ?? '')
    count(0, 1)
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (output) process.stdout.write(Buffer.concat(output.map((chunk) => Buffer.from(chunk))))
  console.log(`   ${name}: ${seconds} s`)
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in steps))
if (unknown.length > 0) {
  console.error(`Unknown step: ${unknown.join(', ')}. Steps are: ${Object.keys(steps).join(', ')}.`)
  process.exit(1)
}
try {
  build()
  for (const group of groups) {
    const names = group.filter((name) => wanted.length === 0 || wanted.includes(name))
    await Promise.all(names.map((name, index) => runStep(name, index > 0 ? [] : undefined)))
  }
} catch (error) {
  console.error(error.message, error.cause ?? '')
  count(0, 1)
} finally {
  rmSync(reports, { recursive: true, force: true })
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`)
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
