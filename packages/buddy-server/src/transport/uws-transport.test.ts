import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type {
  Connection,
  ConnectionEvents,
  HttpResponse,
  Transport,
  TransportHandlers,
} from './transport.ts'
import { createUwsTransport } from './uws-transport.ts'

interface Started {
  readonly transport: Transport
  readonly port: number
  readonly url: string
  /** The errors that `onError` has received. */
  readonly errors: unknown[]
}

const hello: HttpResponse = { status: 200, headers: {}, body: 'hello' }
/** A clock without timers, because no test here waits for a time limit. */
const clock = { after: () => () => undefined }
const limits = { clock, silentAfterMs: 40_000, maxFrameBytes: 1000, maxBacklogBytes: 1000 }

const echo = (connection: Connection): ConnectionEvents => ({
  onFrame: (bytes) => connection.send(bytes.slice()),
  onPing: () => undefined,
  onPong: () => undefined,
  onBacklog: () => undefined,
  onClose: () => undefined,
})

async function start(handlers: Partial<TransportHandlers> = {}): Promise<Started> {
  const errors: unknown[] = []
  const transport = createUwsTransport(limits, {
    onRequest: () => hello,
    onConnection: echo,
    onError: (error) => errors.push(error),
    ...handlers,
  })
  onTestFinished(() => transport.close())
  const port = await transport.listen('127.0.0.1', 0)
  return { transport, port, url: `http://127.0.0.1:${port}`, errors }
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
  onTestFinished(() => socket.terminate())
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return socket
}

function echoed(socket: WebSocket, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('message', (data: Buffer) => resolve(data.toString()))
    socket.once('close', () => reject(new Error('closed')))
    socket.send(word)
  })
}

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

function deferred<T>(): Deferred<T> {
  let settle: Pick<Deferred<T>, 'resolve' | 'reject'> | undefined
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }))
  return { promise, ...(settle as unknown as Pick<Deferred<T>, 'resolve' | 'reject'>) }
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve()
    socket.on('error', () => undefined)
    socket.once('close', () => resolve())
  })

/** Sends a request over a keep-alive connection. */
async function getKept(
  url: string,
  agent: Agent,
  method = 'GET',
): Promise<{ socket: Socket; length: string | undefined; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { agent, method }, resolve).once('error', reject).end()
  })
  const { socket, headers } = response
  return { socket, length: headers['content-length'], body: await text(response) }
}

function keepingAgent(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  return agent
}

test('keeps a request readable while its answer is pending', async () => {
  const { url } = await start({
    onRequest: async (asked) => {
      await new Promise((resolve) => setImmediate(resolve))
      const { method, path, query, remoteAddress, forwardedFor } = asked
      const names = ['accept', 'x-absent', '__proto__']
      const headers = names.map((name) => asked.header(name))
      return {
        status: 403,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ method, path, query, remoteAddress, forwardedFor, headers }),
      }
    },
  })
  const response = await new Promise<IncomingMessage>((resolve) => {
    const headers = { Accept: 'text/x', 'X-Forwarded-For': ['203.0.113.1', '192.0.2.2'] }
    request(`${url}/a/b?c=%20d&e`, { method: 'POST', headers }, resolve).end()
  })
  expect(response).toMatchObject({ statusCode: 403, statusMessage: 'Forbidden' })
  expect(JSON.parse(await text(response))).toEqual({
    method: 'POST',
    path: '/a/b',
    query: 'c=%20d&e',
    remoteAddress: '127.0.0.1',
    forwardedFor: '203.0.113.1,192.0.2.2',
    headers: ['text/x', '', ''],
  })
})

test.each([
  ['answer at once', (answer: HttpResponse) => answer],
  ['answer later', (answer: HttpResponse) => Promise.resolve(answer)],
])('keeps the connection for the next request if handlers %s', async (_when, give) => {
  const { url } = await start({
    onRequest: ({ query }) => give({ ...hello, body: `hello${query}` }),
  })
  const agent = keepingAgent()
  const first = await getKept(url, agent)
  const second = await getKept(`${url}?again`, agent)
  expect(first).toMatchObject({ length: '5', body: 'hello' })
  expect(second).toMatchObject({ length: '10', body: 'helloagain' })
  expect(second.socket).toBe(first.socket)
})

test.each([
  ['HEAD, at once', 'HEAD', 200, (answer: HttpResponse) => answer],
  ['HEAD, later', 'HEAD', 200, (answer: HttpResponse) => Promise.resolve(answer)],
  ['304, at once', 'GET', 304, (answer: HttpResponse) => answer],
  ['304, later', 'GET', 304, (answer: HttpResponse) => Promise.resolve(answer)],
])(
  'sends the length but no body, and ends the connection (%s)',
  async (...[, method, status, give]) => {
    const { url } = await start({ onRequest: () => give({ ...hello, status }) })
    const { socket, length, body } = await getKept(url, keepingAgent(), method)
    expect({ length, body }).toEqual({ length: '5', body: '' })
    await closed(socket)
  },
)

test.each([
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
])('sends status %i with the text %s', async (status, name) => {
  const { url } = await start({ onRequest: () => ({ ...hello, status }) })
  expect(await fetch(url)).toMatchObject({ status, statusText: name })
})

