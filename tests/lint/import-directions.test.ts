// The lint rules refuse every import against the directions that CONTRIBUTING.md names.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let project: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'buddy-lint-'))
  cpSync(join(root, '.oxlintrc.json'), join(project, '.oxlintrc.json'))
})
afterEach(() => rmSync(project, { recursive: true }))

function lint(files: Record<string, string>): { status: number | null; output: string } {
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(join(project, dirname(path)), { recursive: true })
    writeFileSync(join(project, path), source)
  }
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['.'], {
    cwd: project,
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
  ['conformance', 'packages/buddy-conformance/src/a.ts', '@buddy-chat/protocol'],
  ['client', 'packages/buddy-client/src/a.ts', '@buddy-chat/element'],
  ['client', 'packages/buddy-client/src/a.ts', '@buddy-chat/server'],
  ['client', 'packages/buddy-client/src/a.ts', '@buddy-chat/protocol'],
  ['client', 'packages/buddy-client/src/call/a.ts', '@buddy-chat/protocol'],
  ['client', 'packages/buddy-client/src/a.ts', '../../buddy-protocol/src/codec.ts'],
  ['peer', 'packages/buddy-client/src/peer/a.ts', '../media/local-media.ts'],
  ['peer', 'packages/buddy-client/src/peer/a.ts', '@buddy-chat/protocol'],
  ['peer', 'packages/buddy-client/src/peer/a.ts', '../signaling/backoff.ts'],
  ['peer', 'packages/buddy-client/src/peer/a.ts', '../call/room.ts'],
  ['peer', 'packages/buddy-client/src/peer/a.ts', 'node:fs'],
  ['media', 'packages/buddy-client/src/media/a.ts', '@buddy-chat/protocol'],
  ['media', 'packages/buddy-client/src/media/a.ts', '../peer/peer-call.ts'],
  ['media', 'packages/buddy-client/src/media/a.ts', '../call/room.ts'],
  ['media', 'packages/buddy-client/src/media/a.ts', 'lit'],
  ['media', 'packages/buddy-client/src/media/a.ts', '../signaling/backoff.ts'],
  ['guard', 'packages/buddy-client/src/guard/a.ts', '../client.ts'],
  ['guard', 'packages/buddy-client/src/guard/a.ts', '../media/local-media.ts'],
  ['guard', 'packages/buddy-client/src/guard/a.ts', '@buddy-chat/protocol'],
  ['signaling', 'packages/buddy-client/src/signaling/a.ts', '../peer/peer-call.ts'],
  ['signaling', 'packages/buddy-client/src/signaling/a.ts', '../media/local-media.ts'],
  ['signaling', 'packages/buddy-client/src/signaling/a.ts', '../call/room.ts'],
  ['element', 'packages/buddy-element/src/a.ts', '@buddy-chat/protocol'],
  ['element', 'packages/buddy-element/src/a.ts', '@buddy-chat/server'],
  ['element', 'packages/buddy-element/src/a.ts', '@buddy-chat/client'],
  ['element', 'packages/buddy-element/src/templates/a.ts', '@buddy-chat/client'],
  ['element', 'packages/buddy-element/src/templates/a.ts', '../words/visitor-words.ts'],
  ['element', 'packages/buddy-element/src/view/chat-view.ts', '@buddy-chat/client'],
  ['element', 'packages/buddy-element/src/a.ts', './client/browser-client-part.ts'],
  ['element', 'packages/buddy-element/src/templates/a.ts', '../words/english.ts'],
  ['element', 'packages/buddy-element/src/templates/a.ts', '../words/english/stage.ts'],
  ['element', 'packages/buddy-element/src/client/obtain-client-part.ts', '@buddy-chat/client'],
  ['guard package', 'packages/buddy-guard/src/a.ts', '@buddy-chat/element'],
  ['guard package', 'packages/buddy-guard/src/a.ts', '@buddy-chat/client'],
  ['guard package', 'packages/buddy-guard/src/a.ts', 'nsfwjs/core'],
  ['guard package', 'packages/buddy-guard/src/a.ts', '../worker/worker.ts'],
  ['element', 'packages/buddy-element/src/a.ts', '@buddy-chat/guard'],
  ['client', 'packages/buddy-client/src/a.ts', '@buddy-chat/guard'],
  ['server', 'packages/buddy-server/src/a.ts', '@buddy-chat/client'],
  ['server', 'packages/buddy-server/src/a.ts', 'uWebSockets.js'],
  ['server', 'packages/buddy-server/src/server.ts', 'uWebSockets.js'],
  ['server', 'packages/buddy-server/src/own-files.ts', 'node:sea'],
  ['server', 'packages/buddy-server/src/server.ts', './binary/main.ts'],
  ['binary', 'packages/buddy-server/src/binary/main.ts', 'node:sea'],
  ['binary', 'packages/buddy-server/src/binary/start.ts', './main.ts'],
  ['transport', 'packages/buddy-server/src/transport/load-addon.ts', 'node:sea'],
  ['connection', 'packages/buddy-server/src/connection/a.ts', '../transport/uws-transport.ts'],
  ['transport', 'packages/buddy-server/src/transport/a.ts', 'uWebSockets.js'],
  ['transport', 'packages/buddy-server/src/transport/a.ts', '../sessions/session.ts'],
  ['transport', 'packages/buddy-server/src/transport/uws-transport.ts', 'uWebSockets.js'],
  ['transport', 'packages/buddy-server/src/transport/uws-transport.ts', '../server.ts'],
  ['handlers', 'packages/buddy-server/src/handlers/a.ts', '../transport/outbox.ts'],
  ['handlers', 'packages/buddy-server/src/handlers/a.ts', '../connection/handshake.ts'],
  ['handlers', 'packages/buddy-server/src/handlers/a.ts', '../operations/metrics.ts'],
  ['limits', 'packages/buddy-server/src/limits/a.ts', '../transport/uws-transport.ts'],
  ['sites', 'packages/buddy-server/src/sites/a.ts', '../connection/connection-acceptor.ts'],
  ['sessions', 'packages/buddy-server/src/sessions/a.ts', '../transport/transport.ts'],
  ['sessions', 'packages/buddy-server/src/sessions/a.ts', '../handlers/context.ts'],
  ['sessions', 'packages/buddy-server/src/sessions/a.ts', '../engine/memory/memory-engine.ts'],
  ['handlers', 'packages/buddy-server/src/handlers/a.ts', '../engine/memory/memory-engine.ts'],
  ['engine', 'packages/buddy-server/src/engine/a.ts', '../sessions/session.ts'],
  ['engine', 'packages/buddy-server/src/engine/memory/a.ts', '../../sessions/session.ts'],
  ['engine', 'packages/buddy-server/src/engine/a.ts', '../transport/transport.ts'],
  ['engine', 'packages/buddy-server/src/engine/a.ts', '../connection/client-connection.ts'],
  ['example', 'examples/a/a.ts', '../../packages/buddy-client/src/index.ts'],
])('refuses an import in the part %s: %s imports %s', (_folder, path, name) => {
  const { status, output } = lint({ [path]: importing(name) })
  expect(output).toContain('no-restricted-imports')
  expect(status).not.toBe(0)
})

