// Reads the reports of test runners, and writes the end of `npm test`: the failed tests, and the line
// `N passed, N failed`. Some services show only the end of an output, where the failures of early steps are missing.
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/**
 * A failed test. `file` and `error` are missing where a step failed as a whole.
 * @typedef {{ readonly file?: string, readonly name: string, readonly error?: string }} Failure
 */

/** Returns the first line of a text that is not empty, without colours. */
export function firstLine(text = '') {
  const lines = stripVTControlCharacters(text).split('\n')
  return lines.map((line) => line.trim()).find((line) => line !== '')
}

/** Reads the JSON report of vitest. Paths of files are returned relative to `root`. */
export function readVitestReport({ testResults, numPassedTests, numPendingTests }, root) {
  const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name)
    const failed = assertionResults
      .filter((result) => result.status === 'failed')
      .map(({ ancestorTitles, title, failureMessages }) => ({
        file,
        name: [...ancestorTitles, title].join(' > '),
        error: firstLine(failureMessages[0]),
      }))
    // A file that cannot be loaded, or whose hooks fail, has no failed tests.
    const isBroken = status === 'failed' && failed.length === 0
    return isBroken ? [{ file, name: '(the file)', error: firstLine(message) }] : failed
  })
  return { passed: numPassedTests, skipped: numPendingTests, failures }
}

/** Returns what @web/test-runner found in its sessions, one per test file, as `readVitestReport` does. */
export function readSessions(sessions, root) {
  const failures = []
  let passed = 0
  for (const { testFile, testResults, errors } of sessions) {
    const file = relative(root, testFile)
    const visit = ({ suites, tests }, ancestors) => {
      for (const test of tests) {
        const name = [...ancestors, test.name].join(' > ')
        if (test.passed) passed++
        else failures.push({ file, name, error: firstLine(test.error?.message) })
      }
      for (const suite of suites) visit(suite, [...ancestors, suite.name])
    }
    if (testResults) visit(testResults, [])
    if (!testResults || errors.length > 0) {
      failures.push({ file, name: '(the file)', error: firstLine(errors[0]?.message) })
    }
  }
  return { passed, skipped: 0, failures }
}

/** Returns the last lines of `npm test`. `steps` are the results of the steps, with their names. */
export function summarize(steps) {
  const failures = steps.flatMap(({ step, failures }) =>
    failures.map((failure) => ({ step, ...failure })),
  )
  const list = failures.flatMap(({ step, file, name, error }) => [
    [step, file, name].filter(Boolean).join(': '),
    ...(error ? [`    ${error}`] : []),
  ])
  const sum = (key) => steps.reduce((total, step) => total + step[key], 0)
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
  const lastLine = `${sum('passed')} passed, ${failures.length} failed${skipped}`
  return [...(list.length > 0 ? ['Failed:', ...list, ''] : []), lastLine].join('\n')
}
