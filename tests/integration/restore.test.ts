// A server that was killed has lost its sessions and rooms. The next server restores them from the
// tokens that the clients hold.
import type { BuddyServerOptions } from '@buddy-chat/server'
import { createBuddyServer } from '@buddy-chat/server'
import { SignJWT } from 'jose'
import { expect } from 'vitest'
import type { RunningServer } from '../server-fixture.ts'
import { test as base } from '../server-fixture.ts'
import { secretKey } from '../server-process.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'
import { ResumingClient } from './resuming-client.ts'

interface Fixtures {
  /**
   * Starts a server. `restart` starts another one, which shares only the secret key with the first:
   * to the clients it looks like the first server after a crash.
   */
  readonly startRestartable: (
    options?: BuddyServerOptions,
  ) => Promise<{ url: string; restart: (changed?: BuddyServerOptions) => Promise<RunningServer> }>
}

const test = base.extend<Fixtures>({
  startRestartable: async ({ startServer }, use) => {
    await use(async (options = {}) => {
      const { url } = await startServer({ secretKey, ...options })
      return { url, restart: (changed) => startServer({ secretKey, ...options, ...changed }) }
    })
  },
})

test('restores a session that has no ticket, and acknowledges every frame that the client sent', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
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

test('restores a waiting session, but not its ticket; a new ticket is matched', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
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

test('restores a room when both partners have resumed, and delivers texts sent before that once, in order', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
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

test('resumes a restored session after a lost connection, and restores it after a second restart', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
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

test('if two connections restore the same session, the later one keeps it', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
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

test('restores the room if one partner is away again when the other resumes', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
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

test('sends partner-left with `lost` when the grace time ends and the partner has not resumed', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable({ resumeGraceMs: 1500 })
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

test('sends partner-left with `next` to a user whose partner resumed first and then left, and keeps the rematch delay', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable({ rematchDelayMs: 60_000 })
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

test('ends the room with `lost` if frames for a partner who has not resumed exceed maxResumeBytes', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable({ maxResumeBytes: 10_000 })
  const [ana, bob] = await ResumingClient.pair(url)
  const { server, url: to } = await restart()
  await ana.reconnect(to)
  for (let index = 0; index < 3; index++) ana.client.send({ type: 'text', text: 't'.repeat(4000) })
  expect((await ana.client.receive('partner-left')).reason).toBe('lost')
  await bob.reconnect(to)
  expect((await bob.client.receive('partner-left')).reason).toBe('lost')
  expect(server.status()).toMatchObject({ users: 2, rooms: 0 })
})

test('does not restore a room that had ended, but restores the later room of one of its users', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
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
  ana.client.send({ type: 'text', text: 'hello' })
  expect(await ana.client.errorCode()).toBe('not-in-room')
  expect(server.status()).toMatchObject({ users: 3, rooms: 1 })
})

test('sends partner-left at once if the partner has resumed without its room token', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
  const [ana, bob] = await ResumingClient.pair(url)
  const { server, url: to } = await restart()
  await bob.reconnect(to, { roomToken: null })
  await ana.reconnect(to)
  expect((await ana.client.receive('partner-left')).reason).toBe('lost')
  await bob.client.settled()
  expect(bob.client.unread).toEqual([])
  expect(server.status()).toMatchObject({ users: 2, rooms: 0 })
})

/** Flips one bit in the middle of a token. */
function tampered(token: string | null): string {
  const bytes = Buffer.from(token ?? '', 'base64url')
  bytes[bytes.length >> 1]! ^= 1
  return bytes.toString('base64url')
}

const invalidTokens = {
  'a tampered resume token': ({ welcome }) => tampered(welcome.resumeToken),
  'a room token': ({ roomToken }) => roomToken ?? '',
  'a resume token with a character appended': ({ welcome }) => `${welcome.resumeToken}=`,
  'an empty resume token': () => '',
  'a resume token that is not base64url': () => '\u{1f980}',
} satisfies Record<string, (ana: ResumingClient) => string>

test.for(Object.entries(invalidTokens))(
  'begins a new session if the resume token is %s',
  async ([, of], { startRestartable }) => {
    const { url, restart } = await startRestartable()
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
  ['a tampered room token', (ana: ResumingClient) => tampered(ana.roomToken)],
  ['a resume token', (ana: ResumingClient) => ana.welcome.resumeToken?.slice(0, 512) ?? ''],
  ['the partner’s room token', (_: ResumingClient, bob: ResumingClient) => bob.roomToken ?? ''],
] as const)(
  'restores the session, but not the room, if the room token is %s',
  async ([, of], { startRestartable }) => {
    const { url, restart } = await startRestartable()
    const [ana, bob] = await ResumingClient.pair(url)
    const { server, url: to } = await restart()
    expect((await ana.reconnect(to, { roomToken: of(ana, bob) })).isRestored).toBe(true)
    expect((await ana.client.receive('partner-left')).reason).toBe('lost')
    await bob.reconnect(to)
    expect((await bob.client.receive('partner-left')).reason).toBe('lost')
    expect(server.status()).toMatchObject({ users: 2, rooms: 0 })
  },
)

test('does not restore a room for a user who sends another user’s room token', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
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

test('begins a new session if the secret key differs, the grace time is over, or the client sends no valid frame count', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
  const [ana] = await ResumingClient.pair(url)
  const { resumeToken } = ana.welcome
  const resume = async (to: string, sent: number | null): Promise<unknown> => {
    const [, welcome] = await RawClient.resume(to, { resumeToken }, 0, { sent })
    return [welcome.isRestored, welcome.received]
  }
  const withOtherKey = await restart({ secretKey: `${secretKey}?` })
  expect(await resume(withOtherKey.url, 1)).toEqual([false, null])
  const withShortGrace = await restart({ resumeGraceMs: 1 })
  expect(await resume(withShortGrace.url, 1)).toEqual([false, null])
  const next = await restart()
  expect(await resume(next.url, null)).toEqual([false, null])
  expect(await resume(next.url, 0xffff_ffff)).toEqual([false, null])
  expect(await resume(next.url, 1)).toEqual([true, 1])
})

test('does not restore a session whose client has left this server', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable()
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

test('restores a session from a hello without site token, and keeps the limits of the token', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable({ sites })
  const ana = await joinShop(url)
  const { server, url: to } = await restart()
  expect(await ana.reconnect(to, {}, { site: 'shop', name: 'Eve' })).toMatchObject({
    name: 'Ana',
    isRestored: true,
  })
  ana.client.enter({ lobby: 'other' })
  expect(await ana.client.errorCode()).toBe('not-permitted')
  // The restored session counts towards `maxUsers` of the site.
  await expect(joinShop(to)).rejects.toThrow('ended before welcome')
  expect(server.status()).toMatchObject({ users: 1 })
})

test('refuses to restore a session if the site is full or the subject of its site token is banned', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable({ sites, trustedProxyHops: 1 })
  const ana = await joinShop(url)
  const { server, url: to } = await restart()
  const first = await joinShop(to)
  const resumeError = async (): Promise<string> => {
    const client = await RawClient.connect(to, { headers: { 'x-forwarded-for': '192.0.2.2' } })
    const token = ana.welcome.resumeToken ?? ''
    const resume = { token, received: 0, sent: 0, roomToken: null }
    client.sendHello({ site: 'shop', resume })
    return client.errorCode()
  }
  expect(await resumeError()).toBe('server-full')
  server.ban(first.welcome.session, 60_000)
  expect(await resumeError()).toBe('banned')
})

test('does not restore a session at another site, or if the site now requires tokens', async ({
  startRestartable,
}) => {
  const { url, restart } = await startRestartable({
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

test('does not restore a room if its site no longer allows the mode', async ({
  startRestartable,
}) => {
  const site = { key: 'b', allowedOrigins: ['*'] }
  const { url, restart } = await startRestartable({ sites: [site] })
  const pair = [await ResumingClient.join(url, 'Ana', { site: 'b' })]
  pair.push(await ResumingClient.join(url, 'Bob', { site: 'b' }))
  for (const { client } of pair) client.enter()
  await Promise.all(pair.map((user) => user.matched()))
  const { server, url: to } = await restart({ sites: [{ ...site, isVideoAllowed: false }] })
  for (const user of pair) {
    await user.reconnect(to, {}, { site: 'b' })
    expect((await user.client.receive('partner-left')).reason).toBe('lost')
  }
  expect(server.status()).toMatchObject({ users: 2, rooms: 0 })
})

test('calls onConnect for restored sessions, and onText when queued texts are delivered', async ({
  startRestartable,
}) => {
  const { url } = await startRestartable()
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
