// Replayed messages, wrong frame counts and forged resume tokens must not affect any session.
import { createHmac } from 'node:crypto'
import type { MessageOf } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { test } from './neighbours-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

type Welcome = MessageOf<'welcome'>

/** Begins a session; resolves with its client, welcome and resume token. */
async function begin(url: string): Promise<{ client: RawClient; welcome: Welcome; token: string }> {
  const client = await RawClient.connect(url)
  client.sendHello()
  const welcome = await client.receive('welcome')
  return { client, welcome, token: welcome.resumeToken ?? '' }
}

/** Sends a resume token by a new connection. */
async function resume(
  url: string,
  token: string,
  received = 0,
): Promise<{ client: RawClient; welcome: Welcome }> {
  const client = await RawClient.connect(url)
  client.sendHello({ resume: { token, received, sent: null, roomToken: null } })
  return { client, welcome: await client.receive('welcome') }
}

const forgeries: readonly [name: string, forge: (token: string, id: string) => string][] = [
  ['an empty token', () => ''],
  ['a dot', () => '.'],
  ['a session id only', (_token, id) => id],
  ['a token with an empty signature', (_token, id) => `${id}.`],
  ['a token with half a signature', (token) => token.slice(0, -20)],
  ['a token without its last character', (token) => token.slice(0, -1)],
  ['a token with a character appended', (token) => `${token}A`],
  ['a token with base64 padding', (token) => `${token}=`],
  ['a token with a line break, which base64 decoders skip', (token) => `${token}\n`],
  [
    // The last of the 43 characters encodes four bits of the signature and two unused bits.
    'a token that decodes to the same bytes but is spelt differently',
    (token) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const last = alphabet.indexOf(token.at(-1) ?? '')
      return token.slice(0, -1) + alphabet[last ^ 1]
    },
  ],
  ['a token for another id', (token) => (token.startsWith('A') ? 'B' : 'A') + token.slice(1)],
  [
    'a token signed with another key',
    (_token, id) => `${id}.${createHmac('sha256', 'guess').update(id).digest('base64url')}`,
  ],
  ['a token for an unknown session', () => `AAAAAAAAAAAAAAAA.${'A'.repeat(43)}`],
  ['a token repeated twice', (token) => `${token}.${token}`],
]

test.for(forgeries)(
  'begins a new session for %s, and does not disturb the session of the valid token',
  async ([, forge], { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const { client, welcome, token } = await begin(url)
    const other = await resume(url, forge(token, welcome.session))
    expect(other.welcome.session).not.toBe(welcome.session)
    expect(other.welcome.received).toBeNull()
    await client.settled()
    expect(server.status()).toMatchObject({ users: 4, away: 0 })
  },
)

test('begins a new session for a token of another server', async ({
  startWithNeighbours,
  startServer,
}) => {
  const elsewhere = await begin((await startServer()).url)
  const { url } = await startWithNeighbours()
  const { welcome } = await resume(url, elsewhere.token)
  expect(welcome.session).not.toBe(elsewhere.welcome.session)
})

test('begins a new session for a token of another site, and does not disturb the session', async ({
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

test('closes earlier connections of a session with `session-taken`', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours()
  const first = await begin(url)
  const second = await resume(url, first.token)
  expect(await first.client.closed()).toEqual({ code: 4508, reason: 'session-taken' })
  const third = await resume(url, first.token)
  expect(await second.client.closed()).toEqual({ code: 4508, reason: 'session-taken' })
  expect(third.welcome.session).toBe(first.welcome.session)
  expect(server.status()).toMatchObject({ users: 3, away: 0 })
})

test('ignores messages of a connection whose session another connection has taken', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours()
  const first = await begin(url)
  const late = await RawClient.connect(url)
  // The first connection sends a ticket after the resume, before it is closed. The server must ignore
  // it.
  late.sendHello({ resume: { token: first.token, received: 0, sent: null, roomToken: null } })
  await late.receive('welcome')
  if (first.client.socket.readyState === first.client.socket.OPEN) first.client.enter()
  await first.client.closed()
  await late.settled()
  expect(server.status().waiting).toBe(0)
})

test('begins a new session for a token of an ended session', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours()
  const { client, welcome, token } = await begin(url)
  await client.leave()
  const again = await resume(url, token)
  expect(again.welcome.session).not.toBe(welcome.session)
  expect(again.welcome.received).toBeNull()
  expect(server.status().users).toBe(3)
})

test.for([
  ['one more than the server sent', 3],
  ['many more than the server sent', 1000],
  ['the largest number', 0xffff_ffff],
] as const)(
  'ends the session and begins a new one if `received` is %s',
  async ([, received], { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const { client, welcome, token } = await begin(url)
    client.enter()
    await client.receive('waiting')
    await client.receive('searching')
    const again = await resume(url, token, received)
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
  'answers a `received` that is %s with `invalid-field`, and accepts another hello',
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

test('replays only the frames that the client has not counted in `received`', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours()
  const { client, token } = await begin(url)
  client.send({ type: 'next', offer: null })
  client.enter()
  await client.receive('waiting')
  const again = await resume(url, token, 0)
  expect(await again.client.errorCode()).toBe('ticket-required')
  await again.client.receive('waiting')
  await again.client.settled()
  expect(again.welcome.received).toBe(2)
})

test('does not relay a text again after its author has resumed', async ({
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
  const again = await resume(url, token, 2)
  expect(again.welcome.received).toBe(2)
  await expectTextsRelayed(again.client, partner)
  expect(partner.unread.filter((type) => type === 'text')).toEqual([])
})
