// Who does nothing is ended after a while. Waiting for a partner is not doing nothing.
import { expect, test } from 'vitest'
import { TestServer } from './core.fixture.ts'

const userTimeoutMs = 300_000

test('a visitor in the queue is never ended for doing nothing, and is still matched', async () => {
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

test('the time begins when the visitor leaves the queue', async () => {
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

test('a visitor who loses the connection in the queue has the grace time, however long they have waited', async () => {
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

test('a visitor who waits for the partner of a room that goes on after a restart is not ended', async () => {
  const former = new TestServer()
  const [ana] = await former.pair()
  const { roomToken } = ana.of('matched')[0]!
  const server = new TestServer({ userTimeoutMs: 1000, resumeGraceMs: 60_000 })
  const again = await server.join('192.0.2.1', { resume: { ...ana.resume, sent: 1, roomToken } })
  server.clock.advance(5000)
  await server.core.sweepSessions()
  expect(again.closeReason).toBeUndefined()
})
