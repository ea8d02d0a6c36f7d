// One server for many sites: each has its own users, allowed origins, limits, lobbies and permissions.
import type { MessageOf } from '@buddy-chat/protocol'
import type { BuddyServerOptions } from '@buddy-chat/server'
import { createHmac } from 'node:crypto'
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

type Site = NonNullable<BuddyServerOptions['sites']>[number]

const site = (key: string, options: Partial<Site> = {}): Site => ({
  key,
  allowedOrigins: ['*'],
  ...options,
})

/** Sends hello for a site; resolves with the client, and the welcome or the code of the error. */
async function join(
  url: string,
  key: string,
  origin?: string,
): Promise<{ client: RawClient; answer: MessageOf<'welcome'> | string }> {
  const client = await RawClient.connect(url, origin === undefined ? {} : { origin })
  client.sendHello({ site: key })
  const answer = await client.receiveAnyOf('welcome', 'error')
  return { client, answer: answer.type === 'error' ? answer.code : answer }
}

async function enter(url: string, key: string, ticket = {}): Promise<RawClient> {
  const { client } = await join(url, key)
  client.enter(ticket)
  return client
}

test('matches users of one site only', async ({ startServer }) => {
  const { server, url } = await startServer({ sites: [site('a'), site('b')] })
  const [ana, ben] = [await enter(url, 'a'), await enter(url, 'b')]
  await Promise.all([ana.receive('waiting'), ben.receive('waiting')])
  const own = await enter(url, '')
  await own.receive('waiting')
  const amy = await enter(url, 'a')
  await Promise.all([ana.receive('matched'), amy.receive('matched')])
  await expectTextsRelayed(ana, amy)
  expect(server.status()).toMatchObject({ users: 4, waiting: 2, rooms: 1 })
})

test('refuses an unknown site with `unknown-site`', async ({ startServer }) => {
  const { url } = await startServer({ sites: [site('a')] })
  const { client, answer } = await join(url, 'A')
  expect(answer).toBe('unknown-site')
  expect(await client.closed()).toEqual({ code: 4503, reason: 'unknown-site' })
})

const pages = {
  exact: { key: 'exact', allowedOrigins: ['https://shop.example'] },
  wild: { key: 'wild', allowedOrigins: ['https://*.shop.example'] },
  self: { key: 'self', allowedOrigins: ['self'] },
}
test.for([
  ['exact', 'https://shop.example', true],
  ['exact', 'https://SHOP.example', true],
  ['exact', 'http://shop.example', false],
  ['exact', 'https://shop.example:8443', false],
  ['exact', 'https://www.shop.example', false],
  ['exact', 'https://shop.example.evil.example', false],
  ['wild', 'https://www.shop.example', true],
  ['wild', 'https://a.b.shop.example', true],
  ['wild', 'https://shop.example', false],
  ['wild', 'https://evilshop.example', false],
  ['wild', 'https://.shop.example.evil.example', false],
  ['self', 'https://shop.example', false],
  ['exact', 'null', false],
] as const)(
  'the site `%s` accepts the origin %s: %s',
  async ([key, origin, isAccepted], { startServer }) => {
    const { url } = await startServer({ sites: Object.values(pages) })
    const { answer } = await join(url, key, origin)
    expect(typeof answer === 'string' ? answer : 'accepted').toBe(
      isAccepted ? 'accepted' : 'origin-not-allowed',
    )
  },
)

test('accepts the origin of the server itself if allowedOrigins contains `self`', async ({
  startServer,
}) => {
  const { url } = await startServer({ allowedOrigins: ['self'] })
  const { answer } = await join(url, '', url)
  expect(answer).toMatchObject({ type: 'welcome' })
  const other = await RawClient.connect(url, { origin: 'http://elsewhere.example' })
  expect(await other.errorCode()).toBe('origin-not-allowed')
})

test('refuses an origin that no site allows before the hello', async ({ startServer }) => {
  const { url } = await startServer({
    allowedOrigins: ['https://own.example'],
    sites: [pages.exact],
  })
  const refusedClient = await RawClient.connect(url, { origin: 'https://evil.example' })
  expect(await refusedClient.errorCode()).toBe('origin-not-allowed')
  expect((await refusedClient.closed()).code).toBe(4501)
  // A site refuses an origin that only another site allows.
  expect((await join(url, '', 'https://shop.example')).answer).toBe('origin-not-allowed')
})

test('refuses users of a full site with `server-full`, and accepts users of another site', async ({
  startServer,
}) => {
  const { url } = await startServer({ sites: [site('a', { maxUsers: 1 }), site('b')] })
  const { client } = await join(url, 'a')
  const late = await join(url, 'a')
  expect(late.answer).toBe('server-full')
  expect(await late.client.closed()).toMatchObject({ code: 4001 })
  expect((await join(url, 'b')).answer).toMatchObject({ type: 'welcome' })
  await client.leave()
  expect((await join(url, 'a')).answer).toMatchObject({ type: 'welcome' })
})

