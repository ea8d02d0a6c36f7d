// Who does not read, or is not there any more, is ended within its bound; the others go on.
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

/**
 * Talks to somebody who does not read until the server has had enough: one partner after the other,
 * as none may send that much. More together than the kernel takes off the server's hands.
 */
async function overwhelm(
  { server, url }: RunningServer,
  deaf: RawClient,
): Promise<readonly RawClient[]> {
  const talkers: RawClient[] = []
  const isCut = (): boolean =>
    server.status().users - talkers.length < 3 || server.status().away > 0
  while (talkers.length < 60 && !isCut()) {
    const talker = await RawClient.join(url, 'Talker')
    talkers.push(talker)
    talker.enter()
    await talker.receive('matched')
    for (let time = 1; time <= 5; time++) talker.send(largeSignal)
    talker.send({ type: 'leave' })
    await talker.settled()
    // It hears nothing, but it can speak.
    if (talkers.length % 2 === 0) deaf.enter()
    else deaf.send({ type: 'next', offer: null })
    await expect.poll(() => isCut() || server.status().waiting === 1).toBe(true)
  }
  expect(isCut()).toBe(true)
  return talkers
}

async function joinDeaf(url: string): Promise<RawClient> {
  const deaf = await RawClient.join(url, 'Deaf')
  deaf.enter()
  await deaf.receive('waiting')
  deaf.socket.pause()
  return deaf
}

test('a client that does not read is cut as slow-consumer before it fills the memory', async ({
  startWithNeighbours,
}) => {
  const running = await startWithNeighbours({
    maxBacklogBytes: 65_536,
    rematchDelayMs: 0,
    resumeGraceMs: 0,
  })
  const deaf = await joinDeaf(running.url)
  const talkers = await overwhelm(running, deaf)
  expect(running.server.status()).toMatchObject({ users: talkers.length + 2, waiting: 0, rooms: 1 })
  // Reading again, it finds out why.
  deaf.socket.resume()
  expect(await deaf.closed()).toEqual({ code: 4005, reason: 'slow-consumer' })
})

test('a slow consumer that has caught up goes on with its session, nothing lost', async ({
  startWithNeighbours,
}) => {
  const running = await startWithNeighbours({
    maxBacklogBytes: 65_536,
    maxResumeBytes: 1_000_000,
    rematchDelayMs: 0,
  })
  const { server, url } = running
  const deaf = await RawClient.connect(url)
  deaf.sendHello({ name: 'Deaf' })
  const { session, resumeToken } = await deaf.receive('welcome')
  let received = 0
  let signals = 0
  deaf.socket.on('message', (frame: Buffer) => {
    received++
    if (decode(frame)?.type === 'signal') signals++
  })
  deaf.enter()
  await deaf.receive('waiting')
  deaf.socket.pause()
  const talkers = await overwhelm(running, deaf)
  expect(server.status().away).toBe(1)
  deaf.socket.resume()
  expect((await deaf.closed()).code).toBe(4005)
  const again = await RawClient.connect(url)
  again.sendHello({ resume: { token: resumeToken ?? '', received, sent: null, roomToken: null } })
  expect((await again.receive('welcome')).session).toBe(session)
  expect(server.status().away).toBe(0)
  await again.settled()
  signals += again.unread.filter((type) => type === 'signal').length
  // Every talker said it five times, the latest perhaps to somebody who was away.
  expect(signals).toBe(talkers.length * 5)
})

test('a client that answers no ping is ended once interval and timeout are over, not before', async ({
  startWithNeighbours,
}) => {
  const [pingIntervalMs, pingTimeoutMs] = [100, 300]
  const { server, url } = await startWithNeighbours({ pingIntervalMs, pingTimeoutMs })
  const partner = await RawClient.join(url, 'Partner')
  partner.enter()
  await partner.receive('waiting')
  // This one answers nothing by itself.
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

test('half-open sockets, a hundred of them: all ended, their sessions end with the grace time', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours({
    pingIntervalMs: 100,
    pingTimeoutMs: 200,
    resumeGraceMs: 100,
    maxConnectionsPerAddress: 1000,
    maxSessionsPerAddress: 1000,
  })
  const dead = await Promise.all(Array.from({ length: 100 }, () => RawSocket.join(url)))
  await Promise.all(dead.map((socket) => socket.ended()))
  await expect.poll(() => server.status()).toMatchObject({ users: 2, away: 0, rooms: 1 })
})

test('who half-closes is gone: a FIN is an end', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours({ resumeGraceMs: 0 })
  const socket = await RawSocket.join(url)
  socket.tcp.end()
  await socket.ended()
  await expect.poll(() => server.status().users).toBe(2)
})
