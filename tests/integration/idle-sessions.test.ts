// What nobody uses is cleared away: sessions that do nothing, rooms that nobody is in.
import { expect } from 'vitest'
import { test } from './neighbours-fixture.ts'
import { RawClient } from './raw-client.ts'

const quick = { userTimeoutMs: 300, cleanupIntervalMs: 50 }

test('idle outside a room: idle-timeout, 4509; inside a room nobody is', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours(quick)
  // The neighbours have been idle for longer, in their room.
  const idle = await RawClient.join(url, 'Idle')
  expect(await idle.receive('error')).toMatchObject({ code: 'idle-timeout', retryAfterMs: null })
  expect(await idle.closed()).toEqual({ code: 4509, reason: 'idle-timeout' })
  expect(server.status()).toMatchObject({ users: 2, rooms: 1 })
})

test('waiting in the queue is not idling: the visitor stays, and is matched', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours(quick)
  const waiting = await RawClient.join(url, 'Waiting')
  waiting.enter()
  await waiting.receive('waiting')
  // Twice as long as the limit: each of these is idle after the one before has been ended.
  for (const name of ['Idle', 'Idle too']) await (await RawClient.join(url, name)).closed()
  const newcomer = await RawClient.join(url, 'Newcomer')
  newcomer.enter()
  await Promise.all([waiting.receive('matched'), newcomer.receive('matched')])
})

test('idle and away: over before its grace time is', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours({ ...quick, resumeGraceMs: 60_000 })
  const idle = await RawClient.join(url, 'Idle')
  idle.socket.terminate()
  await expect.poll(() => server.status()).toMatchObject({ users: 3, away: 1 })
  await expect.poll(() => server.status()).toMatchObject({ users: 2, away: 0 })
})

test('whoever does something now and then stays', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours(quick)
  const busy = await RawClient.join(url, 'Busy')
  const act = setInterval(() => busy.send({ type: 'leave' }), 100)
  const idle = await RawClient.join(url, 'Idle')
  await idle.closed()
  clearInterval(act)
  expect(server.status().users).toBe(3)
})

test('the time begins when the room has ended', async ({ startWithNeighbours }) => {
  const { url } = await startWithNeighbours(quick)
  const [one, other] = await RawClient.pair(url)
  const idle = await RawClient.join(url, 'Idle')
  await idle.closed()
  one.send({ type: 'leave' })
  const sinceMs = performance.now()
  await other.receive('partner-left')
  expect(await other.closed()).toEqual({ code: 4509, reason: 'idle-timeout' })
  expect(performance.now() - sinceMs).toBeGreaterThanOrEqual(quick.userTimeoutMs - 20)
})

test('0 turns it off', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours({
    ...quick,
    userTimeoutMs: 0,
    pingIntervalMs: 100,
  })
  const idle = await RawClient.join(url, 'Idle')
  for (let beat = 1; beat <= 5; beat++) await idle.receive('stats')
  expect(server.status().users).toBe(3)
})

test('a room that both are away from is swept; who comes back is told that the partner is lost', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours({
    roomCleanupIntervalMs: 100,
    resumeGraceMs: 60_000,
  })
  const one = await RawClient.connect(url)
  one.sendHello()
  const { session, resumeToken } = await one.receive('welcome')
  one.enter()
  await one.receive('waiting')
  const other = await RawClient.join(url, 'Other')
  other.enter()
  await Promise.all([one.receive('matched'), other.receive('matched')])
  other.socket.terminate()
  await one.receive('partner-away')
  // One of the two is there: the room is.
  expect(server.status().rooms).toBe(2)
  one.socket.terminate()
  await expect.poll(() => server.status()).toMatchObject({ rooms: 1, users: 4, away: 2 })
  const again = await RawClient.connect(url)
  again.sendHello({
    resume: { token: resumeToken ?? '', received: 3, sent: null, roomToken: null },
  })
  expect((await again.receive('welcome')).session).toBe(session)
  expect((await again.receive('partner-left')).reason).toBe('lost')
})
