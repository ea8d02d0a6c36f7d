// The server keeps frames for a session that is away, up to a limit in bytes. If the frames exceed it, the
// room ends and the session continues.
import type { Message } from '@buddy-chat/protocol'
import { expect, test } from 'vitest'
import type { TestClient } from './core.fixture.ts'
import { TestServer } from './core.fixture.ts'

const signal: Message = {
  type: 'signal',
  description: { type: 'offer', sdp: 'x'.repeat(30_000) },
  candidates: [],
  sending: null,
  generation: null,
}
const text: Message = { type: 'text', text: 'hi' }
const lost = { type: 'partner-left', reason: 'lost' }

/** Resumes a session whose client has received every frame that was sent on `connections`. */
async function resume(
  server: TestServer,
  ...connections: readonly TestClient[]
): Promise<TestClient> {
  const received = connections.reduce((sum, client) => sum + client.received, 0)
  const { token } = connections[0]!.resume
  const fields = { token, received, sent: null, roomToken: null }
  return server.join('192.0.2.1', { resume: fields })
}

test('if a session that is away receives 90 kB of signals, its room ends and the session continues', async () => {
  const server = new TestServer()
  const [ana, bob] = await server.pair()
  const { session } = ana
  ana.disconnect()
  bob.send(signal, signal, signal)
  expect(bob.of('partner-left')).toEqual([lost])
  expect(server.core.sessions.find(session.id)).toBe(session)
  const again = await resume(server, ana)
  expect(again.session).toBe(session)
  expect(again.messages.slice(1)).toEqual([lost])
  // The session can still enter another room, and its next resume neither loses nor repeats a frame.
  const cleo = await server.join('192.0.2.3')
  for (const client of [again, cleo]) client.enter({ lobby: 'next' })
  again.disconnect()
  cleo.send(text)
  const third = await resume(server, ana, again)
  expect(third.session).toBe(session)
  expect(third.messages.slice(1)).toEqual([text])
})

test('keeps the `partner-left` for a session that is away when the frames around it are dropped', async () => {
  const server = new TestServer({ maxResumeBytes: 20_000 })
  const [ana, bob] = await server.pair()
  const { session } = ana
  ana.disconnect()
  bob.send({ type: 'next', offer: null })
  // The type of these messages does not matter: they only have to fill the buffer after `partner-left`.
  for (let count = 0; count < 200; count++) session.send({ type: 'partner-away' })
  const again = await resume(server, ana)
  expect(again.of('partner-left')).toEqual([{ type: 'partner-left', reason: 'next' }])
  expect(again.session).toBe(session)
})

test('keeps a session that is away although its partner disconnects and resumes many times', async () => {
  const server = new TestServer({ maxResumeBytes: 4096 })
  const [ana, first] = await server.pair()
  const { session } = ana
  ana.disconnect()
  let bob = first
  const connections = [first]
  for (let count = 0; count < 200 && bob.session.participant.room; count++) {
    bob.disconnect()
    const received = connections.reduce((sum, client) => sum + client.received, 0)
    bob = await server.join('192.0.2.2', { resume: { ...first.resume, received } })
    connections.push(bob)
  }
  expect(bob.session.participant.room).toBeUndefined()
  expect((await resume(server, ana)).session).toBe(session)
})

// The frames `partner-away` and `partner-back` alternate. With either 0 or 1 text before them, it is
// `partner-away` that exceeds the limit.
test.each([0, 1])(
  'does not end the next room of a session because its previous room was abandoned (%i texts)',
  async (texts) => {
    const server = new TestServer({ maxResumeBytes: 4096, maxRooms: 1 })
    const [ana, first] = await server.pair()
    ana.disconnect()
    let bob = first
    const connections = [first]
    for (let sent = 0; sent < texts; sent++) bob.send(text)
    while (bob.session.participant.room) {
      bob.disconnect()
      const received = connections.reduce((sum, client) => sum + client.received, 0)
      bob = await server.join('192.0.2.2', { resume: { ...first.resume, received } })
      connections.push(bob)
    }
    server.clock.advance(5000)
    const again = await resume(server, ana)
    const cleo = await server.join('192.0.2.3')
    for (const client of [again, cleo]) client.enter({ lobby: 'next' })
    const { room } = again.session.participant
    expect(room).toBeDefined()
    const [waiting] = await server.pair('192.0.2.4', '192.0.2.5')
    expect([again.session.participant.room, waiting.session.participant.room]).toEqual([
      room,
      undefined,
    ])
    expect(server.core.counts().rooms).toBe(1)
  },
)
