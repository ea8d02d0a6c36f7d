// A server takes a session over for a connection that its client has given up meanwhile.
import { expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import { MemoryEngine } from '../engine/memory/memory-engine.ts'
import { TestServer } from './core.fixture.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A server among others, and the takeovers that wait for an answer. */
function createServer() {
  const takeovers: ((adopted: Awaited<ReturnType<Engine['adopt']>>) => void)[] = []
  const server = new TestServer(
    {},
    {
      createEngine: (given): Engine =>
        Object.assign(new MemoryEngine(given), {
          hasOtherNodes: true,
          adopt: () => new Promise((resolve) => takeovers.push(resolve)),
        }),
    },
  )
  return { server, takeovers }
}

test.each([undefined, { frames: [], received: 0 }])(
  'the connection to which the client came next keeps the session, if the first takeover ends late with %o',
  async (late) => {
    const former = new TestServer()
    const ana = await former.join()
    const { server, takeovers } = createServer()
    const resume = { ...ana.resume, sent: 0 }
    const first = await server.join('192.0.2.1', { resume })
    first.disconnect()
    const second = await server.join('192.0.2.1', { resume })
    takeovers[1]!({ frames: [], received: 0 })
    await turn()
    expect(second.session.id).toBe(ana.session.id)
    takeovers[0]!(late)
    await turn()
    expect(second.closeReason).toBeUndefined()
    expect(server.core.sessions.find(ana.session.id)?.isPresent).toBe(true)
  },
)

test('a client with a token from before its latest welcome gets a new session, also at a server that has just started', async () => {
  const former = new TestServer()
  const ana = await former.join()
  const { server, takeovers } = createServer()
  const joining = server.join('192.0.2.1', { resume: { ...ana.resume, sent: 0 } })
  const again = await joining
  takeovers[0]!('elsewhere')
  await turn()
  expect(again.closeReason).toBeUndefined()
  expect(again.session.id).not.toBe(ana.session.id)
  expect(server.core.sessions.find(ana.session.id)).toBeUndefined()
})
