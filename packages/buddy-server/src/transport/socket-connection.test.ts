import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createUwsTransport } from './uws-transport.ts'

/**
 * The number of bytes that are queued when the connection is closed. They are more than fit into the kernel's
 * buffers.
 */
const waitingBytes = 32_000_000

test('disconnects a client that reads only a part of the frames that were queued before the close', async () => {
  const transport = createUwsTransport(
    {
      clock: { after: () => () => undefined },
      silentAfterMs: 1000,
      maxFrameBytes: 1000,
      maxBacklogBytes: waitingBytes * 2,
    },
    {
      onRequest: () => undefined,
      onConnection: (connection) => {
        for (let sent = 0; sent < waitingBytes; sent += 1_000_000) {
          connection.send(new Uint8Array(1_000_000))
        }
        connection.close(4000, 'enough')
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
    },
  )
  onTestFinished(() => transport.close())
  const port = await transport.listen('127.0.0.1', 0)
  const client = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  client.on('error', () => undefined)
  // The client sends a frame, because the server's close frame waits for the client's first frame.
  client.on('open', () => client.send(''))
  const [first] = await new Promise<unknown[]>((resolve) =>
    client.once('message', (...message) => resolve(message)),
  )
  expect((first as Buffer).length).toBe(1_000_000)
  let messages = 1
  client.on('message', () => {
    // The client stops reading after eight messages. By then, the server's socket has taken more of the
    // queue.
    if (++messages >= 8) client.pause()
  })
  const { _socket: tcp } = client as unknown as { _socket: Socket }
  // The client writes, because otherwise it would not notice that the server has ended the connection.
  const timer = setInterval(() => tcp.write(''.padEnd(6, '\0')), 100)
  await new Promise((resolve) => tcp.once('close', resolve))
  clearInterval(timer)
  expect(messages).toBeLessThan(32)
})

test.each(['the client sends a frame', 'half a second is over'])(
  'sends a frame that was queued before the close at once, and the close frame when %s',
  async (cause) => {
    const timers: { delayMs: number; callback: () => void }[] = []
    const transport = createUwsTransport(
      {
        clock: {
          after: (delayMs, callback) => {
            timers.push({ delayMs, callback })
            return () => undefined
          },
        },
        silentAfterMs: 60_000,
        maxFrameBytes: 1000,
        maxBacklogBytes: 1000,
      },
      {
        onRequest: () => undefined,
        onConnection: (connection) => {
          connection.send(Uint8Array.of(7))
          connection.close(4501, 'not here')
          return {
            onFrame: () => expect.unreachable('a frame was read'),
            onPing: () => undefined,
            onPong: () => undefined,
            onBacklog: () => undefined,
            onClose: () => undefined,
          }
        },
        onError: (error) => {
          throw error
        },
      },
    )
    onTestFinished(() => transport.close())
    const client = new WebSocket(`ws://127.0.0.1:${await transport.listen('127.0.0.1', 0)}/ws`)
    const log: string[] = []
    const received = new Promise((resolve) => client.once('message', resolve))
    const closed = new Promise<void>((resolve) =>
      client.once('close', (code) => {
        log.push(`closed ${code}`)
        resolve()
      }),
    )
    await received
    // A close frame without the delay would have arrived in the same read as the message.
    await new Promise((resolve) => setImmediate(resolve))
    log.push(cause)
    if (cause === 'half a second is over') for (const { callback } of timers) callback()
    else client.send('hello')
    await closed
    expect(log).toEqual([cause, 'closed 4501'])
    expect(timers[0]?.delayMs).toBe(500)
  },
)
