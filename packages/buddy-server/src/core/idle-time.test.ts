// The server ends sessions that are idle for too long. A session that waits for a partner is not idle.
import { expect, test } from 'vitest'
import { TestLink } from '../sessions/session.fixture.ts'
import { TestServer } from './core.fixture.ts'

const userTimeoutMs = 300_000

test('keeps and matches a session that waits in the queue for longer than the idle time', async () => {
  const server = new TestServer({ userTimeoutMs })
  const ana = await server.join()
  ana.enter()
  for (let time = 1; time <= 10; time++) {
    server.clock.advance(userTimeoutMs)
    await server.core.sweepSessions()
  }
  expect(ana.closeReason).toBeUndefined()
  const bob = await server.join()
  bob.enter()
  expect(ana.of('matched')).toHaveLength(1)
})

test('starts the idle time when the session leaves the queue', async () => {
  const server = new TestServer({ userTimeoutMs })
  const ana = await server.join()
  ana.enter()
  server.clock.advance(2 * userTimeoutMs)
  ana.send({ type: 'leave' })
  server.clock.advance(userTimeoutMs - 1)
  await server.core.sweepSessions()
  expect(ana.closeReason).toBeUndefined()
  server.clock.advance(1)
  await server.core.sweepSessions()
  expect(ana.closeReason).toBe('idle-timeout')
})

test('if a session loses its connection after a long wait in the queue, keeps it for the grace time', async () => {
  const server = new TestServer({ userTimeoutMs })
  const ana = await server.join()
  ana.enter()
  const { id } = ana.session
  server.clock.advance(2 * userTimeoutMs)
  ana.disconnect()
  await server.core.sweepSessions()
  const again = await server.join('192.0.2.1', { resume: ana.resume })
  expect(again.session.id).toBe(id)
  expect(server.core.counts().waiting).toBe(1)
})

test('keeps a restored session that waits for the partner of its room', async () => {
  const former = new TestServer()
  const [ana] = await former.pair()
  const { roomToken } = ana.of('matched')[0]!
  const server = new TestServer({ userTimeoutMs: 1000, resumeGraceMs: 60_000 })
  const again = await server.join('192.0.2.1', { resume: { ...ana.resume, sent: 1, roomToken } })
  server.clock.advance(5000)
  await server.core.sweepSessions()
  expect(again.closeReason).toBeUndefined()
})

test('does not end a session in the queue that waits for its welcome on a new connection', async () => {
  const server = new TestServer({ userTimeoutMs })
  const ana = await server.join()
  ana.enter()
  const { session } = ana
  server.clock.advance(userTimeoutMs)
  const arrival = { link: new TestLink(), addressKey: session.addressKey }
  server.core.sessions.resume({ ...ana.resume, site: '' }, arrival)
  await server.core.sweepSessions()
  expect(server.core.sessions.find(session.id)).toBe(session)
})
