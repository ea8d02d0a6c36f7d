// While a stopped server drains, calls may go on until a deadline. The server disconnects all other
// clients at once.
import { expect, test as plainTest } from 'vitest'
import { test } from '../server-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'
import { startCliProcess } from './cli-process.ts'
import { ResumingClient } from './resuming-client.ts'

/**
 * The key of a server and of the next one, so that the next server accepts the resume tokens of the
 * first.
 */
const secretKey = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'

/** A shutdown timeout that is longer than these tests take. Only a test that fails waits this long. */
const longMs = 4000
/**
 * A shutdown timeout that is longer than `closed()` waits. If `closed()` resolves, the timeout was not
 * the reason for the close.
 */
const longerMs = 8000

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status

test('is healthy but not ready while draining, and reports `draining` in /readyz and /status', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ shutdownTimeoutMs: longMs })
  const [one, other] = await RawClient.pair(url)
  expect(await statusOf(`${url}/readyz`)).toBe(200)
  const closing = server.close()
  const ready = await fetch(`${url}/readyz`)
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }])
  expect(await statusOf(`${url}/healthz`)).toBe(200)
  expect(await (await fetch(`${url}/status`)).json()).toMatchObject({
    status: 'draining',
    rooms: 1,
  })
  await Promise.all([one.leave(), other.leave()])
  await closing
})

test('keeps calls until they end while draining, and disconnects every other client', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ shutdownTimeoutMs: longMs })
  const [one, other] = await RawClient.pair(url)
  const waiting = await RawClient.join(url, 'Waiting')
  waiting.enter({ lobby: 'elsewhere' })
  await waiting.receive('waiting')
  const idle = await RawClient.join(url, 'Idle')

  const closing = server.close()
  // Clients without a room are disconnected at once.
  for (const client of [waiting, idle]) {
    await client.receive('going-away')
    expect(await client.closed()).toEqual({ code: 4000, reason: 'going-away' })
  }
  for (const client of [one, other]) await client.receive('going-away')
  await expectTextsRelayed(one, other)
  // A client that connects while the server drains is disconnected, too.
  const late = await RawClient.connect(url)
  await late.receive('going-away')
  expect(await late.closed()).toMatchObject({ code: 4000 })
  await expectTextsRelayed(one, other)

  one.send({ type: 'next', offer: null })
  expect(await other.receive('partner-left')).toMatchObject({ reason: 'next' })
  for (const client of [one, other]) expect(await client.closed()).toMatchObject({ code: 4000 })
  await closing
  await expect(fetch(url)).rejects.toThrow()
})

test('sends each client a random reconnect delay, so that they do not all reconnect at once', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const clients = await Promise.all(Array.from({ length: 24 }, () => RawClient.join(url, 'Ana')))
  void server.close()
  const times = await Promise.all(
    clients.map(async (client) => (await client.receive('going-away')).reconnectAfterMs),
  )
  for (const time of times) {
    expect(time).toBeGreaterThanOrEqual(0)
    expect(time).toBeLessThan(5000)
  }
  expect(new Set(times).size).toBeGreaterThan(12)
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1000)
})

test('disconnects a client if its partner loses its connection while the server drains; the next server restores both', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ secretKey, shutdownTimeoutMs: longerMs })
  const [ana, bob] = await ResumingClient.pair(url)
  const session = ana.welcome.session
  const closing = server.close()
  for (const { client } of [ana, bob]) await client.receive('going-away')
  ana.client.tcp.destroy()
  // Ana cannot resume at a draining server, so Bob would have no partner until the deadline.
  await bob.client.receive('partner-away')
  expect(await bob.client.closed()).toEqual({ code: 4000, reason: 'going-away' })
  await closing

  const next = await startServer({ secretKey })
  expect(await ana.reconnect(next.url)).toMatchObject({ session, isRestored: true })
  await bob.reconnect(next.url)
  await ana.client.receive('partner-back')
  await expectTextsRelayed(ana.client, bob.client)
  expect(bob.client.unread).not.toContain('partner-left')
})

test('disconnects a client at once if its partner was away when draining began', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ shutdownTimeoutMs: longerMs })
  const [one, other] = await RawClient.pair(url)
  one.tcp.destroy()
  await other.receive('partner-away')
  const closing = server.close()
  expect(await other.closed()).toEqual({ code: 4000, reason: 'going-away' })
  expect(other.unread).not.toContain('partner-left')
  await closing
})

test('answers a resume with `going-away` while draining, so that the next server restores the session', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ secretKey, shutdownTimeoutMs: longMs })
  const pair = await RawClient.pair(url, 'elsewhere')
  const ana = await ResumingClient.join(url, 'Ana')
  const { session, resumeToken } = ana.welcome
  const closing = server.close()
  await ana.client.closed()
  const again = await RawClient.connect(url)
  again.sendHello({
    resume: { token: resumeToken!, received: ana.client.received, sent: 0, roomToken: null },
  })
  const { reconnectAfterMs } = await again.receive('going-away')
  expect(reconnectAfterMs).toBeLessThan(5000)
  expect(await again.closed()).toEqual({ code: 4000, reason: 'going-away' })
  expect(again.unread).toEqual([])
  await expectTextsRelayed(...pair)

  const next = await startServer({ secretKey })
  expect(await ana.reconnect(next.url)).toMatchObject({ session, isRestored: true })
  await Promise.all(pair.map((client) => client.leave()))
  await closing
})

test('disconnects the clients of calls that have not ended at the deadline', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ shutdownTimeoutMs: 50 })
  const clients = await RawClient.pair(url)
  await server.close()
  for (const client of clients) {
    expect(await client.closed()).toEqual({ code: 4000, reason: 'going-away' })
    expect(client.unread).not.toContain('partner-left')
  }
})

plainTest.for(['SIGTERM', 'SIGINT'] as const)(
  'on %s waits for a call to end, then exits with 0',
  async (signal) => {
    const server = await startCliProcess({ SHUTDOWN_TIMEOUT_SECONDS: '3600' })
    const [one, other] = await RawClient.pair(server.url)
    server.signal(signal)
    await Promise.all([one.receive('going-away'), other.receive('going-away')])
    expect(await statusOf(`${server.url}/readyz`)).toBe(503)
    await expectTextsRelayed(one, other)
    await one.leave()
    expect(await other.receive('partner-left')).toMatchObject({ reason: 'left' })
    expect(await server.exited).toBe(0)
    expect(server.output()).toContain('"msg":"stopped"')
  },
)

plainTest('exits with 0 at the deadline even if clients are connected', async () => {
  const server = await startCliProcess({ SHUTDOWN_TIMEOUT_SECONDS: '1' })
  const clients = await RawClient.pair(server.url)
  server.signal('SIGTERM')
  expect(await server.exited).toBe(0)
  for (const client of clients) expect(await client.closed()).toMatchObject({ code: 4000 })
})

plainTest('exits with 0 at once on a second signal', async () => {
  const server = await startCliProcess({ SHUTDOWN_TIMEOUT_SECONDS: '3600' })
  const [one, other] = await RawClient.pair(server.url)
  server.signal('SIGTERM')
  await Promise.all([one.receive('going-away'), other.receive('going-away')])
  server.signal('SIGTERM')
  expect(await server.exited).toBe(0)
  // The process exited without closing the connections, and without the last log line.
  expect(await one.closed()).toMatchObject({ code: 1006 })
  expect(server.output()).not.toContain('"msg":"stopped"')
})
