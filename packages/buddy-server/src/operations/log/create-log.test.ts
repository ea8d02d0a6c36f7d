import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { printable, printableFields, printableStack } from './printable.ts'

test.for([
  ['https://chat.example', 'https://chat.example'],
  ['Grüße aus 東京 👋', 'Grüße aus 東京 👋'],
  ['\u001b[31m', String.raw`\u{1b}[31m`],
  ['\u009b31m\u007f', String.raw`\u{9b}31m\u{7f}`],
  ['one\r\ntwo', String.raw`one\u{d}\u{a}two`],
  ['a\u2028b\u2029c', String.raw`a\u{2028}b\u{2029}c`],
  ['\u202aa\u202e\u2066b\u2069', String.raw`\u{202a}a\u{202e}\u{2066}b\u{2069}`],
  ['\u{e0041}\u200b\ufeff', String.raw`\u{e0041}\u{200b}\u{feff}`],
  ['\ud800', String.raw`\u{d800}`],
])('shows %j as %j', ([text, shown]) => {
  expect(printable(text!)).toBe(shown)
})

test('cuts long texts and long lists', () => {
  expect(printable('x'.repeat(100), 10)).toBe(`${'x'.repeat(9)}…`)
  expect(printable('x'.repeat(10), 10)).toBe('x'.repeat(10))
  expect(printable('x'.repeat(1_000_000)).length).toBe(2000)
  expect(printableFields({ list: Array.from({ length: 1000 }, () => 'x') }).list).toHaveLength(100)
})

test('keeps the types of fields at any depth, and escapes unprintable characters', () => {
  const fields = { a: 1, b: true, c: null, d: undefined, '\u202e': ['\u001b', { e: '\u2028' }] }
  expect(printableFields(fields)).toEqual({
    a: 1,
    b: true,
    c: null,
    d: undefined,
    [String.raw`\u{202e}`]: [String.raw`\u{1b}`, { e: String.raw`\u{2028}` }],
  })
})

test('keeps the message of an error on one line in a stack trace', () => {
  const error = new Error('lost\n[12:00:00] INFO: all is well')
  const [first, second] = printableStack(error.stack!).split('\n')
  expect(first).toBe(String.raw`Error: lost\u{a}[12:00:00] INFO: all is well`)
  expect(second).toMatch(/^ +at /)
})

describe.each(['json', 'pretty'])('a line of the log (LOG_FORMAT=%s)', (format) => {
  const write = (statement: string): string => {
    const script = `
      import { createLog } from ${JSON.stringify(new URL('create-log.ts', import.meta.url).href)}
      const log = createLog('info', '${format}')
      ${statement}`
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    return stdout
  }

  test('escapes unprintable characters in the message, the fields and an error', () => {
    const bad = String.raw`\u001b[31m\u009b\u202e\u2028\u000aforged`
    const output = write(`
      log.info({ field: '${bad}', list: ['${bad}'] }, 'message ${bad}')
      log.error({ err: new Error('${bad}', { cause: new Error('${bad}') }) }, 'a handler failed')`)
    expect(output).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^\s*forged/mu)
    expect(output.match(/u\{202e\}/g)?.length).toBeGreaterThanOrEqual(5)
  })

  test('contains the name of its level', () => {
    expect(write(`log.warn('careful')`)).toMatch(format === 'json' ? /"level":"warn"/ : / WARN: /)
  })
})
