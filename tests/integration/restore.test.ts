// A server that was killed has forgotten everybody. What clients hold is enough to go on.
import type { BuddyServerOptions } from '@buddy-chat/server'
import { createBuddyServer } from '@buddy-chat/server'
import { SignJWT } from 'jose'
import { expect } from 'vitest'
import type { RunningServer } from '../server-fixture.ts'
import { test as base } from '../server-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'
import { ResumingClient } from './resuming-client.ts'

const secretKey = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'

interface Fixtures {
  /** A server before its end, and what starts the one after it. They share nothing but the key. */
  readonly die: (
    options?: BuddyServerOptions,
  ) => Promise<{ url: string; restart: (changed?: BuddyServerOptions) => Promise<RunningServer> }>
}

const test = base.extend<Fixtures>({
  die: async ({ startServer }, use) => {
    await use(async (options = {}) => {
      const { url } = await startServer({ secretKey, ...options })
      return { url, restart: (changed) => startServer({ secretKey, ...options, ...changed }) }
    })
  },
})

test('before a ticket: the same session, and what was sent counts as handled', async ({ die }) => {
  const { url, restart } = await die()
  const ana = await ResumingClient.join(url, 'Ana')
  ana.client.send({ type: 'ping' })
  await ana.client.receive('stats')
  const { session } = ana.welcome
  const next = await restart()
  expect(await ana.reconnect(next.url)).toMatchObject({
    session,
    name: 'Ana',
    received: 1,
    isRestored: true,
  })
  ana.client.enter()
  await ana.client.receive('waiting')
  expect(next.server.status()).toMatchObject({ users: 1, waiting: 1, matches: 0 })
})

test('in the queue: the ticket is forgotten; given again, it finds somebody', async ({ die }) => {
  const { url, restart } = await die()
  const ana = await ResumingClient.join(url, 'Ana')
  ana.client.enter()
  await ana.client.receive('waiting')
  const next = await restart()
  expect(await ana.reconnect(next.url)).toMatchObject({ received: 1, isRestored: true })
  ana.client.send({ type: 'next', offer: null })
  expect(await ana.client.errorCode()).toBe('ticket-required')
  ana.client.enter()
  await ana.client.receive('waiting')
  const bob = await RawClient.join(next.url, 'Bob')
  bob.enter()
  await Promise.all([ana.client.receive('matched'), bob.receive('matched')])
  await expectTextsRelayed(ana.client, bob)
})

test('in a room: it opens again when both are back; what was said meanwhile arrives in order, once', async ({
  die,
}) => {
  const { url, restart } = await die()
  const [ana, bob] = await ResumingClient.pair(url)
  const { server, url: to } = await restart()
  await ana.reconnect(to)
  await ana.client.receive('partner-away')
  expect(server.status()).toMatchObject({ users: 1, rooms: 0 })
  for (const text of ['one', 'two', 'three']) ana.client.send({ type: 'text', text })
  await ana.client.settled()
  await bob.reconnect(to)
  await Promise.all([ana.client.receive('partner-back'), bob.client.receive('partner-back')])
  for (const text of ['one', 'two', 'three']) {
    expect((await bob.client.receive('text')).text).toBe(text)
  }
  await expectTextsRelayed(ana.client, bob.client)
  expect([ana.client.unread, bob.client.unread]).toEqual([[], []])
  expect(server.status()).toMatchObject({ users: 2, away: 0, waiting: 0, rooms: 1, matches: 0 })
  ana.client.send({ type: 'report', reason: 'spam', room: null })
  ana.client.send({ type: 'next', offer: null })
  await ana.client.receive('waiting')
  expect((await bob.client.receive('partner-left')).reason).toBe('next')
  expect(server.status()).toMatchObject({ waiting: 1, rooms: 0 })
})

