// The code of docs/frameworks.md is that of the examples, whose types are checked and which are built.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/frameworks.md'), 'utf8')

/** All code blocks, each with the file to which the line before it links. */
const blocks = [...page.matchAll(/^([^\n]*)\n\n```(\w+)\n(.*?)^```$/gms)].map(
  ([, before = '', language, code = '']) => ({
    language,
    code,
    file: /\]\(\.\.\/(examples\/[^)]+)\):$/.exec(before)?.[1],
  }),
)

test('every block of code is the content of the file to which the line before it links', () => {
  const programs = blocks.filter(({ language }) => language !== 'sh')
  expect(programs.length).toBeGreaterThan(5)
  for (const { code, file } of programs) {
    expect(file, code).toBeDefined()
    expect(code).toBe(readFileSync(join(root, file!), 'utf8'))
  }
})

test('the setting of the server is that of every example', () => {
  const setting = blocks.find(({ code }) => code.startsWith('VITE_'))!.code
  for (const name of ['headless', 'react', 'svelte', 'vue']) {
    expect(readFileSync(join(root, 'examples', name, '.env'), 'utf8')).toContain(setting)
  }
})