test('accepts tickets for the lobbies of the site and for the default lobby only', async ({
  startServer,
}) => {
  const { url } = await startServer({ sites: [site('a', { lobbies: ['music'] }), site('b')] })
  for (const lobby of ['', 'music']) {
    await (await enter(url, 'a', { lobby })).receive('waiting')
  }
  const refused = await enter(url, 'a', { lobby: 'sports' })
  expect(await refused.errorCode()).toBe('not-permitted')
  // The connection stays open, so the client can send another ticket.
  refused.enter({ lobby: 'music' })
  await refused.receive('matched')
  await (await enter(url, 'b', { lobby: 'sports' })).receive('waiting')
})

test('a site without text announces it in welcome, relays no text, and refuses text mode', async ({
  startServer,
}) => {
  const { url } = await startServer({ sites: [site('a', { isTextAllowed: false })] })
  const { client: ana, answer } = await join(url, 'a')
  expect(answer).toMatchObject({ allowsText: false, allowsVideo: true })
  ana.enter({ mode: 'text' })
  expect(await ana.errorCode()).toBe('not-permitted')
  ana.enter()
  const ben = await enter(url, 'a')
  await Promise.all([ana.receive('matched'), ben.receive('matched')])
  ana.send({ type: 'text', text: 'psst' })
  ana.send({ type: 'typing', isTyping: true })
  expect([await ana.errorCode(), await ana.errorCode()]).toEqual(['not-permitted', 'not-permitted'])
  await Promise.all([ana.settled(), ben.settled()])
  expect(ben.unread).toEqual([])
  // Messages about the call are still relayed.
  ana.send({ type: 'trust' })
  await ben.receive('trust')
})

test('a site without video refuses video mode and accepts audio mode', async ({ startServer }) => {
  const { url } = await startServer({ sites: [site('a', { isVideoAllowed: false })] })
  const ana = await enter(url, 'a')
  expect(await ana.errorCode()).toBe('not-permitted')
  ana.enter({ mode: 'audio' })
  await ana.receive('waiting')
})

test('sends the ICE servers of the site, with TURN credentials that belong to the session and expire', async ({
  startServer,
}) => {
  const { url } = await startServer({
    iceServers: [{ urls: ['stun:server.example'] }],
    sites: [
      site('plain'),
      site('relay', {
        iceServers: [],
        turnUrls: ['turn:relay.example'],
        turnSecret: 'shared with coturn',
        turnTtlMs: 600_000,
      }),
    ],
  })
  expect((await join(url, 'plain')).answer).toMatchObject({
    iceServers: [{ urls: ['stun:server.example'] }],
  })
  const { answer } = await join(url, 'relay')
  const { iceServers, session } = answer as MessageOf<'welcome'>
  const [{ urls, username, credential } = { urls: [], username: '', credential: '' }] = iceServers
  expect(urls).toEqual(['turn:relay.example'])
  const [expiry, user] = (username ?? '').split(':')
  expect(user).toBe(session)
  expect(Number(expiry) - Date.now() / 1000).toSatisfy((left) => left > 595 && left <= 600)
  // coturn computes the same value with use-auth-secret.
  const expected = createHmac('sha1', 'shared with coturn').update(username ?? '')
  expect(credential).toBe(expected.digest('base64'))
})

test('sends new TURN credentials before the old ones expire', async ({ startServer }) => {
  const { url } = await startServer({
    turnUrls: ['turn:relay.example'],
    turnSecret: 'shared with coturn',
    turnTtlMs: 400,
  })
  const [ana] = await RawClient.pair(url)
  const first = await ana.receive('ice-servers')
  const second = await ana.receive('ice-servers')
  expect(first.iceServers[0]?.urls).toEqual(['turn:relay.example'])
  expect(second.iceServers[0]?.credential).toBeTypeOf('string')
})

test('a reload changes the sites without closing connections', async ({ startServer }) => {
  const options = { port: 0, iceServers: [], shutdownTimeoutMs: 0 }
  const { server, url } = await startServer({ ...options, sites: [site('a'), site('old')] })
  const [ana, ben] = [await enter(url, 'old'), await enter(url, 'old')]
  await Promise.all([ana.receive('matched'), ben.receive('matched')])
  server.reload({ ...options, sites: [site('a', { maxUsers: 1 }), site('new')] })
  await expectTextsRelayed(ana, ben)
  expect((await join(url, 'old')).answer).toBe('unknown-site')
  expect((await join(url, 'new')).answer).toMatchObject({ type: 'welcome' })
  await join(url, 'a')
  expect((await join(url, 'a')).answer).toBe('server-full')
  // Users of a removed site are still matched with each other.
  ana.send({ type: 'next', offer: null })
  await ben.receive('partner-left')
  ben.send({ type: 'next', offer: null })
  await Promise.all([ana.receive('matched'), ben.receive('matched')])
})

test('an invalid reload changes nothing', async ({ startServer }) => {
  const { server, url } = await startServer({ sites: [site('a')] })
  const urls = Array.from({ length: 8 }, (_, index) => `stun:${'s'.repeat(500)}${index}`)
  const iceServers = Array.from({ length: 8 }, () => ({ urls }))
  expect(() => server.reload({ iceServers, sites: [site('b')] })).toThrow(
    'clients cannot use these options',
  )
  expect((await join(url, 'a')).answer).toMatchObject({ type: 'welcome' })
  expect((await join(url, 'b')).answer).toBe('unknown-site')
})
