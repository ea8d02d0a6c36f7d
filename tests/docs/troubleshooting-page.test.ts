// What docs/troubleshooting.md quotes: texts of the element, messages of the server, and codes.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8')
const sources = globSync('packages/buddy-{element,client,server,protocol}/src/**/*.ts', {
  cwd: root,
})
  .filter((file) => !file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n')

test('every quoted text is one that the element shows or the server prints', () => {
  const quotes = [...page.matchAll(/“([^”]+)”/g)].map(([, text]) => text!)
  expect(quotes.length).toBeGreaterThan(10)
  // An ellipsis on the page stands for the partner's name.
  const isShown = (text: string): boolean =>
    sources.includes(text) || sources.includes(text.replace(' … ', ' {partner} '))
  expect(quotes.filter((text) => !isShown(text))).toEqual([])
})

test('every code exists', () => {
  const codes = [...page.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code]) => code!)
  // A setting of coturn.
  const missing = codes.filter((code) => code !== 'static-auth-secret' && !sources.includes(code))
  expect(missing).toEqual([])
})
