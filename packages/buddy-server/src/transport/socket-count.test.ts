import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Connection } from './transport.ts'
import { createUwsTransport } from './uws-transport.ts'

interface TestServer {
  readonly port: number
  readonly count: () => number
  readonly connections: Connection[]
  /** Fires every timer that has been started so far. */
  readonly fireTimers: () => void
  /** Opens a TCP connection that sends nothing. */
  readonly open: () => Promise<Socket>
}

async function startServer(maxSockets: number): Promise<TestServer> {
  let count = 0
  let timers: (() => void)[] = []
  const connections: Connection[] = []
  const after = (_delayMs: number, callback: () => void) => {
    timers.push(callback)
    return () => undefined
  }
  const transport = createUwsTransport(
    {
      clock: { after },
      silentAfterMs: 40_000,
      maxFrameBytes: 1000,
      maxBacklogBytes: 1000,
      maxSockets: () => maxSockets,
    },
    {
      onRequest: () => undefined,
      onConnection: (connection) => {
        connections.push(connection)
        return {
          onFrame: () => undefined,
          onPing: () => undefined,
          onPong: () => undefined,
          onBacklog: () => undefined,
          onClose: () => undefined,
        }
      },
      onError: (error) => {
        throw error
      },
      onSockets: (sockets) => (count = sockets),
    },
  )
  onTestFinished(() => transport.close())
  const port = await transport.listen('127.0.0.1', 0)
  return {
    port,
    count: () => count,
    connections,
    fireTimers: () => {
      const started = timers
      timers = []
      for (const callback of started) callback()
    },
    open: async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      onTestFinished(() => void socket.destroy())
      await new Promise((resolve) => socket.once('connect', resolve))
      return socket
    },
  }
}

/** Opens a WebSocket and sends a frame, so that the server can close it without waiting. */
async function openWebSocket(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  onTestFinished(() => socket.terminate())
  socket.once('open', () => socket.ping())
  await new Promise((resolve, reject) => socket.once('pong', resolve).once('error', reject))
  return socket
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => resolve())
    if (socket.closed) resolve()
  })

test('counts a TCP connection from the moment that it is accepted until it ends', async () => {
  const { count, open } = await startServer(10)
  const [one, other] = [await open(), await open()]
  await expect.poll(count).toBe(2)
  one.destroy()
  await expect.poll(count).toBe(1)
  other.destroy()
  await expect.poll(count).toBe(0)
})

test('counts a WebSocket until it is terminated', async () => {
  const { port, count, connections } = await startServer(10)
  await openWebSocket(port)
  expect(count()).toBe(1)
  connections[0]?.terminate()
  expect(count()).toBe(0)
})

test('counts a closed WebSocket until its client has had time to close it too', async () => {
  const { port, count, connections, fireTimers } = await startServer(10)
  const [one, other] = [await openWebSocket(port), await openWebSocket(port)]
  const bothClosed = Promise.all(
    [one, other].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
  )
  for (const connection of connections) connection.close(4000, 'enough')
  await bothClosed
  expect(count()).toBe(2)
  fireTimers()
  expect(count()).toBe(2)
  fireTimers()
  expect(count()).toBe(0)
})

test('closes a connection above the maximum at once, and accepts one again after another has ended', async () => {
  const { port, count, open } = await startServer(2)
  const [one] = [await open(), await open()]
  await closed(await open())
  expect(count()).toBe(2)
  one.destroy()
  await expect.poll(count).toBe(1)
  await openWebSocket(port)
  expect(count()).toBe(2)
})
