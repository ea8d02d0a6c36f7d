// A session outlives its connection: at every point of its life, each way, exactly once.
import type { MessageOf } from '@buddy-chat/protocol'
import { createHmac } from 'node:crypto'
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

/** Says hello and keeps what is needed to come back. */
async function begin(url: string, name = 'Ana'): Promise<[RawClient, MessageOf<'welcome'>]> {
  const client = await RawClient.connect(url)
  client.sendHello({ name })
  return [client, await client.receive('welcome')]
}

/** Two in a room, of whom the first can come back. */
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

/** Ends the connection as a broken network does, and waits until the server has noticed. */
async function breakOff(client: RawClient, partner: RawClient): Promise<void> {
  client.socket.terminate()
  await partner.receive('partner-away')
}

test('before a ticket: the session goes on as it was', async ({ startServer }) => {
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

test('in the queue: nobody is matched with an empty chair; back in it by itself', async ({
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

test('in a room: the partner is told away and back; what was said meanwhile arrives in order, once', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const { ana, welcome, bob } = await pairWithResume(url)
  bob.send({ type: 'text', text: 'before' })
  await ana.receive('text')
  await breakOff(ana, bob)
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
  // A second break: what was acknowledged by the first resume does not come again.
  await breakOff(again, bob)
  const [third] = await RawClient.resume(url, welcome, ana.received + again.received)
  await bob.receive('partner-back')
  await third.settled()
  expect(third.unread).toEqual([])
  await expectTextsRelayed(third, bob)
})

test('frames the client did not get, though they were sent, come again', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const { ana, welcome, bob } = await pairWithResume(url)
  // The match arrived; the two lines are under way when the network breaks.
  const { received } = ana
  for (const text of ['lost', 'lost too']) bob.send({ type: 'text', text })
  await ana.receive('text')
  await ana.receive('text')
  await breakOff(ana, bob)
  const [again] = await RawClient.resume(url, welcome, received)
  expect((await again.receive('text')).text).toBe('lost')
  expect((await again.receive('text')).text).toBe('lost too')
})

test('after the partner left meanwhile: it is told, and next goes on', async ({ startServer }) => {
  const { url } = await startServer()
  const { ana, welcome, bob } = await pairWithResume(url)
  await breakOff(ana, bob)
  bob.send({ type: 'next', offer: null })
  await bob.receive('waiting')
  const [again] = await RawClient.resume(url, welcome, ana.received)
  expect((await again.receive('partner-left')).reason).toBe('next')
  again.send({ type: 'next', offer: null })
  await again.receive('matched')
  await expectTextsRelayed(again, bob)
})

test('after leave: out of everything, and still the same session', async ({ startServer }) => {
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

test('a very fast reconnect, before the old socket is known to be dead: the newer has the session', async ({
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

test('two tabs with one token: the latest has the session, the other is told so, and both stay apart', async ({
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

test('nobody came back within the grace time: the partner is told lost', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ resumeGraceMs: 150 })
  const { ana, welcome, bob } = await pairWithResume(url)
  await breakOff(ana, bob)
  expect((await bob.receive('partner-left')).reason).toBe('lost')
  expect(server.status()).toMatchObject({ users: 1, away: 0, rooms: 0 })
  const [, late] = await RawClient.resume(url, welcome, ana.received)
  expect(late.received).toBeNull()
  expect(late.session).not.toBe(welcome.session)
})

test('a partner who sends more than is kept for someone away ends the room, and not the session', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ maxResumeBytes: 10_000 })
  const { ana, welcome, bob } = await pairWithResume(url)
  await breakOff(ana, bob)
  for (let index = 0; index < 5; index++) bob.send({ type: 'text', text: 't'.repeat(4000) })
  expect((await bob.receive('partner-left')).reason).toBe('lost')
  expect(await bob.errorCode()).toBe('not-in-room')
  expect(server.status()).toMatchObject({ users: 2, away: 1, rooms: 0 })
  const [again, { session }] = await RawClient.resume(url, welcome, ana.received)
  expect(session).toBe(welcome.session)
  expect((await again.receive('partner-left')).reason).toBe('lost')
  await again.settled()
  expect(again.unread).toEqual([])
  // The counts of both ends still agree: the next break loses nothing, and repeats nothing.
  again.enter()
  bob.send({ type: 'next', offer: null })
  await Promise.all([again.receive('matched'), bob.receive('matched')])
  await breakOff(again, bob)
  bob.send({ type: 'text', text: 'missed' })
  const [third] = await RawClient.resume(url, welcome, ana.received + again.received)
  expect((await third.receive('text')).text).toBe('missed')
  await expectTextsRelayed(third, bob)
})

test.for([
  ['more than was sent', 99],
  ['less than is kept', 0],
] as const)(
  'a client that claims to have %s begins anew',
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
  'of another server': (session: string) =>
    `${session}.${createHmac('sha256', 'another secret').update(session).digest('base64url')}`,
  'for another session': (_: string, token: string) => `x${token}`,
  'without a signature': (session: string) => session,
  'with an empty signature': (session: string) => `${session}.`,
  'that is no text of ours': () => '\u{1f980}.\u{1f980}',
} satisfies Record<string, (session: string, token: string) => string>

test.for(Object.entries(forged))(
  'a token %s resumes nothing',
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

test('a token of one site does not resume at another', async ({ startServer }) => {
  const { url } = await startServer({ sites: [{ key: 'b', allowedOrigins: ['*'] }] })
  const [ana, { session, resumeToken }] = await begin(url)
  const other = await RawClient.connect(url)
  const resume = { token: resumeToken ?? '', received: 0, sent: 0, roomToken: null }
  other.sendHello({ site: 'b', resume })
  expect((await other.receive('welcome')).session).not.toBe(session)
  await ana.settled()
})

test('a server without grace gives no token, and keeps nobody', async ({ startServer }) => {
  const { server, url } = await startServer({ resumeGraceMs: 0 })
  const [ana, { resumeToken }] = await begin(url)
  expect(resumeToken).toBeNull()
  ana.socket.terminate()
  await expect.poll(() => server.status().users).toBe(0)
})

test('whoever is away makes room for who is here, but nobody in a room does', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ maxUsers: 3 })
  const { ana, welcome, bob } = await pairWithResume(url)
  const [idle] = await begin(url, 'Idle')
  idle.socket.terminate()
  await breakOff(ana, bob)
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

test('above a cap that was lowered nobody away makes room, as there would be none', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ maxUsers: 3 })
  const [[away, welcome]] = await Promise.all([begin(url), begin(url, 'Bob'), begin(url, 'Cleo')])
  away.socket.terminate()
  await expect.poll(() => server.status().away).toBe(1)
  server.reload({ maxUsers: 2 })
  const refused = await RawClient.connect(url)
  refused.sendHello()
  expect(await refused.errorCode()).toBe('server-full')
  const [, { session }] = await RawClient.resume(url, welcome, away.received)
  expect(session).toBe(welcome.session)
})

test('both away for longer than the sweep: the room is freed, each is told on coming back', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ roomCleanupIntervalMs: 50 })
  const { ana, welcome, bob } = await pairWithResume(url)
  await breakOff(ana, bob)
  bob.socket.terminate()
  await expect.poll(() => server.status()).toMatchObject({ users: 2, away: 2, rooms: 0 })
  const [again] = await RawClient.resume(url, welcome, ana.received)
  expect((await again.receive('partner-left')).reason).toBe('lost')
})

test('a ban holds for the address of the latest connection', async ({ startServer }) => {
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
  expect(await banned.errorCode()).toBe('banned')
  await RawClient.join(url, 'A neighbour of before', from('192.0.2.1'))
})
