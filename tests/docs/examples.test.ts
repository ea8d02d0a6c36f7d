// Every code example of the docs compiles in a strict TypeScript project.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    // The code of this page is that of the example apps, see frameworks-page.test.ts.
    .filter((name) => name.endsWith('.md') && name !== 'frameworks.md')
    .map((name) => `docs/${name}`),
]

/** All examples, with their page and the line on which the code begins. */
const examples = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```(?:js|ts)\n([^`]*(?:`(?!``)[^`]*)*)^```/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match[1]!,
  }))
})

/** Declares the variables that the examples use and do not define. */
const surroundings = `
  import type { IncomingMessage } from 'node:http'
  import type { BuddyClient as Client } from '@buddy-chat/client'
  import type { createBuddyServer as create } from '@buddy-chat/server'
  declare global {
    const video: HTMLVideoElement, mine: HTMLVideoElement, theirs: HTMLVideoElement
    const client: Client
    const createBuddyServer: typeof create
    const request: IncomingMessage
    const body: Buffer
    function show(...figures: unknown[]): void
    function isBlocked(address: string): boolean
    function findMember(subject: string | undefined): Promise<{ nickname: string } | undefined>
    function count(what: string): void
    function mayPass(text: string): Promise<boolean>
    function isSolved(proof: string | undefined): Promise<boolean>
    function store(report: object): void
  }
`

const compilerOptions = {
  target: 'es2022',
  lib: ['es2023', 'dom', 'dom.iterable'],
  module: 'nodenext',
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
  paths: {
    '@buddy-chat/client': [join(root, 'packages/buddy-client/dist/index.d.ts')],
    '@buddy-chat/client/guard': [join(root, 'packages/buddy-client/dist/guard/index.d.ts')],
    '@buddy-chat/guard': [join(root, 'packages/buddy-guard/dist/index.d.ts')],
    '@buddy-chat/element': [join(root, 'packages/buddy-element/dist/define.d.ts')],
    '@buddy-chat/server': [join(root, 'packages/buddy-server/dist/index.d.ts')],
    jose: [
      join(createRequire(import.meta.url).resolve('jose/package.json'), '../dist/types/index.d.ts'),
    ],
  },
  strict: true,
  // The examples are JavaScript, so parameters have no types.
  noImplicitAny: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  skipLibCheck: true,
  noEmit: true,
}

test('every example compiles in a strict project', () => {
  expect(examples.length).toBeGreaterThan(10)
  const folder = mkdtempSync(join(tmpdir(), 'buddy-examples-'))
  try {
    examples.forEach(({ code }, index) => {
      writeFileSync(join(folder, `${index}.mts`), `${code}\nexport {}\n`)
    })
    writeFileSync(join(folder, 'surroundings.mts'), surroundings)
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    const { stdout } = spawnSync(
      join(root, 'node_modules/.bin/tsc'),
      ['-p', folder, '--pretty', 'false'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    )
    // Replaces the name of the generated file by the page and the line of the example.
    const errors = stdout.replaceAll(/^(\d+)\.mts\((\d+),/gm, (_, index: string, line: string) => {
      const example = examples[Number(index)]!
      return `${example.page}:${example.line + Number(line) - 1} (`
    })
    expect(errors).toBe('')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
