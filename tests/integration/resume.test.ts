// A client that loses its connection resumes its session. Frames of both directions arrive exactly
// once.
import type { MessageOf } from '@buddy-chat/protocol'
import { createHmac } from 'node:crypto'
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

/** Joins; resolves with the client and its welcome, which holds the resume token. */
async function begin(url: string, name = 'Ana'): Promise<[RawClient, MessageOf<'welcome'>]> {
  const client = await RawClient.connect(url)
  client.sendHello({ name })
  return [client, await client.receive('welcome')]
}

/** Resolves with two clients in a room, and with the welcome by which Ana can resume. */
async function pairWithResume(
  url: string,
): Promise<{ ana: RawClient; welcome: MessageOf<'welcome'>; bob: RawClient }> {
  const bob = await RawClient.join(url, 'Bob')
  bob.enter()
  await bob.receive('waiting')
  const [ana, welcome] = await begin(url)
  ana.enter()
  await Promise.all([ana.receive('matched'), bob.receive('matched')])
  return { ana, welcome, bob }
}

/** Destroys the connection without a close frame, and waits until the server has noticed. */
async function loseConnection(client: RawClient, partner: RawClient): Promise<void> {
  client.socket.terminate()
  await partner.receive('partner-away')
}

test('resumes a session that has no ticket', async ({ startServer }) => {
  const { server, url } = await startServer()
  const [ana, welcome] = await begin(url)
  ana.socket.terminate()
  await ana.closed()
  const [again, resumed] = await RawClient.resume(url, welcome, ana.received)
  expect(resumed).toMatchObject({ session: welcome.session, name: 'Ana', received: 0 })
  again.enter()
  await again.receive('waiting')
  expect(server.status()).toMatchObject({ users: 1, waiting: 1 })
})

test('does not match a waiting user who is away, and queues the ticket again on resume', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const [ana, welcome] = await begin(url)
  ana.enter()
  await ana.receive('waiting')
  ana.socket.terminate()
  await expect.poll(() => server.status()).toMatchObject({ users: 1, away: 1, waiting: 0 })
  const bob = await RawClient.join(url, 'Bob')
  bob.enter()
  await bob.receive('waiting')
  const [again, resumed] = await RawClient.resume(url, welcome, ana.received)
  expect(resumed.received).toBe(1)
  await Promise.all([again.receive('matched'), bob.receive('matched')])
  await expectTextsRelayed(again, bob)
})

test('keeps the room of a user who is away, and delivers the partner’s texts once, in order', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const { ana, welcome, bob } = await pairWithResume(url)
  bob.send({ type: 'text', text: 'before' })
  await ana.receive('text')
  await loseConnection(ana, bob)
  expect(server.status()).toMatchObject({ users: 2, away: 1, rooms: 1 })
  for (const text of ['one', 'two', 'three']) bob.send({ type: 'text', text })
  await bob.settled()
  const [again, resumed] = await RawClient.resume(url, welcome, ana.received)
  expect(resumed.received).toBe(1)
  for (const text of ['one', 'two', 'three']) {
    expect((await again.receive('text')).text).toBe(text)
  }
  await bob.receive('partner-back')
  await expectTextsRelayed(again, bob)
  // After a second loss, the server does not replay frames that the first resume acknowledged.
  await loseConnection(again, bob)
  const [third] = await RawClient.resume(url, welcome, ana.received + again.received)
  await bob.receive('partner-back')
  await third.settled()
  expect(third.unread).toEqual([])
  await expectTextsRelayed(third, bob)
})

test('replays frames that were sent but not received', async ({ startServer }) => {
  const { url } = await startServer()
  const { ana, welcome, bob } = await pairWithResume(url)
  // Counts only `matched` as received, as if the two texts were in flight when the connection was lost.
  const { received } = ana
  for (const text of ['lost', 'lost too']) bob.send({ type: 'text', text })
  await ana.receive('text')
  await ana.receive('text')
  await loseConnection(ana, bob)
  const [again] = await RawClient.resume(url, welcome, received)
  expect((await again.receive('text')).text).toBe('lost')
  expect((await again.receive('text')).text).toBe('lost too')
})

test('sends partner-left on resume if the partner left meanwhile', async ({ startServer }) => {
  const { url } = await startServer()
  const { ana, welcome, bob } = await pairWithResume(url)
  await loseConnection(ana, bob)
  bob.send({ type: 'next', offer: null })
  await bob.receive('waiting')
  const [again] = await RawClient.resume(url, welcome, ana.received)
  expect((await again.receive('partner-left')).reason).toBe('next')
  again.send({ type: 'next', offer: null })
  await again.receive('matched')
  await expectTextsRelayed(again, bob)
})