test('a session restored is a session: it is resumed by count, and survives the next restart too', async ({
  die,
}) => {
  const { url, restart } = await die()
  const [ana, bob] = await ResumingClient.pair(url)
  const second = await restart()
  await ana.reconnect(second.url)
  await bob.reconnect(second.url)
  await ana.client.receive('partner-back')
  ana.client.socket.terminate()
  await bob.client.receive('partner-away')
  bob.client.send({ type: 'text', text: 'missed' })
  await bob.client.settled()
  expect(await ana.reconnect(second.url)).toMatchObject({ received: 1, isRestored: false })
  expect((await ana.client.receive('text')).text).toBe('missed')
  await expectTextsRelayed(ana.client, bob.client)

  const third = await restart()
  expect(await bob.reconnect(third.url)).toMatchObject({ isRestored: true, received: bob.sent })
  await ana.reconnect(third.url)
  await Promise.all([ana.client.receive('partner-back'), bob.client.receive('partner-back')])
  await expectTextsRelayed(ana.client, bob.client)
  expect(third.server.status()).toMatchObject({ users: 2, rooms: 1 })
})

test('a very fast reconnect, and two tabs: the latest has the session, the room is one', async ({
  die,
}) => {
  const { url, restart } = await die()
  const [ana, bob] = await ResumingClient.pair(url)
  const { server, url: to } = await restart()
  const { resumeToken } = ana.welcome
  const more = { sent: ana.client.sent, roomToken: ana.roomToken }
  const tabs = await Promise.all(
    [0, 1].map(() =>
      RawClient.resume(to, { resumeToken }, ana.client.received, more).then(([tab]) => tab),
    ),
  )
  expect((await Promise.race(tabs.map((tab) => tab.closed()))).code).toBe(4508)
  const holder = tabs.find(({ socket }) => socket.readyState === socket.OPEN)!
  await bob.reconnect(to)
  await bob.client.receive('partner-back')
  await expectTextsRelayed(holder, bob.client)
  expect(server.status()).toMatchObject({ users: 2, rooms: 1 })
})

test('one is away again when the other comes: the room is open, and says so', async ({ die }) => {
  const { url, restart } = await die()
  const [ana, bob] = await ResumingClient.pair(url)
  const { server, url: to } = await restart()
  await ana.reconnect(to)
  await ana.client.receive('partner-away')
  ana.client.socket.terminate()
  await expect.poll(() => server.status().away).toBe(1)
  await bob.reconnect(to)
  await bob.client.receive('partner-away')
  await ana.reconnect(to)
  await ana.client.receive('partner-back')
  await bob.client.receive('partner-back')
  await expectTextsRelayed(ana.client, bob.client)
})

test('only one comes back: told lost, as soon as the other cannot come any more', async ({
  die,
}) => {
  const { url, restart } = await die({ resumeGraceMs: 1500 })
  const [ana, bob] = await ResumingClient.pair(url)
  const { server, url: to } = await restart()
  await ana.reconnect(to)
  await ana.client.receive('partner-away')
  expect((await ana.client.receive('partner-left')).reason).toBe('lost')
  expect(await bob.reconnect(to)).toMatchObject({ received: null, isRestored: false })
  ana.client.send({ type: 'next', offer: null })
  await ana.client.receive('waiting')
  expect(server.status()).toMatchObject({ users: 2, rooms: 0, waiting: 1 })
})

test('one comes back and leaves: the other is told why when it comes, and the two do not meet at once', async ({
  die,
}) => {
  const { url, restart } = await die({ rematchDelayMs: 60_000 })
  const [ana, bob] = await ResumingClient.pair(url)
  const { server, url: to } = await restart()
  await ana.reconnect(to)
  ana.client.enter()
  await ana.client.receive('waiting')
  await bob.reconnect(to)
  expect((await bob.client.receive('partner-left')).reason).toBe('next')
  bob.client.enter()
  await bob.client.receive('waiting')
  expect(server.status()).toMatchObject({ users: 2, waiting: 2, rooms: 0 })
})

