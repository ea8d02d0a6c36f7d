// Who says things twice, in the wrong order, or with somebody else's token, gets nothing by it.
import { createHmac } from 'node:crypto'
import type { MessageOf } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { test } from './neighbours-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

type Welcome = MessageOf<'welcome'>

/** A session that was begun, and by which connection. */
async function begin(url: string): Promise<{ client: RawClient; welcome: Welcome; token: string }> {
  const client = await RawClient.connect(url)
  client.sendHello()
  const welcome = await client.receive('welcome')
  return { client, welcome, token: welcome.resumeToken ?? '' }
}

/** A new connection that shows a token. */
async function show(
  url: string,
  token: string,
  received = 0,
): Promise<{ client: RawClient; welcome: Welcome }> {
  const client = await RawClient.connect(url)
  client.sendHello({ resume: { token, received, sent: null, roomToken: null } })
  return { client, welcome: await client.receive('welcome') }
}

const forgeries: readonly [name: string, forge: (token: string, id: string) => string][] = [
  ['nothing', () => ''],
  ['a dot', () => '.'],
  ['the id alone', (_token, id) => id],
  ['no signature', (_token, id) => `${id}.`],
  ['half a signature', (token) => token.slice(0, -20)],
  ['a signature cut by one', (token) => token.slice(0, -1)],
  ['a signature with more to it', (token) => `${token}A`],
  ['a signature padded', (token) => `${token}=`],
  ['a signature with what base64 skips', (token) => `${token}\n`],
  [
    // The last of 43 characters holds four bits of the signature; the others are nobody's.
    'a signature in another spelling',
    (token) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const last = alphabet.indexOf(token.at(-1) ?? '')
      return token.slice(0, -1) + alphabet[last ^ 1]
    },
  ],
  ['another letter first', (token) => (token.startsWith('A') ? 'B' : 'A') + token.slice(1)],
  [
    'signed by somebody else',
    (_token, id) => `${id}.${createHmac('sha256', 'guess').update(id).digest('base64url')}`,
  ],
  ['for a session that never was', () => `AAAAAAAAAAAAAAAA.${'A'.repeat(43)}`],
  ['two at once', (token) => `${token}.${token}`],
]

test.for(forgeries)(
  'a resume token that is %s: a session of its own, the victim’s goes on',
  async ([, forge], { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const { client, welcome, token } = await begin(url)
    const other = await show(url, forge(token, welcome.session))
    expect(other.welcome.session).not.toBe(welcome.session)
    expect(other.welcome.received).toBeNull()
    await client.settled()
    expect(server.status()).toMatchObject({ users: 4, away: 0 })
  },
)

test('a token of another server, or of a start before: a session of its own', async ({
  startWithNeighbours,
  startServer,
}) => {
  const elsewhere = await begin((await startServer()).url)
  const { url } = await startWithNeighbours()
  const { welcome } = await show(url, elsewhere.token)
  expect(welcome.session).not.toBe(elsewhere.welcome.session)
})

test('a token shown at another site: a session of its own, the victim’s goes on', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours({
    sites: [{ key: 'other', allowedOrigins: ['*'] }],
  })
  const { client, welcome, token } = await begin(url)
  const thief = await RawClient.connect(url)
  thief.sendHello({ site: 'other', resume: { token, received: 0, sent: null, roomToken: null } })
  expect((await thief.receive('welcome')).session).not.toBe(welcome.session)
  await client.settled()
  expect(server.status()).toMatchObject({ users: 4, away: 0 })
})

test('one token, three connections: the latest has the session, the others session-taken', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours()
  const first = await begin(url)
  const second = await show(url, first.token)
  expect(await first.client.closed()).toEqual({ code: 4508, reason: 'session-taken' })
  const third = await show(url, first.token)
  expect(await second.client.closed()).toEqual({ code: 4508, reason: 'session-taken' })
  expect(third.welcome.session).toBe(first.welcome.session)
  expect(server.status()).toMatchObject({ users: 3, away: 0 })
})

test('a connection that is taken from has nothing to say any more', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours()
  const first = await begin(url)
  const late = await RawClient.connect(url)
  // Both are read in one turn: what the first says after it was taken from is not heard.
  late.sendHello({ resume: { token: first.token, received: 0, sent: null, roomToken: null } })
  await late.receive('welcome')
  if (first.client.socket.readyState === first.client.socket.OPEN) first.client.enter()
  await first.client.closed()
  await late.settled()
  expect(server.status().waiting).toBe(0)
})

test('a token of a session that is over: a session of its own', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours()
  const { client, welcome, token } = await begin(url)
  await client.leave()
  const again = await show(url, token)
  expect(again.welcome.session).not.toBe(welcome.session)
  expect(again.welcome.received).toBeNull()
  expect(server.status().users).toBe(3)
})

test.for([
  ['one more than there were', 2],
  ['many more', 1000],
  ['the most there can be', 0xffff_ffff],
] as const)(
  'received %s: nobody can go on with that session, a new one begins',
  async ([, received], { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const { client, welcome, token } = await begin(url)
    client.enter()
    await client.receive('waiting')
    const again = await show(url, token, received)
    expect(again.welcome.session).not.toBe(welcome.session)
    expect(again.welcome.received).toBeNull()
    expect(await client.closed()).toEqual({ code: 4508, reason: 'session-taken' })
    expect(server.status()).toMatchObject({ users: 3, waiting: 0 })
  },
)

test.for([
  ['negative', 0xff],
  ['nil', 0xc0],
  ['a boolean', 0xc3],
  ['text', 0xa0],
] as const)(
  'received that is %s: invalid-field, and hello may be said anew',
  async ([, byte], { startWithNeighbours }) => {
    const { url } = await startWithNeighbours()
    const { token } = await begin(url)
    const client = await RawClient.connect(url)
    client.sendRaw(
      Uint8Array.from([
        0x96,
        1,
        0xa0,
        0xa0,
        0xa0,
        0xc0,
        0x92,
        0xd9,
        token.length,
        ...Buffer.from(token),
        byte,
      ]),
    )
    expect(await client.errorCode()).toBe('invalid-field')
    client.sendHello()
    await client.receive('welcome')
  },
)

test('who says to have received less hears it again, and only that', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours()
  const { client, token } = await begin(url)
  client.send({ type: 'next', offer: null })
  client.enter()
  await client.receive('waiting')
  const again = await show(url, token, 0)
  expect(await again.client.errorCode()).toBe('ticket-required')
  await again.client.receive('waiting')
  await again.client.settled()
  expect(again.welcome.received).toBe(2)
})

test('what was said before the takeover is not said again by the server', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours()
  const { client, token } = await begin(url)
  const partner = await RawClient.join(url, 'Partner')
  client.enter()
  await client.receive('waiting')
  partner.enter()
  await Promise.all([client.receive('matched'), partner.receive('matched')])
  client.send({ type: 'text', text: 'once' })
  expect((await partner.receive('text')).text).toBe('once')
  const again = await show(url, token, 2)
  expect(again.welcome.received).toBe(2)
  await expectTextsRelayed(again.client, partner)
  expect(partner.unread.filter((type) => type === 'text')).toEqual([])
})
