// What is kept for someone who is away is bounded. Beyond the bound the room ends, never the session.
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

/** Comes back with the session, having received all that its connections were given. */
async function comeBack(
  server: TestServer,
  ...connections: readonly TestClient[]
): Promise<TestClient> {
  const received = connections.reduce((sum, guest) => sum + guest.received, 0)
  const { token } = connections[0]!.resume
  const resume = { token, received, sent: null, roomToken: null }
  return server.join('192.0.2.1', { resume })
}

test('90 kB of signals for someone away end the room for both; the session resumes with nothing else missed', async () => {
  const server = new TestServer()
  const [ana, bob] = await server.pair()
  const { session } = ana
  ana.disconnect()
  bob.send(signal, signal, signal)
  expect(bob.of('partner-left')).toEqual([lost])
  expect(server.core.sessions.find(session.id)).toBe(session)
  const again = await comeBack(server, ana)
  expect(again.session).toBe(session)
  expect(again.messages.slice(1)).toEqual([lost])
  // Both can go on with others, and the next resume has neither a gap nor a repetition.
  const cleo = await server.join('192.0.2.3')
  for (const guest of [again, cleo]) guest.enter({ lobby: 'next' })
  again.disconnect()
  cleo.send(text)
  const third = await comeBack(server, ana, again)
  expect(third.session).toBe(session)
  expect(third.messages.slice(1)).toEqual([text])
})

test('why the partner left is kept when what came before it gives way', async () => {
  const server = new TestServer({ maxResumeBytes: 20_000 })
  const [ana, bob] = await server.pair()
  const { session } = ana
  ana.disconnect()
  bob.send({ type: 'next', offer: null })
  // Whatever else a later version may send to a session outside a room.
  for (let count = 0; count < 200; count++) session.send({ type: 'partner-away' })
  const again = await comeBack(server, ana)
  expect(again.of('partner-left')).toEqual([{ type: 'partner-left', reason: 'next' }])
  expect(again.session).toBe(session)
})

test('a partner whose connection breaks again and again fills nothing that ends the session', async () => {
  const server = new TestServer({ maxResumeBytes: 4096 })
  const [ana, first] = await server.pair()
  const { session } = ana
  ana.disconnect()
  let bob = first
  const connections = [first]
  for (let count = 0; count < 200 && bob.session.participant.room; count++) {
    bob.disconnect()
    const received = connections.reduce((sum, guest) => sum + guest.received, 0)
    const resume = { ...first.resume, received }
    bob = await server.join('192.0.2.2', { resume })
    connections.push(bob)
  }
  expect(bob.session.participant.room).toBeUndefined()
  expect((await comeBack(server, ana)).session).toBe(session)
})

// One of the two numbers of lines lets `partner-away` be the frame that is too much.
test.each([0, 1])(
  'a room that ends because both lost their connection takes no later room of its members with it (%i)',
  async (lines) => {
    const server = new TestServer({ maxResumeBytes: 4096, maxRooms: 1 })
    const [ana, first] = await server.pair()
    ana.disconnect()
    let bob = first
    const connections = [first]
    for (let line = 0; line < lines; line++) bob.send(text)
    while (bob.session.participant.room) {
      bob.disconnect()
      const received = connections.reduce((sum, guest) => sum + guest.received, 0)
      bob = await server.join('192.0.2.2', { resume: { ...first.resume, received } })
      connections.push(bob)
    }
    server.clock.advance(5000)
    const again = await comeBack(server, ana)
    const cleo = await server.join('192.0.2.3')
    for (const guest of [again, cleo]) guest.enter({ lobby: 'next' })
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