test('more than the bound is not kept for a partner who is not back: told lost', async ({
  die,
}) => {
  const { url, restart } = await die({ maxResumeBytes: 10_000 })
  const [ana, bob] = await ResumingClient.pair(url)
  const { server, url: to } = await restart()
  await ana.reconnect(to)
  for (let index = 0; index < 3; index++) ana.client.send({ type: 'text', text: 't'.repeat(4000) })
  expect((await ana.client.receive('partner-left')).reason).toBe('lost')
  await bob.reconnect(to)
  expect((await bob.client.receive('partner-left')).reason).toBe('lost')
  expect(server.status()).toMatchObject({ users: 2, rooms: 0 })
})

test('an old room’s token opens nothing, and holds up nobody’s present room', async ({ die }) => {
  const { url, restart } = await die()
  const [ana, bob] = await ResumingClient.pair(url, 'one')
  const old = ana.roomToken
  for (const { client } of [ana, bob]) client.enter({ lobby: client === ana.client ? 'a' : 'b' })
  await Promise.all([ana.client.receive('waiting'), bob.client.receive('waiting')])
  const eve = await ResumingClient.join(url, 'Eve')
  eve.client.enter({ lobby: 'b' })
  await Promise.all([eve.matched(), bob.matched()])
  const { server, url: to } = await restart()
  await ana.reconnect(to, { roomToken: old })
  await ana.client.receive('partner-away')
  await bob.reconnect(to)
  expect((await ana.client.receive('partner-left')).reason).toBe('lost')
  await bob.client.receive('partner-away')
  await eve.reconnect(to)
  await Promise.all([bob.client.receive('partner-back'), eve.client.receive('partner-back')])
  await expectTextsRelayed(bob.client, eve.client)
  ana.client.send({ type: 'text', text: 'anybody?' })
  expect(await ana.client.errorCode()).toBe('not-in-room')
  expect(server.status()).toMatchObject({ users: 3, rooms: 1 })
})

test('a partner who is back without the room is not waited for', async ({ die }) => {
  const { url, restart } = await die()
  const [ana, bob] = await ResumingClient.pair(url)
  const { server, url: to } = await restart()
  await bob.reconnect(to, { roomToken: null })
  await ana.reconnect(to)
  expect((await ana.client.receive('partner-left')).reason).toBe('lost')
  await bob.client.settled()
  expect(bob.client.unread).toEqual([])
  expect(server.status()).toMatchObject({ users: 2, rooms: 0 })
})

/** The token with one bit turned, in the middle. */
function tampered(token: string | null): string {
  const bytes = Buffer.from(token ?? '', 'base64url')
  bytes[bytes.length >> 1]! ^= 1
  return bytes.toString('base64url')
}

const worthless = {
  'that was tampered with': ({ welcome }) => tampered(welcome.resumeToken),
  'that is a room’s': ({ roomToken }) => roomToken ?? '',
  'with something after it': ({ welcome }) => `${welcome.resumeToken}=`,
  'that is empty': () => '',
  'that is no text of ours': () => '\u{1f980}',
} satisfies Record<string, (ana: ResumingClient) => string>

test.for(Object.entries(worthless))(
  'a session token %s restores nothing',
  async ([, of], { die }) => {
    const { url, restart } = await die()
    const [ana, bob] = await ResumingClient.pair(url)
    const { session } = ana.welcome
    const { server, url: to } = await restart()
    const welcome = await ana.reconnect(to, { token: of(ana) })
    expect(welcome).toMatchObject({ received: null, isRestored: false })
    expect(welcome.session).not.toBe(session)
    await bob.reconnect(to)
    await bob.client.receive('partner-away')
    expect(server.status()).toMatchObject({ users: 2, rooms: 0 })
  },
)

