// The server closes connections whose client does not read or no longer exists. Other users are not
// disturbed.
import { decode } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { test } from './neighbours-fixture.ts'
import { RawClient } from './raw-client.ts'
import { RawSocket } from './raw-socket.ts'
import type { RunningServer } from '../server-fixture.ts'

const candidate = {
  candidate: 'x'.repeat(1000),
  sdpMid: null,
  sdpMLineIndex: null,
  usernameFragment: null,
}
const largeSignal = {
  type: 'signal',
  description: { type: 'offer', sdp: 'x'.repeat(32_000) },
  candidates: Array.from({ length: 15 }, () => candidate),
  sending: null,
  generation: null,
} as const

/** A ping timeout within which a client that is alive answers, even on a busy machine. */
const livePingTimeoutMs = 1000

/**
 * Sends signals to a client that does not read, until the server closes its connection. Several
 * partners send one after the other, because the rate limit of one partner is too low to fill the
 * buffers of the kernel.
 */
async function overwhelm(
  { server, url }: RunningServer,
  slow: RawClient,
): Promise<readonly RawClient[]> {
  const senders: RawClient[] = []
  const isClosed = (): boolean =>
    server.status().users - senders.length < 3 || server.status().away > 0
  while (senders.length < 60 && !isClosed()) {
    const sender = await RawClient.join(url, 'Sender')
    senders.push(sender)
    sender.enter()
    await sender.receive('matched')
    for (let time = 1; time <= 5; time++) sender.send(largeSignal)
    sender.send({ type: 'leave' })
    await sender.settled()
    // The slow client does not read, but it can send.
    if (senders.length % 2 === 0) slow.enter()
    else slow.send({ type: 'next', offer: null })
    await expect.poll(() => isClosed() || server.status().waiting === 1).toBe(true)
  }
  expect(isClosed()).toBe(true)
  return senders
}

/** Joins, enters the queue, and stops reading. */
async function joinSlow(url: string): Promise<RawClient> {
  const slow = await RawClient.join(url, 'Slow')
  slow.enter()
  await slow.receive('waiting')
  slow.socket.pause()
  return slow
}

test('closes the connection of a client that does not read with `slow-consumer`', async ({
  startWithNeighbours,
}) => {
  const running = await startWithNeighbours({
    maxBacklogBytes: 65_536,
    rematchDelayMs: 0,
    resumeGraceMs: 0,
  })
  const slow = await joinSlow(running.url)
  const senders = await overwhelm(running, slow)
  expect(running.server.status()).toMatchObject({ users: senders.length + 2, waiting: 0, rooms: 1 })
  // The client receives the close code when it reads again.
  slow.socket.resume()
  expect(await slow.closed()).toEqual({ code: 4005, reason: 'slow-consumer' })
})

test('a slow client can resume its session after the close, and loses no frame', async ({
  startWithNeighbours,
}) => {
  const running = await startWithNeighbours({
    maxBacklogBytes: 65_536,
    maxResumeBytes: 1_000_000,
    rematchDelayMs: 0,
  })
  const { server, url } = running
  const slow = await RawClient.connect(url)
  slow.sendHello({ name: 'Slow' })
  const { session, resumeToken } = await slow.receive('welcome')
  let received = 0
  let signals = 0
  slow.socket.on('message', (frame: Buffer) => {
    received++
    if (decode(frame)?.type === 'signal') signals++
  })
  slow.enter()
  await slow.receive('waiting')
  slow.socket.pause()
  const senders = await overwhelm(running, slow)
  expect(server.status().away).toBe(1)
  slow.socket.resume()
  expect((await slow.closed()).code).toBe(4005)
  const resumed = await RawClient.connect(url)
  resumed.sendHello({ resume: { token: resumeToken ?? '', received, sent: null, roomToken: null } })
  expect((await resumed.receive('welcome')).session).toBe(session)
  expect(server.status().away).toBe(0)
  await resumed.settled()
  signals += resumed.unread.filter((type) => type === 'signal').length
  // Each sender sent five signals. The last one may have sent some of them while the slow client was
  // away.
  expect(signals).toBe(senders.length * 5)
})

test('closes a connection that answers no ping, but not before ping interval and ping timeout are over', async ({
  startWithNeighbours,
}) => {
  const [pingIntervalMs, pingTimeoutMs] = [100, livePingTimeoutMs]
  const { server, url } = await startWithNeighbours({ pingIntervalMs, pingTimeoutMs })
  const partner = await RawClient.join(url, 'Partner')
  partner.enter()
  await partner.receive('waiting')
  // A raw socket does not answer pings by itself.
  const dead = await RawSocket.join(url)
  dead.sendMessage({
    type: 'ticket',
    mode: 'video',
    lobby: '',
    interests: [],
    languages: [],
    offer: null,
  })
  const sinceMs = performance.now()
  await partner.receive('matched')
  await partner.receive('partner-away')
  expect(performance.now() - sinceMs).toBeGreaterThanOrEqual(pingIntervalMs + pingTimeoutMs - 50)
  await dead.ended()
  expect(server.status()).toMatchObject({ users: 4, away: 1, rooms: 2 })
})

test('closes a hundred half-open connections, and ends their sessions after the grace time', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours({
    pingIntervalMs: 100,
    pingTimeoutMs: livePingTimeoutMs,
    resumeGraceMs: 100,
    maxConnectionsPerAddress: 1000,
    maxSessionsPerAddress: 1000,
  })
  const dead = await Promise.all(Array.from({ length: 100 }, () => RawSocket.join(url)))
  await Promise.all(dead.map((socket) => socket.ended()))
  await expect.poll(() => server.status()).toMatchObject({ users: 2, away: 0, rooms: 1 })
})

test('closes a connection whose client has half-closed it', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours({ resumeGraceMs: 0 })
  const socket = await RawSocket.join(url)
  socket.tcp.end()
  await socket.ended()
  await expect.poll(() => server.status().users).toBe(2)
})
