// A client that the server refuses receives the reason and when to retry. Other users are not disturbed.
import { createConnection } from 'node:net'
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

test('refuses other origins with `origin-not-allowed`', async ({ startServer }) => {
  const { server, url } = await startServer({
    allowedOrigins: ['https://chat.example', 'https://*.friends.example'],
  })
  const neighbours = await RawClient.pair(url)
  for (const origin of [
    'https://evil.example',
    'http://chat.example',
    'https://chat.example.evil.example',
    'https://friends.example',
    'null',
  ]) {
    const client = await RawClient.connect(url, { origin })
    expect(await client.receive('error')).toMatchObject({
      code: 'origin-not-allowed',
      retryAfterMs: null,
    })
    expect(await client.closed()).toEqual({ code: 4501, reason: 'origin-not-allowed' })
  }
  for (const origin of ['https://chat.example', 'https://a.b.friends.example']) {
    await (await RawClient.join(url, 'Guest', { origin })).leave()
  }
  expect(server.status().users).toBe(2)
  await expectTextsRelayed(...neighbours)
})

test.for([{ protocols: [] }, { protocols: ['buddy.v9'] }, { protocols: ['soap', 'buddy.v2'] }])(
  'refuses the subprotocols $protocols with `unsupported-version`',
  async ({ protocols }, { startServer }) => {
    const { url } = await startServer()
    const neighbours = await RawClient.pair(url)
    const client = await RawClient.connect(url, { protocols })
    expect(await client.errorCode()).toBe('unsupported-version')
    expect(await client.closed()).toEqual({ code: 4502, reason: 'unsupported-version' })
    await expectTextsRelayed(...neighbours)
  },
)

test('selects its own protocol version if a client offers several', async ({ startServer }) => {
  const { url } = await startServer()
  const client = await RawClient.join(url, 'Newer', { protocols: ['buddy.v2', 'buddy.v1'] })
  expect(client.socket.protocol).toBe('buddy.v1')
})

test('refuses new users of a full server with `server-full` and a retry time, until one has left', async ({
  startServer,
}) => {
  const { url } = await startServer({ maxUsers: 2 })
  const [one, other] = await RawClient.pair(url)
  const late = await RawClient.connect(url)
  late.sendHello({ name: 'Late' })
  const error = await late.receive('error')
  expect(error.code).toBe('server-full')
  expect(error.retryAfterMs).toBeGreaterThan(0)
  expect(await late.closed()).toEqual({ code: 4001, reason: 'server-full' })
  await expectTextsRelayed(one, other)

  await one.leave()
  await other.receive('partner-left')
  await RawClient.join(url, 'Late again')
})

test('refuses connections of an address above the limit with `too-many-connections`, and of no other', async ({
  startServer,
}) => {
  const { url } = await startServer({ maxConnectionsPerAddress: 2, trustedProxyHops: 1 })
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': `6.6.6.6, ${address}` } })
  const first = await RawClient.join(url, 'One', from('192.0.2.1'))
  await RawClient.join(url, 'Two', from('192.0.2.1'))
  const third = await RawClient.connect(url, from('192.0.2.1'))
  const error = await third.receive('error')
  expect(error.code).toBe('too-many-connections')
  expect(error.retryAfterMs).toBeGreaterThan(0)
  expect(await third.closed()).toEqual({ code: 4002, reason: 'too-many-connections' })

  await RawClient.join(url, 'Elsewhere', from('192.0.2.2'))
  await first.leave()
  await RawClient.join(url, 'Three', from('192.0.2.1'))
})

test('uses the X-Forwarded-For header of the proxy, not the one of the client, if there are two', async ({
  startServer,
}) => {
  const { url } = await startServer({ maxConnectionsPerAddress: 1, trustedProxyHops: 1 })
  const upgrade = (forged: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = createConnection(Number(new URL(url).port), 'localhost')
      let received = ''
      socket.on('error', reject)
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1')
        if (received.includes('too many')) resolve('refused')
      })
      // The server sends nothing on an accepted connection before the hello.
      socket.on('end', () => resolve('ended'))
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Protocol: buddy.v1\r\nX-Forwarded-For: ${forged}\r\n` +
          `X-Forwarded-For: 192.0.2.1\r\n\r\n`,
      )
    })
  await RawClient.join(url, 'One', { headers: { 'X-Forwarded-For': '192.0.2.1' } })
  expect(await upgrade('6.6.6.6')).toBe('refused')
})

test('ignores X-Forwarded-For unless a proxy is configured', async ({ startServer }) => {
  const { url } = await startServer({ maxConnectionsPerAddress: 1 })
  await RawClient.join(url, 'One', { headers: { 'X-Forwarded-For': '192.0.2.1' } })
  const second = await RawClient.connect(url, { headers: { 'X-Forwarded-For': '192.0.2.2' } })
  expect(await second.errorCode()).toBe('too-many-connections')
})

test('closes a connection without a hello with `hello-timeout`', async ({ startServer }) => {
  const { url } = await startServer({ helloTimeoutMs: 100 })
  const neighbours = await RawClient.pair(url)
  const silent = await RawClient.connect(url)
  expect(await silent.errorCode()).toBe('hello-required')
  expect(await silent.closed()).toEqual({ code: 4004, reason: 'hello-timeout' })
  await expectTextsRelayed(...neighbours)
})

test('queues tickets while all rooms are taken, and matches the users who have waited longest when a room is free', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ maxRooms: 1 })
  const [one, other] = await RawClient.pair(url)
  const waiting: RawClient[] = []
  for (const name of ['Third', 'Fourth', 'Fifth']) {
    const client = await RawClient.join(url, name)
    client.enter()
    await client.receive('waiting')
    waiting.push(client)
  }
  expect(server.status()).toMatchObject({ rooms: 1, waiting: 3 })
  one.send({ type: 'leave' })
  expect((await other.receive('partner-left')).reason).toBe('left')
  const [third, fourth, fifth] = waiting as [RawClient, RawClient, RawClient]
  expect((await third.receive('matched')).partnerName).toBe('Fourth')
  expect((await fourth.receive('matched')).partnerName).toBe('Third')
  await fifth.settled()
  expect(fifth.unread).toEqual([])
})
