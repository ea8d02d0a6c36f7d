import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Connection } from './transport.ts'
import { createUwsTransport } from './uws-transport.ts'

interface World {
  readonly port: number
  readonly count: () => number
  readonly connections: Connection[]
  /** Lets every time limit run out that has begun by now. */
  readonly runOut: () => void
  /** A TCP connection that says nothing. */
  readonly open: () => Promise<Socket>
}

async function world(maxSockets: number): Promise<World> {
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
    runOut: () => {
      const begun = timers
      timers = []
      for (const callback of begun) callback()
    },
    open: async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      onTestFinished(() => void socket.destroy())
      await new Promise((resolve) => socket.once('connect', resolve))
      return socket
    },
  }
}

/** A client that the server has had a frame of: closing it waits for nothing. */
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

test('a TCP connection counts from its first moment to its last', async () => {
  const { count, open } = await world(10)
  const [one, other] = [await open(), await open()]
  await expect.poll(count).toBe(2)
  one.destroy()
  await expect.poll(count).toBe(1)
  other.destroy()
  await expect.poll(count).toBe(0)
})

test('a WebSocket is one of them, and gone when it is terminated', async () => {
  const { port, count, connections } = await world(10)
  await openWebSocket(port)
  expect(count()).toBe(1)
  connections[0]?.terminate()
  expect(count()).toBe(0)
})

test('one that was closed counts until its client has had time to close it too', async () => {
  const { port, count, connections, runOut } = await world(10)
  const [one, other] = [await openWebSocket(port), await openWebSocket(port)]
  const bothClosed = Promise.all(
    [one, other].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
  )
  for (const connection of connections) connection.close(4000, 'enough')
  await bothClosed
  expect(count()).toBe(2)
  runOut()
  expect(count()).toBe(2)
  runOut()
  expect(count()).toBe(0)
})

test('one more than allowed is closed as it comes, and there is room again when another has gone', async () => {
  const { port, count, open } = await world(2)
  const [one] = [await open(), await open()]
  await closed(await open())
  expect(count()).toBe(2)
  one.destroy()
  await expect.poll(count).toBe(1)
  await openWebSocket(port)
  expect(count()).toBe(2)
})