test('resumes the session after leave, without a room', async ({ startServer }) => {
  const { server, url } = await startServer()
  const { ana, welcome, bob } = await pairWithResume(url)
  ana.send({ type: 'leave' })
  await bob.receive('partner-left')
  ana.socket.terminate()
  await expect.poll(() => server.status().away).toBe(1)
  const [again, { session }] = await RawClient.resume(url, welcome, ana.received)
  expect(session).toBe(welcome.session)
  again.send({ type: 'next', offer: null })
  await again.receive('waiting')
  expect(server.status()).toMatchObject({ users: 2, away: 0, rooms: 0 })
})

test('moves the session to the newer connection if the old one is still open', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const { ana, welcome, bob } = await pairWithResume(url)
  const [again, resumed] = await RawClient.resume(url, welcome, ana.received)
  expect(resumed.session).toBe(welcome.session)
  expect(await ana.closed()).toEqual({ code: 4508, reason: 'session-taken' })
  await bob.receive('partner-back')
  await expectTextsRelayed(again, bob)
  expect(server.status()).toMatchObject({ users: 2, away: 0, rooms: 1 })
  expect(bob.unread).toEqual([])
})

test('closes the other connections with `session-taken` if several resume one session', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const { ana, welcome, bob } = await pairWithResume(url)
  const tabs = await Promise.all(
    [0, 1].map(() => RawClient.resume(url, welcome, ana.received).then(([tab]) => tab)),
  )
  const ends = await Promise.all([ana.closed(), Promise.race(tabs.map((tab) => tab.closed()))])
  expect(ends.map(({ code }) => code)).toEqual([4508, 4508])
  const holder = tabs.find((tab) => tab.socket.readyState === tab.socket.OPEN)
  await expectTextsRelayed(holder!, bob)
  expect(server.status()).toMatchObject({ users: 2, rooms: 1 })
})

test('sends partner-left with `lost` after the grace time; a later resume begins a new session', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ resumeGraceMs: 150 })
  const { ana, welcome, bob } = await pairWithResume(url)
  await loseConnection(ana, bob)
  expect((await bob.receive('partner-left')).reason).toBe('lost')
  expect(server.status()).toMatchObject({ users: 1, away: 0, rooms: 0 })
  const [, late] = await RawClient.resume(url, welcome, ana.received)
  expect(late.received).toBeNull()
  expect(late.session).not.toBe(welcome.session)
})

test('ends the room, but not the session, if frames for a user who is away exceed maxResumeBytes', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ maxResumeBytes: 10_000 })
  const { ana, welcome, bob } = await pairWithResume(url)
  await loseConnection(ana, bob)
  for (let index = 0; index < 5; index++) bob.send({ type: 'text', text: 't'.repeat(4000) })
  expect((await bob.receive('partner-left')).reason).toBe('lost')
  expect(await bob.errorCode()).toBe('not-in-room')
  expect(server.status()).toMatchObject({ users: 2, away: 1, rooms: 0 })
  const [again, { session }] = await RawClient.resume(url, welcome, ana.received)
  expect(session).toBe(welcome.session)
  expect((await again.receive('partner-left')).reason).toBe('lost')
  await again.settled()
  expect(again.unread).toEqual([])
  // Checks that the frame counts of client and server still agree, so that no frame is lost or replayed
  // after the next loss.
  again.enter()
  bob.send({ type: 'next', offer: null })
  await Promise.all([again.receive('matched'), bob.receive('matched')])
  await loseConnection(again, bob)
  bob.send({ type: 'text', text: 'missed' })
  const [third] = await RawClient.resume(url, welcome, ana.received + again.received)
  expect((await third.receive('text')).text).toBe('missed')
  await expectTextsRelayed(third, bob)
})

test.for([
  ['more frames than were sent', 99],
  ['so few frames that the replay buffer no longer has the next one', 0],
] as const)(
  'begins a new session if the client claims to have received %s',
  async ([, received], { startServer }) => {
    const { server, url } = await startServer({ maxResumeBytes: 1024 })
    const { ana, welcome, bob } = await pairWithResume(url)
    for (let index = 0; index < 4; index++) bob.send({ type: 'text', text: 't'.repeat(400) })
    await bob.settled()
    await ana.settled()
    const [, fresh] = await RawClient.resume(url, welcome, received)
    expect([fresh.received, fresh.session === welcome.session]).toEqual([null, false])
    expect((await bob.receive('partner-left')).reason).toBe('lost')
    expect((await ana.closed()).code).toBe(4508)
    expect(server.status()).toMatchObject({ users: 2, rooms: 0 })
  },
)