test.each([
  ['packages/buddy-client/src/signaling/a.ts', '@buddy-chat/protocol'],
  ['packages/buddy-client/src/guard/a.ts', '../clock.ts'],
  ['packages/buddy-element/src/client/browser-client-part.ts', '@buddy-chat/client'],
  ['packages/buddy-element/src/client/obtain-client-part.ts', './browser-client-part.ts'],
  ['packages/buddy-element/src/view/chat-view.ts', '../words/visitor-words.ts'],
  ['packages/buddy-element/src/words/visitor-words.ts', './english.ts'],
  ['packages/buddy-guard/src/a.ts', '@buddy-chat/client/guard'],
  ['packages/buddy-server/src/a.ts', '@buddy-chat/protocol'],
  ['packages/buddy-server/src/server.ts', './transport/uws-transport.ts'],
  ['packages/buddy-server/src/binary/start.ts', 'node:sea'],
  ['packages/buddy-server/src/connection/a.ts', '../handlers/context.ts'],
  ['packages/buddy-server/src/handlers/a.ts', '../transport/transport.ts'],
  ['packages/buddy-server/src/limits/a.ts', '../transport/transport.ts'],
  ['packages/buddy-server/src/sessions/a.ts', '../engine/engine.ts'],
  ['packages/buddy-server/src/core/core.ts', '../engine/memory/memory-engine.ts'],
  ['packages/buddy-server/src/transport/a.ts', '../clock.ts'],
  ['packages/buddy-server/src/transport/a.ts', './transport.ts'],
  ['examples/a/a.ts', '@buddy-chat/client'],
])('allows %s to import %s', (path, name) => {
  expect(lint({ [path]: importing(name) })).toMatchObject({ status: 0 })
})

test.each([
  ['client', 'packages/buddy-client/src/call/a.ts', '@buddy-chat/protocol'],
  ['element', 'packages/buddy-element/src/a.ts', '@buddy-chat/client'],
  ['transport', 'packages/buddy-server/src/transport/a.ts', 'uWebSockets.js'],
])(
  'allows type imports in every file of the part %s: %s imports a type of %s',
  (_package, path, name) => {
    expect(lint({ [path]: importingType(name) })).toMatchObject({ status: 0 })
  },
)

test('refuses an import circle', () => {
  const { status, output } = lint({
    'packages/buddy-client/src/a.ts': `import { b } from './b.ts'\nexport const a = () => b\n`,
    'packages/buddy-client/src/b.ts': `import { a } from './a.ts'\nexport const b = () => a\n`,
  })
  expect(output).toContain('no-cycle')
  expect(status).not.toBe(0)
})

test.each([
  'packages/buddy-protocol/src',
  'packages/buddy-client/src',
  'packages/buddy-element/src',
  'packages/buddy-server/src',
  'packages/buddy-server/pages/dashboard/src',
  'tests/integration',
])('refuses an import circle among types only: %s', (folder) => {
  const { status, output } = lint({
    [`${folder}/a.ts`]: `import type { C } from './c.ts'\nexport type A = C | 'a'\n`,
    [`${folder}/b.ts`]: `import type { A } from './a.ts'\nexport interface B { a: A }\n`,
    [`${folder}/c.ts`]: `import type { B } from './b.ts'\nexport interface C { b: B }\n`,
  })
  expect(output).toContain('no-cycle')
  expect(status).not.toBe(0)
})
