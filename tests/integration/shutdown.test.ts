// A server that stops says so, waits for nobody for long, and leaves nothing behind.
import { createConnection } from 'node:net'
import { once } from 'node:events'
import { expect, vi } from 'vitest'
import { test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

test('clients are told when to come back, then closed with 4000, and the port is free', async ({
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

test('a client that never answers does not keep it, nor an open HTTP connection', async ({
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

test('closing twice is closing once', async ({ startServer }) => {
  const { server } = await startServer()
  await Promise.all([server.close(), server.close()])
})

test('closed it does not listen again', async ({ startServer }) => {
  const { server } = await startServer()
  await server.close()
  await expect(server.listen()).rejects.toThrow('this server is closed')
})

test('its address can be opened, IPv6 too', async ({ startServer }) => {
  const { url } = await startServer({ host: '::1' })
  expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})

test('options that no client could be told are refused when the server is made', async ({
  startServer,
}) => {
  const turn = { urls: ['turn:t.example'], username: 'u', credential: 'c'.repeat(600) }
  await expect(startServer({ iceServers: [turn] })).rejects.toThrow(
    'clients cannot use these options: ProtocolError: welcome.iceServers[0].credential',
  )
  await expect(startServer({ iceServers: [{ urls: ['stun://h'] }] })).rejects.toThrow(
    'the ICE URL stun://h must be written stun:host or stun:host:port, without //',
  )
  await expect(startServer({ pingIntervalMs: 0.5 })).rejects.toThrow('welcome.heartbeatMs')
})

test('a port that is taken is a named error', async ({ startServer }) => {
  const { url } = await startServer()
  await expect(startServer({ port: Number(new URL(url).port) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
})
