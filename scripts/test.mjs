// npm test: runs all checks and tests, fastest first. Continues after a failure, so that one run shows all
// of them, and ends with the line `N passed, N failed`. `npm test -- unit e2e` runs only these steps.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import {
  ensureBrowsers,
  ensureNetworkTools,
  ensureProxy,
  ensurePythonLibraries,
  ensureRedis,
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

/** Runs a test runner that writes a JSON report. Without a report, it failed before its first test. */
function runner(name, command, args, options, readReport) {
  const report = join(reports, `${name}.json`)
  const { status } = spawnSync(command, args(report), { stdio: 'inherit', ...options(report) })
  let counts
  try {
    counts = readReport(JSON.parse(readFileSync(report, 'utf8')))
  } catch {
    counts = { passed: 0, failed: 1, skipped: 0 }
  }
  const hasHiddenFailure = status !== 0 && counts.failed === 0
  count(counts.passed, counts.failed + (hasHiddenFailure ? 1 : 0), counts.skipped)
}

function vitest(project) {
  runner(
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
  )
}

function needChromium(run) {
  browsers ??= ensureBrowsers()
  const message = missingBrowsersMessage(browsers)
  if (message) console.log(message)
  if (browsers.chromium) run()
  else count(0, 1)
}

const steps = {
  types() {
    const { status } = spawnSync('tsc', ['-b'], { cwd: root, stdio: 'inherit' })
    count(status === 0 ? 1 : 0, status === 0 ? 0 : 1)
  },
  lint() {
    for (const { hasPassed } of lint()) count(hasPassed ? 1 : 0, hasPassed ? 0 : 1)
  },
  unit() {
    ensureRedis()
    vitest('unit')
  },
  component() {
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
      ),
    )
  },
  integration() {
    ensureTurnServer()
    ensureProxy()
    ensurePythonLibraries()
    ensureRedis()
    vitest('integration')
  },
  install: () => needChromium(() => vitest('install')),
  e2e() {
    ensureProxy()
    ensurePythonLibraries()
    needChromium(() => vitest('e2e'))
  },
  network() {
    ensureNetworkTools()
    needChromium(() => vitest('network'))
  },
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in steps))
if (unknown.length > 0) {
  console.error(`Unknown step: ${unknown.join(', ')}. Steps are: ${Object.keys(steps).join(', ')}.`)
  process.exit(1)
}
try {
  build()
  for (const [name, step] of Object.entries(steps)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const startedAt = performance.now()
    console.log(`\n── ${name}`)
    step()
    console.log(`   ${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
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