test.each([
  [
    'throws',
    () => {
      throw new Error('oops')
    },
  ],
  ['rejects', () => Promise.reject(new Error('oops'))],
])('answers with 500 and reports the error if a handler %s', async (_how, onRequest) => {
  const { url, errors } = await start({ onRequest })
  const response = await fetch(url)
  expect(response.status).toBe(500)
  expect(await response.json()).toEqual({ error: 'internal' })
  expect(errors).toEqual([new Error('oops')])
})

test.each([
  ['an answer', (resolve: (answer: HttpResponse) => void) => resolve(hello)],
  ['an error', (_: unknown, reject: (error: Error) => void) => reject(new Error('late'))],
])('ignores %s of a handler if the client has disconnected meanwhile', async (_what, settle) => {
  const { promise: asked, resolve: onAsked } = deferred<void>()
  const { promise, resolve, reject } = deferred<HttpResponse>()
  const { url, port, errors } = await start({
    onRequest: ({ path }) => {
      if (path !== '/slow') return hello
      onAsked()
      return promise
    },
  })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /slow HTTP/1.1\r\nHost: here\r\n\r\n')
  await asked
  socket.destroy()
  // The server handles the end of the first connection before this request.
  expect((await fetch(url)).status).toBe(200)
  settle(resolve, reject)
  expect((await fetch(url)).status).toBe(200)
  expect(errors.filter((error) => String(error) !== 'Error: late')).toEqual([])
})

test('close ends idle connections and connections that wait for an answer', async () => {
  const { promise: asked, resolve: onAsked } = deferred<void>()
  const { promise, resolve } = deferred<HttpResponse>()
  const { transport, url, port, errors } = await start({
    onRequest: ({ path }) => {
      if (path !== '/slow') return hello
      onAsked()
      return promise
    },
  })
  const kept = await getKept(url, keepingAgent())
  const silent = connect(port, '127.0.0.1')
  const waiting = connect(port, '127.0.0.1')
  waiting.write('GET /slow HTTP/1.1\r\nHost: here\r\n\r\n')
  const webSocket = await open(url)
  await asked
  const webSocketClosed = new Promise((done) => webSocket.once('close', done))
  const allClosed = Promise.all([kept.socket, silent, waiting].map(closed))
  transport.close()
  await allClosed
  expect(await webSocketClosed).toBe(1006)
  resolve(hello)
  await promise
  expect(errors).toEqual([])
  await expect(transport.listen('127.0.0.1', 0)).rejects.toThrow('closed')
})

test('listen rejects with `EADDRINUSE` if the port is in use', async () => {
  const { port } = await start()
  const other = createUwsTransport(limits, {
    onRequest: () => hello,
    onConnection: echo,
    onError: () => undefined,
  })
  await expect(other.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('listen rejects if it was called before, because the first port would never be closed', async () => {
  const { transport, url } = await start()
  await expect(transport.listen('127.0.0.1', 0)).rejects.toThrow('listens already')
  expect(await (await fetch(url)).text()).toBe('hello')
})

test('reloadTls does nothing without TLS', async () => {
  const { transport, url } = await start()
  transport.reloadTls()
  expect(await (await fetch(url)).text()).toBe('hello')
})

test('ping throws if the payload is too long, and keeps the connection', async () => {
  let thrown: unknown
  const { url } = await start({
    onConnection: (connection) => {
      try {
        connection.ping(new Uint8Array(126))
      } catch (error) {
        thrown = error
      }
      return echo(connection)
    },
  })
  expect(await echoed(await open(url), 'hi')).toBe('hi')
  expect(thrown).toBeInstanceOf(RangeError)
})

test('sends a ping after the frames queued before it, so that its pong acknowledges them', async () => {
  const { url } = await start({
    onConnection: (connection) => ({
      ...echo(connection),
      onFrame: () => {
        connection.send(Buffer.from('before'))
        connection.ping()
        connection.send(Buffer.from('after'))
      },
    }),
  })
  const socket = await open(url)
  const came: string[] = []
  const arrived = new Promise<void>((resolve) => {
    socket.on('ping', () => came.push('ping'))
    socket.on('message', (data: Buffer) => {
      came.push(data.toString())
      if (came.includes('after')) resolve()
    })
  })
  socket.send('go')
  await arrived
  expect(came).toEqual(['before', 'ping', 'after'])
})

/** These bytes are an empty frame of a client, masked with zeros. */
const emptyFrame = (opcode: number): Buffer => Buffer.from([0x80 | opcode, 0x80, 0, 0, 0, 0])

test.each([
  ['messages', 2],
  ['pings', 9],
  ['pongs', 10],
])(
  'after close or terminate, delivers no more %s, not even from the same packet',
  async (_what, opcode) => {
    for (const [act, code] of [
      [(connection: Connection) => connection.close(4000, 'enough'), 4000],
      [(connection: Connection) => connection.terminate(), 1006],
    ] as const) {
      const read: number[] = []
      const { url } = await start({
        onConnection: (connection) => {
          const end = (): void => {
            read.push(opcode)
            act(connection)
          }
          return { ...echo(connection), onFrame: end, onPing: end, onPong: end }
        },
      })
      const socket = await open(url)
      const closing = new Promise((resolve) => socket.once('close', resolve))
      ;(socket as unknown as { _socket: Socket })._socket.write(
        Buffer.concat(Array.from({ length: 10_000 }, () => emptyFrame(opcode))),
      )
      expect(await closing).toBe(code)
      expect(read).toEqual([opcode])
    }
  },
)
