// A server that is asked to stop: who is told what, who may finish, and by when it is gone.
import { expect, test as plainTest } from 'vitest'
import { test } from '../server-fixture.ts'
import { expectToTalk, RawClient } from './raw-client.ts'
import { startProcess } from './server-process.ts'

/** Longer than these tests take, and short enough for a failed one to be over. */
const longMs = 4000

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
