// The server ends idle sessions, and rooms whose users are both away.
import { expect } from 'vitest'
import { test } from './neighbours-fixture.ts'
import { RawClient } from './raw-client.ts'

const quick = { userTimeoutMs: 300, cleanupIntervalMs: 50 }

test('closes an idle session without a room with `idle-timeout`, and no session in a room', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours(quick)
  // The two neighbours have been idle for longer, but they are in a room.
  const idle = await RawClient.join(url, 'Idle')
  expect(await idle.receive('error')).toMatchObject({ code: 'idle-timeout', retryAfterMs: null })
  expect(await idle.closed()).toEqual({ code: 4509, reason: 'idle-timeout' })
  expect(server.status()).toMatchObject({ users: 2, rooms: 1 })
})

test('does not close a session that waits in the queue', async ({ startWithNeighbours }) => {
  const { url } = await startWithNeighbours(quick)
  const waiting = await RawClient.join(url, 'Waiting')
  waiting.enter()
  await waiting.receive('waiting')
  // Waits for twice the timeout, because the second session begins after the first was closed as idle.
  for (const name of ['Idle', 'Idle too']) await (await RawClient.join(url, name)).closed()
  const newcomer = await RawClient.join(url, 'Newcomer')
  newcomer.enter()
  await Promise.all([waiting.receive('matched'), newcomer.receive('matched')])
})

test('ends an idle session that is away before its grace time is over', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours({ ...quick, resumeGraceMs: 60_000 })
  const idle = await RawClient.join(url, 'Idle')
  idle.socket.terminate()
  await expect.poll(() => server.status()).toMatchObject({ users: 3, away: 1 })
  await expect.poll(() => server.status()).toMatchObject({ users: 2, away: 0 })
})

test('does not close a session that sends messages', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours(quick)
  const busy = await RawClient.join(url, 'Busy')
  const timer = setInterval(() => busy.send({ type: 'leave' }), 100)
  const idle = await RawClient.join(url, 'Idle')
  await idle.closed()
  clearInterval(timer)
  expect(server.status().users).toBe(3)
})

test('measures the idle time from the end of the room', async ({ startWithNeighbours }) => {
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

test('closes no idle session if userTimeoutMs is 0', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours({
    ...quick,
    userTimeoutMs: 0,
    pingIntervalMs: 100,
  })
  const idle = await RawClient.join(url, 'Idle')
  for (let beat = 1; beat <= 5; beat++) await idle.receive('stats')
  expect(server.status().users).toBe(3)
})

test('ends a room whose users are both away; a user who resumes receives partner-left with `lost`', async ({
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
  // The room remains while one of the two is connected.
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