test.for([
  ['that was tampered with', (ana: ResumingClient) => tampered(ana.roomToken)],
  ['that is a session’s', (ana: ResumingClient) => ana.welcome.resumeToken?.slice(0, 512) ?? ''],
  ['that is the partner’s', (_: ResumingClient, bob: ResumingClient) => bob.roomToken ?? ''],
] as const)(
  'a room token %s: the session is restored, the room is not',
  async ([, of], { die }) => {
    const { url, restart } = await die()
    const [ana, bob] = await ResumingClient.pair(url)
    const { server, url: to } = await restart()
    expect((await ana.reconnect(to, { roomToken: of(ana, bob) })).isRestored).toBe(true)
    expect((await ana.client.receive('partner-left')).reason).toBe('lost')
    await bob.reconnect(to)
    expect((await bob.client.receive('partner-left')).reason).toBe('lost')
    expect(server.status()).toMatchObject({ users: 2, rooms: 0 })
  },
)

test('a third who has got hold of somebody’s seat does not get into it', async ({ die }) => {
  const { url, restart } = await die()
  const [ana, bob] = await ResumingClient.pair(url)
  const eve = await ResumingClient.join(url, 'Eve')
  const { server, url: to } = await restart()
  await eve.reconnect(to, { roomToken: bob.roomToken })
  expect((await eve.client.receive('partner-left')).reason).toBe('lost')
  await ana.reconnect(to)
  await ana.client.receive('partner-away')
  await bob.reconnect(to)
  await bob.client.receive('partner-back')
  await expectTextsRelayed(ana.client, bob.client)
  expect(server.status()).toMatchObject({ users: 3, rooms: 1 })
})

test('a server of another key, one that runs for longer, and a client that does not count: all anew', async ({
  die,
}) => {
  const { url, restart } = await die()
  const [ana] = await ResumingClient.pair(url)
  const { resumeToken } = ana.welcome
  const show = async (to: string, sent: number | null): Promise<unknown> => {
    const [, welcome] = await RawClient.resume(to, { resumeToken }, 0, { sent })
    return [welcome.isRestored, welcome.received]
  }
  const other = await restart({ secretKey: `${secretKey}?` })
  expect(await show(other.url, 1)).toEqual([false, null])
  const older = await restart({ resumeGraceMs: 1 })
  expect(await show(older.url, 1)).toEqual([false, null])
  const young = await restart()
  expect(await show(young.url, null)).toEqual([false, null])
  expect(await show(young.url, 0xffff_ffff)).toEqual([false, null])
  expect(await show(young.url, 1)).toEqual([true, 1])
})

test('a session that this server has known and ended is not restored: whoever left has left', async ({
  die,
}) => {
  const { url, restart } = await die()
  const ana = await ResumingClient.join(url, 'Ana')
  const { resumeToken } = ana.welcome
  const { server, url: to } = await restart()
  expect((await ana.reconnect(to)).isRestored).toBe(true)
  await ana.client.leave()
  await expect.poll(() => server.status().users).toBe(0)
  const [, welcome] = await RawClient.resume(to, { resumeToken }, 0, { sent: 0 })
  expect(welcome).toMatchObject({ isRestored: false, received: null })
})

const secret = 'zT4mWq9Rk7Xc2Vb8Ln5Hd3Jf6Gs1Py0A'
const sites = [{ key: 'shop', allowedOrigins: ['*'], secret, maxUsers: 1 }]

async function shopToken(): Promise<string> {
  return new SignJWT({ name: 'Ana', lobby: 'vip' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('u1')
    .setAudience('shop')
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret))
}

async function joinShop(url: string): Promise<ResumingClient> {
  return ResumingClient.join(url, '', { site: 'shop', token: await shopToken() })
}

test('what the site has signed need not be shown again; what it said still holds', async ({
  die,
}) => {
  const { url, restart } = await die({ sites })
  const ana = await joinShop(url)
  const { server, url: to } = await restart()
  expect(await ana.reconnect(to, {}, { site: 'shop', name: 'Eve' })).toMatchObject({
    name: 'Ana',
    isRestored: true,
  })
  ana.client.enter({ lobby: 'other' })
  expect(await ana.client.errorCode()).toBe('not-permitted')
  // It counts: the site is full.
  await expect(joinShop(to)).rejects.toThrow('ended before welcome')
  expect(server.status()).toMatchObject({ users: 1 })
})

