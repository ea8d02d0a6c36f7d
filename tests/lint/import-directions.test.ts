// The house's import directions hold because lint refuses the others: each is tried once.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let house: string

beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'buddy-lint-'))
  cpSync(join(root, '.oxlintrc.json'), join(house, '.oxlintrc.json'))
})
afterEach(() => rmSync(house, { recursive: true }))

function lint(files: Record<string, string>): { status: number | null; output: string } {
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(join(house, dirname(path)), { recursive: true })
    writeFileSync(join(house, path), source)
  }
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['.'], {
    cwd: house,
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

const importing = (name: string): string => `import { thing } from '${name}'\nexport { thing }\n`
const importingType = (name: string): string =>
  `import type { Thing } from '${name}'\nexport type { Thing }\n`

test.each([
  ['protocol', 'packages/buddy-protocol/src/a.ts', '@buddy-chat/client'],
  ['protocol', 'packages/buddy-protocol/src/a.ts', 'node:fs'],
  ['client', 'packages/buddy-client/src/a.ts', '@buddy-chat/element'],
  ['client', 'packages/buddy-client/src/a.ts', '@buddy-chat/server'],
  ['client', 'packages/buddy-client/src/a.ts', '@buddy-chat/protocol'],
  ['client', 'packages/buddy-client/src/call/a.ts', '@buddy-chat/protocol'],
  ['client', 'packages/buddy-client/src/a.ts', '../../buddy-protocol/src/codec.ts'],
  ['peer', 'packages/buddy-client/src/peer/a.ts', '../media/local-media.ts'],
  ['peer', 'packages/buddy-client/src/peer/a.ts', '@buddy-chat/protocol'],
  ['peer', 'packages/buddy-client/src/peer/a.ts', '../call/room.ts'],
  ['media', 'packages/buddy-client/src/media/a.ts', '../call/room.ts'],
  ['media', 'packages/buddy-client/src/media/a.ts', '../signaling/backoff.ts'],
  ['signaling', 'packages/buddy-client/src/signaling/a.ts', '../peer/peer-call.ts'],
  ['signaling', 'packages/buddy-client/src/signaling/a.ts', '../call/room.ts'],
  ['element', 'packages/buddy-element/src/a.ts', '@buddy-chat/protocol'],
  ['element', 'packages/buddy-element/src/a.ts', '@buddy-chat/server'],
  ['element', 'packages/buddy-element/src/a.ts', '@buddy-chat/client'],
  ['element', 'packages/buddy-element/src/templates/a.ts', '@buddy-chat/client'],
  ['element', 'packages/buddy-element/src/a.ts', './client/browser-client-part.ts'],
  ['element', 'packages/buddy-element/src/client/obtain-client-part.ts', '@buddy-chat/client'],
  ['server', 'packages/buddy-server/src/a.ts', '@buddy-chat/client'],
  ['server', 'packages/buddy-server/src/a.ts', 'uWebSockets.js'],
  ['example', 'examples/a/a.ts', '../../packages/buddy-client/src/index.ts'],
])('%s may not import: %s ← %s', (_room, path, name) => {
  const { status, output } = lint({ [path]: importing(name) })
  expect(output).toContain('no-restricted-imports')
  expect(status).not.toBe(0)
})

test.each([
  ['packages/buddy-client/src/signaling/a.ts', '@buddy-chat/protocol'],
  ['packages/buddy-element/src/client/browser-client-part.ts', '@buddy-chat/client'],
  ['packages/buddy-element/src/client/obtain-client-part.ts', './browser-client-part.ts'],
  ['packages/buddy-server/src/a.ts', '@buddy-chat/protocol'],
  ['packages/buddy-server/src/transport/uws-transport.ts', 'uWebSockets.js'],
  ['examples/a/a.ts', '@buddy-chat/client'],
])('the way down is open: %s ← %s', (path, name) => {
  expect(lint({ [path]: importing(name) })).toMatchObject({ status: 0 })
})

test.each([
  ['client', 'packages/buddy-client/src/call/a.ts', '@buddy-chat/protocol'],
  ['element', 'packages/buddy-element/src/a.ts', '@buddy-chat/client'],
])('the %s may import types everywhere: %s ← %s', (_room, path, name) => {
  expect(lint({ [path]: importingType(name) })).toMatchObject({ status: 0 })
})

test('a cycle fails', () => {
  const { status, output } = lint({
    'packages/buddy-client/src/a.ts': `import { b } from './b.ts'\nexport const a = () => b\n`,
    'packages/buddy-client/src/b.ts': `import { a } from './a.ts'\nexport const b = () => a\n`,
  })
  expect(output).toContain('no-cycle')
  expect(status).not.toBe(0)
})
