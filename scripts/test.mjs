// npm test: runs all checks and tests, fastest first. Continues after a failure, so that one run shows all
// of them. Ends with a list of the failed tests, and the line `N passed, N failed`. `npm test -- unit e2e` runs only
// these steps.
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
  ensureServices,
  ensureTurnServer,
  missingBrowsersMessage,
} from './browsers.mjs'
import { lint, runCheck } from './lint.mjs'
import { firstLine, readVitestReport, summarize } from './test-summary.mjs'
import { ensureValkey } from './valkey.mjs'

const root = join(import.meta.dirname, '..')
const reports = mkdtempSync(join(tmpdir(), 'buddy-test-'))
/** The results of the steps that have run. */
const results = []
let browsers

/** Runs a test runner that writes a JSON report. Without a report, it failed before its first test. */
function runner(step, command, args, options, readReport) {
  const report = join(reports, `${step}.json`)
  const { status } = spawnSync(command, args(report), { stdio: 'inherit', ...options(report) })
  let result
  try {
    result = readReport(JSON.parse(readFileSync(report, 'utf8')))
  } catch {
    result = { passed: 0, skipped: 0, failures: [{ name: `${command} wrote no report` }] }
  }
  const { passed, skipped, failures } = result
  const isFailureHidden = status !== 0 && failures.length === 0
  const hidden = { name: `${command} failed outside its tests, see its output` }
  results.push({ step, passed, skipped, failures: isFailureHidden ? [hidden] : failures })
}

/** Adds the results of checks that are not tests. `output` is what a failed check has written. */
function addChecks(step, ...checks) {
  const failures = checks
    .filter(({ hasPassed }) => !hasPassed)
    .map(({ name, output }) => ({ name, error: firstLine(output) }))
  results.push({ step, passed: checks.length - failures.length, skipped: 0, failures })
}

function vitest(project, environment = {}) {
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
        ...environment,
        BUDDY_CHROMIUM: browsers?.chromium ?? '',
        BUDDY_FIREFOX: browsers?.firefox ?? '',
      },
    }),
    (report) => readVitestReport(report, root),
  )
}

function needChromium(step, run) {
  browsers ??= ensureBrowsers()
  const message = missingBrowsersMessage(browsers)
  if (message) console.log(message)
  if (browsers.chromium) run()
  else addChecks(step, { name: 'Chromium is missing', hasPassed: false, output: message })
}

const steps = {
  async types() {
    addChecks('types', await runCheck('types', 'tsc', ['-b']))
  },
  async lint() {
    addChecks('lint', ...(await lint()))
  },
  unit() {
    ensureRedis()
    const valkey = ensureValkey()
    vitest('unit', valkey ? { BUDDY_VALKEY: valkey } : {})
  },
  component() {
    needChromium('component', () =>
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
        (report) => report,
      ),
    )
  },
  integration() {
    ensureTurnServer()
    ensureProxy()
    ensureServices()
    ensurePythonLibraries()
    ensureRedis()
    vitest('integration')
  },
  install: () => needChromium('install', () => vitest('install')),
  e2e() {
    ensureProxy()
    ensurePythonLibraries()
    needChromium('e2e', () => vitest('e2e'))
  },
  network() {
    ensureNetworkTools()
    needChromium('network', () => vitest('network'))
  },
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in steps))
if (unknown.length > 0) {
  console.error(`Unknown step: ${unknown.join(', ')}. Steps are: ${Object.keys(steps).join(', ')}.`)
  process.exit(1)
}
let step = 'build'
try {
  build()
  for (const [name, run] of Object.entries(steps)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    step = name
    const startedAt = performance.now()
    console.log(`\n── ${name}`)
    await run()
    console.log(`   ${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  }
} catch (error) {
  console.error(error.message, error.cause ?? '')
  addChecks(step, { name: 'could not run', hasPassed: false, output: error.message })
} finally {
  rmSync(reports, { recursive: true, force: true })
}
console.log(`\n${summarize(results)}`)
const hasFailed = results.some(({ failures }) => failures.length > 0)
process.exitCode = hasFailed || results.every(({ passed }) => passed === 0) ? 1 : 0
