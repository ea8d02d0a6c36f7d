// examples/raw-protocol: a client that was written from docs/protocol.md alone.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { test as base } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

interface ExampleClient {
  readonly child: ChildProcess
  readonly lines: () => string[]
}

const script = join(import.meta.dirname, '../../examples/raw-protocol/client.mjs')

const test = base.extend<{ chat: (url: string, name: string) => ExampleClient }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  chat: async ({}, use) => {
    const children: ChildProcess[] = []
    await use((url, name) => {
      const child = spawn(process.execPath, [script, url, name], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      children.push(child)
      let output = ''
      child.stdout.on('data', (chunk) => (output += String(chunk)))
      return { child, lines: () => output.trim().split('\n') }
    })
    for (const child of children) child.kill('SIGKILL')
  },
})

const has = ({ lines }: ExampleClient, line: string): Promise<void> =>
  vi.waitFor(() => expect(lines()).toContain(line), 5000)

test('two clients are matched, exchange texts, and leave', async ({ startServer, chat }) => {
  const { url } = await startServer()
  const ana = chat(url, 'Ana')
  await has(ana, 'waiting 1 online')
  const bob = chat(url, 'Bob')
  await Promise.all([has(ana, 'matched Bob'), has(bob, 'matched Ana')])
  await Promise.all([has(ana, 'text Hello from Bob'), has(bob, 'text Hello from Ana')])
  ana.child.stdin!.write('Grüße aus Kraków 👋, and more than thirty-one bytes of it\n')
  await has(bob, 'text Grüße aus Kraków 👋, and more than thirty-one bytes of it')
  ana.child.stdin!.end()
  expect(await once(ana.child, 'exit')).toEqual([0, null])
  await has(bob, 'partner-left left')
  await has(bob, 'waiting 1 online')
})

test('drops an invalid text of the partner, as docs/protocol.md requires', async ({
  startServer,
  chat,
}) => {
  const { server, url } = await startServer()
  const partner = await RawClient.join(url, 'Partner')
  partner.enter({ mode: 'text' })
  await partner.receive('waiting')
  const ana = chat(url, 'Ana')
  await partner.receive('matched')
  // The server relays this frame, because it does not check the fields of a text.
  partner.sendRaw(Uint8Array.from([0x92, 0x11, 0x07]))
  partner.send({ type: 'text', text: 'after it' })
  await has(ana, 'text after it')

  await server.close()
  await has(ana, 'closed 4000 going-away')
})
