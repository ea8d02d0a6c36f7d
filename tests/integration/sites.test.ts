// One server, many embedding sites: each with its own people, pages, caps, lobbies and permissions.
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

/** Says hello for a site; resolves with the welcome, or the name of the refusal. */
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

async function enter(url: string, key: string, wish = {}): Promise<RawClient> {
  const { client } = await join(url, key)
  client.enter(wish)
  return client
}

test('people of one site meet, people of two never do', async ({ startServer }) => {
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

test('an unknown site is refused by name, and closed for good', async ({ startServer }) => {
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
  'site %s, a page of %s: let in is %s',
  async ([key, origin, isLetIn], { startServer }) => {
    const { url } = await startServer({ sites: Object.values(pages) })
    const { answer } = await join(url, key, origin)
    expect(typeof answer === 'string' ? answer : 'let in').toBe(
      isLetIn ? 'let in' : 'origin-not-allowed',
    )
  },
)

test('self is the page this server serves, wherever it is', async ({ startServer }) => {
  const { url } = await startServer({ allowedOrigins: ['self'] })
  const { answer } = await join(url, '', url)
  expect(answer).toMatchObject({ type: 'welcome' })
  const other = await RawClient.connect(url, { origin: 'http://elsewhere.example' })
  expect(await other.errorCode()).toBe('origin-not-allowed')
})

test('a page that no site allows does not get as far as hello', async ({ startServer }) => {
  const { url } = await startServer({
    allowedOrigins: ['https://own.example'],
    sites: [pages.exact],
  })
  const stranger = await RawClient.connect(url, { origin: 'https://evil.example' })
  expect(await stranger.errorCode()).toBe('origin-not-allowed')
  expect((await stranger.closed()).code).toBe(4501)
  // Allowed by one site is not allowed by the other.
  expect((await join(url, '', 'https://shop.example')).answer).toBe('origin-not-allowed')
})

test('a full site is told so; the others, and the server, have room', async ({ startServer }) => {
  const { url } = await startServer({ sites: [site('a', { maxUsers: 1 }), site('b')] })
  const { client } = await join(url, 'a')
  const late = await join(url, 'a')
  expect(late.answer).toBe('server-full')
  expect(await late.client.closed()).toMatchObject({ code: 4001 })
  expect((await join(url, 'b')).answer).toMatchObject({ type: 'welcome' })
  await client.leave()
  expect((await join(url, 'a')).answer).toMatchObject({ type: 'welcome' })
})

test('only the lobbies of the site can be entered, and the one without a name', async ({
  startServer,
}) => {
  const { url } = await startServer({ sites: [site('a', { lobbies: ['music'] }), site('b')] })
  for (const lobby of ['', 'music']) {
    await (await enter(url, 'a', { lobby })).receive('waiting')
  }
  const lost = await enter(url, 'a', { lobby: 'sports' })
  expect(await lost.errorCode()).toBe('not-permitted')
  // No more than a mistake: another lobby is still open.
  lost.enter({ lobby: 'music' })
  await lost.receive('matched')
  await (await enter(url, 'b', { lobby: 'sports' })).receive('waiting')
})

test('a site without text: welcome says so, no line is passed on, no text mode', async ({
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
  // What the two clients say to each other about their call is not writing.
  ana.send({ type: 'trust' })
  await ben.receive('trust')
})

test('a site without video has voices and words', async ({ startServer }) => {
  const { url } = await startServer({ sites: [site('a', { isVideoAllowed: false })] })
  const ana = await enter(url, 'a')
  expect(await ana.errorCode()).toBe('not-permitted')
  ana.enter({ mode: 'audio' })
  await ana.receive('waiting')
})

test('a site has ICE servers of its own; TURN credentials are the session’s, and end', async ({
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
  // What coturn computes with use-auth-secret.
  const expected = createHmac('sha1', 'shared with coturn').update(username ?? '')
  expect(credential).toBe(expected.digest('base64'))
})

test('credentials are renewed in time, also in a call', async ({ startServer }) => {
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

test('a reload changes sites without dropping anyone', async ({ startServer }) => {
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
  // Those of a site that is gone go on among themselves.
  ana.send({ type: 'next', offer: null })
  await ben.receive('partner-left')
  ben.send({ type: 'next', offer: null })
  await Promise.all([ana.receive('matched'), ben.receive('matched')])
})

test('a reload that cannot be used changes nothing', async ({ startServer }) => {
  const { server, url } = await startServer({ sites: [site('a')] })
  const urls = Array.from({ length: 8 }, (_, index) => `stun:${'s'.repeat(500)}${index}`)
  const iceServers = Array.from({ length: 8 }, () => ({ urls }))
  expect(() => server.reload({ iceServers, sites: [site('b')] })).toThrow(
    'clients cannot use these options',
  )
  expect((await join(url, 'a')).answer).toMatchObject({ type: 'welcome' })
  expect((await join(url, 'b')).answer).toBe('unknown-site')
})
