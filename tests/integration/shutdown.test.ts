// Tests close() and listen() of a server, and the options that it refuses.
import { createConnection } from 'node:net'
import { once } from 'node:events'
import { expect, vi } from 'vitest'
import { test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

test('close() sends going-away with a reconnect delay, closes connections with 4000, and frees the port', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const clients = await RawClient.pair(url)
  const closing = server.close()
  for (const client of clients) {
    const { reconnectAfterMs } = await client.receive('going-away')
    expect(reconnectAfterMs).toBeLessThan(5000)
    expect(await client.closed()).toEqual({ code: 4000, reason: 'going-away' })
    expect(client.unread).not.toContain('partner-left')
  }
  await closing
  expect(server.status()).toMatchObject({ users: 0, rooms: 0, waiting: 0 })
  await expect(RawClient.connect(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('close() does not wait for clients that do not read, nor for open HTTP connections', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const dead = await RawClient.join(url, 'Dead')
  dead.socket.pause()
  const idle = createConnection(Number(new URL(url).port), 'localhost')
  await once(idle, 'connect')
  await vi.waitFor(() => server.close(), { timeout: 3000 })
  await expect(RawClient.connect(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  idle.destroy()
  dead.socket.terminate()
})

test('close() may be called twice', async ({ startServer }) => {
  const { server } = await startServer()
  await Promise.all([server.close(), server.close()])
})

test('listen() rejects after close()', async ({ startServer }) => {
  const { server } = await startServer()
  await server.close()
  await expect(server.listen()).rejects.toThrow('this server is closed')
})

test('listen() resolves with a URL that can be opened, for IPv6 too', async ({ startServer }) => {
  const { url } = await startServer({ host: '::1' })
  expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})

test('createBuddyServer throws if an option does not fit into the message welcome', async ({
  startServer,
}) => {
  const turn = { urls: ['turn:t.example'], username: 'u', credential: 'c'.repeat(600) }
  await expect(startServer({ iceServers: [turn] })).rejects.toThrow(
    'clients cannot use these options: ProtocolError: welcome.iceServers[0].credential',
  )
  await expect(startServer({ iceServers: [{ urls: ['stun://h'] }] })).rejects.toThrow(
    'the ICE URL stun://h is invalid: write stun:host or stun:host:port, without //',
  )
  await expect(startServer({ pingIntervalMs: 0.5 })).rejects.toThrow('welcome.heartbeatMs')
})

test('listen() rejects with EADDRINUSE if the port is taken', async ({ startServer }) => {
  const { url } = await startServer()
  await expect(startServer({ port: Number(new URL(url).port) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
})
