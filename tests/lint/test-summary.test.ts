// The end of `npm test` names each failed test.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

interface Result {
  readonly passed: number
  readonly skipped: number
  readonly failures: readonly { readonly file?: string; readonly name: string }[]
}

const root = join(import.meta.dirname, '../..')
const module = pathToFileURL(join(root, 'scripts/test-summary.mjs')).href
const { readSessions, readVitestReport, summarize } = (await import(module)) as {
  readVitestReport(report: unknown, root: string): Result
  readSessions(sessions: unknown, root: string): Result
  summarize(steps: readonly (Result & { readonly step: string })[]): string
}

const byFile = (one: { file?: string }, other: { file?: string }): number =>
  String(one.file).localeCompare(String(other.file))

test('names the step, the file, the full name and the first line of the error of each failed test, before the last line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-summary-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const head = "import { beforeAll, describe, expect, test } from 'vitest'\n"
  // One is skipped on purpose, because the summary counts skipped tests.
  const files = {
    'some.test.ts': `
      describe('the queue', () => {
        test('matches', () => expect([1, 2]).toEqual([1, 3]))
        test('widens', () => undefined)
        test.skip('is skipped', () => undefined)
      })
      test('throws', () => { throw new Error('first line\\nsecond line') })`,
    'unloadable.test.ts': "throw new Error('cannot be loaded')",
    'hook.test.ts': `
      beforeAll(() => { throw new Error('the hook failed') })
      test('never runs', () => undefined)`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), head + text)
  const reportFile = join(folder, 'report.json')
  const vitest = join(root, 'node_modules/.bin/vitest')
  spawnSync(vitest, ['run', `--root=${folder}`, '--reporter=json', `--outputFile=${reportFile}`], {
    env: { PATH: process.env['PATH'] },
  })
  const unit = readVitestReport(JSON.parse(readFileSync(reportFile, 'utf8')), folder)
  const lint = { passed: 2, skipped: 0, failures: [{ name: 'format', error: 'a.ts' }] }
  const lines = summarize([
    { step: 'lint', ...lint },
    { step: 'unit', ...unit, failures: unit.failures.toSorted(byFile) },
  ]).split('\n')
  expect(lines).toEqual([
    'Failed:',
    'lint: format',
    '    a.ts',
    'unit: hook.test.ts: (the file)',
    '    the hook failed',
    'unit: some.test.ts: the queue > matches',
    '    AssertionError: expected [ 1, 2 ] to deeply equal [ 1, 3 ]',
    'unit: some.test.ts: throws',
    '    Error: first line',
    'unit: unloadable.test.ts: (the file)',
    '    cannot be loaded',
    '',
    '3 passed, 5 failed, 2 skipped',
  ])
})

test('names the failed tests of a browser, and the files that could not be loaded', () => {
  const error = { message: '\u001B[31mexpected true\u001B[39m\nto be false' }
  const sessions = [
    {
      testFile: '/project/tests/a.ts',
      errors: [],
      testResults: {
        suites: [{ name: 'keys', suites: [], tests: [{ name: 'Escape', passed: false, error }] }],
        tests: [{ name: 'fits', passed: true }],
      },
    },
    { testFile: '/project/tests/b.ts', errors: [{ message: 'Could not import' }] },
  ]
  expect(readSessions(sessions, '/project')).toEqual({
    passed: 1,
    skipped: 0,
    failures: [
      { file: 'tests/a.ts', name: 'keys > Escape', error: 'expected true' },
      { file: 'tests/b.ts', name: '(the file)', error: 'Could not import' },
    ],
  })
})

test('is one line if nothing failed', () => {
  expect(summarize([{ step: 'unit', passed: 3, skipped: 0, failures: [] }])).toBe(
    '3 passed, 0 failed',
  )
})
