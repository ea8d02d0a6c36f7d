// A server that is asked to stop: who is told what, who may finish, and by when it is gone.
import { expect, test as plainTest } from 'vitest'
import { test } from '../server-fixture.ts'
import { expectToTalk, RawClient } from './raw-client.ts'
import { startProcess } from './cli-process.ts'
import { Survivor } from './resuming-client.ts'

/** What a server and the one after it share. */
const secretKey = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'

/** Longer than these tests take, and short enough for a failed one to be over. */
const longMs = 4000
/** Longer than a client waits for its end: whoever is let go in time was not let go by the deadline. */
const longerMs = 8000

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status

test('while draining it lives, but is not ready, and says so', async ({ startServer }) => {
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

test('a call is left alone to its end; then the two are sent away, and the server is gone', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ shutdownTimeoutMs: longMs })
  const [one, other] = await RawClient.pair(url)
  const waiting = await RawClient.join(url, 'Waiting')
  waiting.enter({ lobby: 'elsewhere' })
  await waiting.receive('waiting')
  const idle = await RawClient.join(url, 'Idle')

  const closing = server.close()
  // Whoever is not in a call goes at once.
  for (const client of [waiting, idle]) {
    await client.receive('going-away')
    expect(await client.closed()).toEqual({ code: 4000, reason: 'going-away' })
  }
  for (const client of [one, other]) await client.receive('going-away')
  await expectToTalk(one, other)
  // Whoever comes is told the same.
  const late = await RawClient.connect(url)
  await late.receive('going-away')
  expect(await late.closed()).toMatchObject({ code: 4000 })
  await expectToTalk(one, other)

  one.send({ type: 'next', offer: null })
  expect(await other.receive('partner-left')).toMatchObject({ reason: 'next' })
  for (const client of [one, other]) expect(await client.closed()).toMatchObject({ code: 4000 })
  await closing
  await expect(fetch(url)).rejects.toThrow()
})

test('clients are told different times, so that they do not all come at once', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const clients = await Promise.all(
    Array.from({ length: 24 }, () => RawClient.join(url, 'Somebody')),
  )
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

test('who loses the connection is told to come back later, and has session and room at the server that follows', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ secretKey, shutdownTimeoutMs: longerMs })
  const [ana, bob] = await Survivor.pair(url)
  const session = ana.welcome.session
  const closing = server.close()
  for (const { client } of [ana, bob]) await client.receive('going-away')
  ana.client.tcp.destroy()
  // Nobody can come back here: whoever is left would write to an empty chair until the deadline.
  await bob.client.receive('partner-away')
  expect(await bob.client.closed()).toEqual({ code: 4000, reason: 'going-away' })
  await closing

  const next = await startServer({ secretKey })
  expect(await ana.comeBack(next.url)).toMatchObject({ session, isRestored: true })
  await bob.comeBack(next.url)
  await ana.client.receive('partner-back')
  await expectToTalk(ana.client, bob.client)
  expect(bob.client.unread).not.toContain('partner-left')
})

test('who has lost it before: the partner is let go at once', async ({ startServer }) => {
  const { server, url } = await startServer({ shutdownTimeoutMs: longerMs })
  const [one, other] = await RawClient.pair(url)
  one.tcp.destroy()
  await other.receive('partner-away')
  const closing = server.close()
  expect(await other.closed()).toEqual({ code: 4000, reason: 'going-away' })
  expect(other.unread).not.toContain('partner-left')
  await closing
})

test('a resume is told going-away before it has said hello, and takes nothing from anybody', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ secretKey, shutdownTimeoutMs: longMs })
  const pair = await RawClient.pair(url, 'elsewhere')
  const ana = await Survivor.join(url, 'Ana')
  const { session, resumeToken } = ana.welcome
  const closing = server.close()
  await ana.client.closed()
  const again = await RawClient.connect(url)
  again.sayHello({
    resume: { token: resumeToken!, received: ana.client.received, sent: 0, roomToken: null },
  })
  const { reconnectAfterMs } = await again.receive('going-away')
  expect(reconnectAfterMs).toBeLessThan(5000)
  expect(await again.closed()).toEqual({ code: 4000, reason: 'going-away' })
  expect(again.unread).toEqual([])
  await expectToTalk(...pair)

  const next = await startServer({ secretKey })
  expect(await ana.comeBack(next.url)).toMatchObject({ session, isRestored: true })
  await Promise.all(pair.map((client) => client.leave()))
  await closing
})

test('a call that does not end is over at the deadline', async ({ startServer }) => {
  const { server, url } = await startServer({ shutdownTimeoutMs: 50 })
  const clients = await RawClient.pair(url)
  await server.close()
  for (const client of clients) {
    expect(await client.closed()).toEqual({ code: 4000, reason: 'going-away' })
    expect(client.unread).not.toContain('partner-left')
  }
})

plainTest.for(['SIGTERM', 'SIGINT'] as const)(
  '%s: a call goes on, and when it has ended the process exits with 0',
  async (signal) => {
    const server = await startProcess({ SHUTDOWN_TIMEOUT_SECONDS: '3600' })
    const [one, other] = await RawClient.pair(server.url)
    server.signal(signal)
    await Promise.all([one.receive('going-away'), other.receive('going-away')])
    expect(await statusOf(`${server.url}/readyz`)).toBe(503)
    await expectToTalk(one, other)
    await one.leave()
    expect(await other.receive('partner-left')).toMatchObject({ reason: 'left' })
    expect(await server.exited).toBe(0)
    expect(server.output()).toContain('"msg":"stopped"')
  },
)

plainTest('the process exits with 0 at the deadline, whoever is still there', async () => {
  const server = await startProcess({ SHUTDOWN_TIMEOUT_SECONDS: '1' })
  const clients = await RawClient.pair(server.url)
  server.signal('SIGTERM')
  expect(await server.exited).toBe(0)
  for (const client of clients) expect(await client.closed()).toMatchObject({ code: 4000 })
})

plainTest('a second signal ends it there and then, with 0', async () => {
  const server = await startProcess({ SHUTDOWN_TIMEOUT_SECONDS: '3600' })
  const [one, other] = await RawClient.pair(server.url)
  server.signal('SIGTERM')
  await Promise.all([one.receive('going-away'), other.receive('going-away')])
  server.signal('SIGTERM')
  expect(await server.exited).toBe(0)
  // Nobody was waited for, nothing more was said.
  expect(await one.closed()).toMatchObject({ code: 1006 })
  expect(server.output()).not.toContain('"msg":"stopped"')
})