const forged = {
  'signed by another server': (session: string) =>
    `${session}.${createHmac('sha256', 'another secret').update(session).digest('base64url')}`,
  'for another session': (_: string, token: string) => `x${token}`,
  'without a signature': (session: string) => session,
  'with an empty signature': (session: string) => `${session}.`,
  'that is not base64url': () => '\u{1f980}.\u{1f980}',
} satisfies Record<string, (session: string, token: string) => string>

test.for(Object.entries(forged))(
  'begins a new session for a resume token %s',
  async ([, forge], { startServer }) => {
    const { server, url } = await startServer()
    const { ana, welcome, bob } = await pairWithResume(url)
    const resumeToken = forge(welcome.session, welcome.resumeToken ?? '')
    const [, fresh] = await RawClient.resume(url, { resumeToken }, 0)
    expect([fresh.received, fresh.session === welcome.session]).toEqual([null, false])
    await expectTextsRelayed(ana, bob)
    expect(server.status()).toMatchObject({ users: 3, rooms: 1 })
  },
)

test('does not resume a session at another site', async ({ startServer }) => {
  const { url } = await startServer({ sites: [{ key: 'b', allowedOrigins: ['*'] }] })
  const [ana, { session, resumeToken }] = await begin(url)
  const other = await RawClient.connect(url)
  const resume = { token: resumeToken ?? '', received: 0, sent: 0, roomToken: null }
  other.sendHello({ site: 'b', resume })
  expect((await other.receive('welcome')).session).not.toBe(session)
  await ana.settled()
})

test('sends no resume token if the grace time is 0, and ends each session with its connection', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ resumeGraceMs: 0 })
  const [ana, { resumeToken }] = await begin(url)
  expect(resumeToken).toBeNull()
  ana.socket.terminate()
  await expect.poll(() => server.status().users).toBe(0)
})

test('ends a session that is away and has no room, if a full server can then admit a new session', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ maxUsers: 3 })
  const { ana, welcome, bob } = await pairWithResume(url)
  const [idle] = await begin(url, 'Idle')
  idle.socket.terminate()
  await loseConnection(ana, bob)
  await expect.poll(() => server.status().away).toBe(2)
  await RawClient.join(url, 'Newcomer')
  expect(server.status()).toMatchObject({ users: 3, away: 1, rooms: 1 })
  const refused = await RawClient.connect(url)
  refused.sendHello()
  expect(await refused.errorCode()).toBe('server-full')
  const [again] = await RawClient.resume(url, welcome, ana.received)
  await bob.receive('partner-back')
  await expectTextsRelayed(again, bob)
})

test('ends no session that is away if the server would still be full, because maxUsers was lowered', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ maxUsers: 3 })
  const [[away, welcome]] = await Promise.all([begin(url), begin(url, 'Bob'), begin(url, 'Cleo')])
  away.socket.terminate()
  await expect.poll(() => server.status().away).toBe(1)
  server.reload({ maxUsers: 2, shutdownTimeoutMs: 0 })
  const refused = await RawClient.connect(url)
  refused.sendHello()
  expect(await refused.errorCode()).toBe('server-full')
  const [, { session }] = await RawClient.resume(url, welcome, away.received)
  expect(session).toBe(welcome.session)
})

test('ends a room when both users have been away for longer than the cleanup interval', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ roomCleanupIntervalMs: 50 })
  const { ana, welcome, bob } = await pairWithResume(url)
  await loseConnection(ana, bob)
  bob.socket.terminate()
  await expect.poll(() => server.status()).toMatchObject({ users: 2, away: 2, rooms: 0 })
  const [again] = await RawClient.resume(url, welcome, ana.received)
  expect((await again.receive('partner-left')).reason).toBe('lost')
})

test('bans the address of the latest connection of a session', async ({ startServer }) => {
  const { server, url } = await startServer({ trustedProxyHops: 1 })
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } })
  const ana = await RawClient.connect(url, from('192.0.2.1'))
  ana.sendHello()
  const { session, resumeToken } = await ana.receive('welcome')
  const again = await RawClient.connect(url, from('192.0.2.2'))
  const resume = { token: resumeToken ?? '', received: 0, sent: null, roomToken: null }
  again.sendHello({ resume })
  expect((await again.receive('welcome')).session).toBe(session)
  expect(server.ban(session, 60_000)).toBe(true)
  const banned = await RawClient.connect(url, from('192.0.2.2'))
  banned.sendHello()
  expect(await banned.errorCode()).toBe('banned')
  await RawClient.join(url, 'At the earlier address', from('192.0.2.1'))
})