test('a site that is full, and a subject that is banned: also those who come back are told so', async ({
  die,
}) => {
  const { url, restart } = await die({ sites, trustedProxyHops: 1 })
  const ana = await joinShop(url)
  const { server, url: to } = await restart()
  const first = await joinShop(to)
  const comeBack = async (): Promise<string> => {
    const client = await RawClient.connect(to, { headers: { 'x-forwarded-for': '192.0.2.2' } })
    const token = ana.welcome.resumeToken ?? ''
    const resume = { token, received: 0, sent: 0, roomToken: null }
    client.sendHello({ site: 'shop', resume })
    return client.errorCode()
  }
  expect(await comeBack()).toBe('server-full')
  server.ban(first.welcome.session, 60_000)
  expect(await comeBack()).toBe('banned')
})

test('a token of one site restores nothing at another, nor where a site asks for tokens since', async ({
  die,
}) => {
  const { url, restart } = await die({
    sites: [
      { key: 'shop', allowedOrigins: ['*'] },
      { key: 'b', allowedOrigins: ['*'] },
    ],
  })
  const ana = await ResumingClient.join(url, 'Ana', { site: 'shop' })
  const resume = { token: ana.welcome.resumeToken ?? '', received: 0, sent: 0, roomToken: null }
  const same = await restart()
  const other = await RawClient.connect(same.url)
  other.sendHello({ site: 'b', resume })
  expect((await other.receive('welcome')).isRestored).toBe(false)
  const { url: to } = await restart({ sites })
  const again = await RawClient.connect(to)
  again.sendHello({ site: 'shop', resume })
  expect(await again.errorCode()).toBe('token-required')
})

test('a mode that the site does not allow any more: the room is not opened again', async ({
  die,
}) => {
  const site = { key: 'b', allowedOrigins: ['*'] }
  const { url, restart } = await die({ sites: [site] })
  const people = [await ResumingClient.join(url, 'Ana', { site: 'b' })]
  people.push(await ResumingClient.join(url, 'Bob', { site: 'b' }))
  for (const { client } of people) client.enter()
  await Promise.all(people.map((person) => person.matched()))
  const { server, url: to } = await restart({ sites: [{ ...site, isVideoAllowed: false }] })
  for (const person of people) {
    await person.reconnect(to, {}, { site: 'b' })
    expect((await person.client.receive('partner-left')).reason).toBe('lost')
  }
  expect(server.status()).toMatchObject({ users: 2, rooms: 0 })
})

test('the program around the server is asked again: about people, and about lines that were kept', async ({
  die,
}) => {
  const { url } = await die()
  const [ana, bob] = await ResumingClient.pair(url)
  const eve = await ResumingClient.join(url, 'Eve')
  const asked: string[] = []
  const server = createBuddyServer(
    { port: 0, iceServers: [], shutdownTimeoutMs: 0, secretKey },
    {
      hooks: {
        onConnect: ({ name }) => Promise.resolve(name === 'Eve' ? false : { name: 'Renamed' }),
        onText: ({ text }) => {
          asked.push(text)
          return !text.includes('rude')
        },
      },
    },
  )
  try {
    const { url: to } = await server.listen()
    await expect(eve.reconnect(to)).rejects.toThrow('ended before welcome')
    expect(await ana.reconnect(to)).toMatchObject({ name: 'Ana', isRestored: true })
    for (const text of ['rude', 'kind']) ana.client.send({ type: 'text', text })
    await ana.client.settled()
    expect(asked).toEqual([])
    await bob.reconnect(to)
    expect((await bob.client.receive('text')).text).toBe('kind')
    expect(asked).toEqual(['rude', 'kind'])
    expect(await ana.client.errorCode()).toBe('refused')
  } finally {
    await server.close()
  }
})
