// The cases and docs/protocol.md agree: each case cites a sentence of the page, and each rule has a case.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { closes, errors, maxBytes, rates, types } from '../wire.ts'
import { allCases } from './all-cases.ts'

const page = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8')

/** Returns Markdown as plain text, except for code: no links, no emphasis, single spaces. */
function plain(markdown: string): string {
  return markdown
    .replaceAll(/\[((?:[^[\]]|\[[^\]]*\])*?)\]\([^)]*\)/g, '$1')
    .replaceAll('**', '')
    .replaceAll(/(^|[\s(])_([^_\n]+)_(?=[\s.,;:)])/g, '$1$2')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

const text = plain(page)

/** The rules for servers: the sentences with `must`, and the items of the list of errors. */
const rules = ((): readonly string[] => {
  const [, section = ''] = /\n## Rules for servers\n(.*?)\n## /s.exec(page) ?? []
  const items = section.split(/\n(?= *(?:-|\d+\.) )|\n\n/).map((item) => item.trim())
  return items.flatMap((item) => {
    if (/^\d+\. `/.test(item)) return [plain(item.replace(/^\d+\. /, '').replace(/\. .*$/s, '.'))]
    return plain(item.replace(/^- /, ''))
      .split(/(?<=\.)\s+(?=[A-Z`])/)
      .filter((sentence) => / must /.test(sentence) && !sentence.startsWith('Each rule is '))
  })
})()

test('there are at least 150 cases, each with an id of its own', () => {
  const ids = new Set(allCases.map(({ id }) => id))
  expect(ids.size).toBe(allCases.length)
  expect(ids.size).toBeGreaterThanOrEqual(150)
})

test('each case cites a sentence of the page', () => {
  const wrong = allCases.filter(({ rule }) => !text.includes(plain(rule)))
  expect(wrong.map(({ id, rule }) => `${id}: ${rule}`)).toEqual([])
})

test('each rule for servers has a case', () => {
  const cited = new Set(allCases.map(({ rule }) => plain(rule)))
  expect(rules.length).toBeGreaterThan(100)
  expect(rules.filter((rule) => !cited.has(rule))).toEqual([])
})

/** Returns the cells of the table whose header row begins with these names. */
function table(...header: readonly string[]): readonly (readonly string[])[] {
  const rows = page.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  const start = rows.findIndex((cells) => header.every((name, index) => cells[index] === name))
  const length = rows.slice(start).findIndex((cells) => cells.length === 0)
  return rows.slice(start + 2, start + length)
}

test('the numbers and limits of the messages are those of the page', () => {
  const rows = table('type', 'no', 'direction', 'max bytes')
  expect(rows.map(([name, number]) => [name, Number(number)])).toEqual(Object.entries(types))
  expect(rows.map(([name, , , bytes]) => [name, Number(bytes)])).toEqual(Object.entries(maxBytes))
})

test('the error codes, the close codes and the rates are those of the page', () => {
  const codes = page
    .split('\n')
    .flatMap((line) => /^\|\s*(\d+) \| ([a-z-]+) /.exec(line)?.slice(1, 3) ?? [])
  const expected = [...Object.entries(errors), ...Object.entries(closes)]
  expect(codes).toEqual(expected.flatMap(([name, number]) => [String(number), name]))
  expect(table('type', 'at once', 'per second')).toEqual(
    Object.entries(rates).map(([name, { atOnce, perSecond }]) => [
      name,
      String(atOnce),
      String(perSecond),
    ]),
  )
})
