import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { TlsFiles } from './tls-files.ts'
import type { HttpRequest, HttpResponse, TransportHandlers } from './transport.ts'
import { createUwsTransport } from './uws-transport.ts'

const hello: HttpResponse = { status: 200, headers: {}, body: 'hello' }
/**
 * The size of an answer that is larger than the kernel's buffers, so that the socket cannot take all of it
 * while the client does not read.
 */
const large: HttpResponse = { ...hello, body: new Uint8Array(32_000_000) }
const get = (path: string, ...headers: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: here', ...headers, '', ''].join('\r\n')

const kinds = ['http', 'https', 'https after a reload'] as const

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'buddy-exchange-'))
  for (const name of ['first', 'second']) {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', '/CN=localhost']
    const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    execFileSync('openssl', ['req', '-x509', ...algorithm, ...files], {
      cwd: folder,
      stdio: 'pipe',
    })
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

interface TestServer {
  /** The paths of the requests that the handler has received, in order. */
  readonly asked: string[]
  /** The paths of the requests that have ended, in order. */
  readonly done: string[]
  readonly errors: unknown[]
  /** The number of WebSockets that have opened. */
  readonly opened: () => number
  /** Connects a client. It does not read until the test resumes its socket. */
  readonly connect: () => Promise<Socket>
  /** Resolves when the server has read everything that was sent before. */
  readonly settled: () => Promise<void>
  /** Resolves when the handler has received this request. */
  readonly handled: (path: string) => Promise<void>
  /** Fires every timer that has not been cancelled. */
  readonly fireTimers: () => void
}

function copyPair(name: string, { certFile, keyFile }: TlsFiles): void {
  execFileSync('cp', [join(folder, `${name}.crt`), certFile])
  execFileSync('cp', [join(folder, `${name}.key`), keyFile])
}

async function startServer(
  kind: (typeof kinds)[number],
  answer: (request: HttpRequest) => ReturnType<TransportHandlers['onRequest']> = () => hello,
): Promise<TestServer> {
  const place = mkdtempSync(join(folder, 'server-'))
  const tls = { certFile: join(place, 'site.crt'), keyFile: join(place, 'site.key') }
  copyPair('first', tls)
  const timers = new Set<() => void>()
  const [asked, done, errors]: [string[], string[], unknown[]] = [[], [], []]
  let opened = 0
  let onAsked: () => void = () => undefined
  const after = (_delayMs: number, callback: () => void) => {
    timers.add(callback)
    return () => timers.delete(callback)
  }
  const transport = createUwsTransport(
    {
      clock: { after },
      silentAfterMs: 40_000,
      maxFrameBytes: 1000,
      maxBacklogBytes: 1000,
      ...(kind !== 'http' && { tls }),
    },
    {
      onRequest: (request) => {
        if (request.path === '/settled') return hello
        asked.push(request.path)
        request.onDone(() => done.push(request.path))
        onAsked()
        return answer(request)
      },
      onConnection: () => {
        opened++
        return {
          onFrame: () => undefined,
          onPing: () => undefined,
          onPong: () => undefined,
          onBacklog: () => undefined,
          onClose: () => undefined,
        }
      },
      onError: (error) => errors.push(error),
    },
  )
  onTestFinished(() => transport.close())
  const port = await transport.listen('127.0.0.1', 0)
  if (kind === 'https after a reload') {
    copyPair('second', tls)
    transport.reloadTls()
  }
  const connect = async (): Promise<Socket> => {
    const at = { host: '127.0.0.1', port }
    const socket =
      kind === 'http' ? connectTcp(at) : connectTls({ ...at, rejectUnauthorized: false })
    socket.on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    await new Promise((resolve) =>
      socket.once(kind === 'http' ? 'connect' : 'secureConnect', resolve),
    )
    return socket.pause()
  }
  return {
    asked,
    done,
    errors,
    opened: () => opened,
    connect,
    settled: async () => {
      const socket = await connect()
      socket.write(get('/settled'))
      await new Promise((resolve) => socket.resume().once('data', resolve))
      socket.destroy()
    },
    handled: async (path) => {
      while (!asked.includes(path)) await new Promise<void>((resolve) => (onAsked = resolve))
    },
    fireTimers: () => {
      for (const callback of timers) callback()
    },
  }
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.resume().once('close', () => resolve())
    if (socket.closed) resolve()
  })

/** Resolves when the server has ended the connection, with everything that the client has received. */
async function received(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  await closed(socket)
  return text
}

describe.each(kinds)('%s', (kind) => {
  test('disconnects a client that pipelines requests, and answers none of them', async () => {
    const { asked, connect, settled } = await startServer(kind)
    const socket = await connect()
    socket.write(get('/a').repeat(10_000))
    await closed(socket)
    await settled()
    expect(asked).toEqual([])
  })

  test('keeps one answer for a client that does not read, however many requests it sends', async () => {
    const { asked, done, connect, handled, settled } = await startServer(kind, () => large)
    const socket = await connect()
    socket.write(get('/large'))
    await handled('/large')
    await settled()
    expect(done).toEqual([])
    socket.write(get('/other'))
    await settled()
    await expect.poll(() => done).toEqual(['/large'])
    expect(asked).toEqual(['/large'])
  })

  test('sends the whole of an answer that the socket takes in parts, and keeps the connection', async () => {
    const { done, connect } = await startServer(kind, ({ path }) =>
      path === '/large' ? large : hello,
    )
    const socket = await connect()
    socket.write(get('/large'))
    let bytes = 0
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > large.body.length) resolve()
      })
      socket.resume()
    })
    socket.write(get('/small'))
    await expect.poll(() => done).toEqual(['/large', '/small'])
  })

  test('disconnects a client that does not read the answer within the time limit', async () => {
    const { done, connect, handled, settled, fireTimers } = await startServer(kind, () => large)
    const socket = await connect()
    socket.write(get('/large'))
    await handled('/large')
    await settled()
    fireTimers()
    expect(done).toEqual(['/large'])
    await closed(socket)
  })

  test('disconnects the client if the handler does not answer within the time limit', async () => {
    let resolve: (late: HttpResponse) => void = () => undefined
    const promise = new Promise<HttpResponse>((settle) => (resolve = settle))
    const { done, errors, connect, handled, settled, fireTimers } = await startServer(
      kind,
      () => promise,
    )
    const socket = await connect()
    socket.write(get('/slow'))
    await handled('/slow')
    await settled()
    fireTimers()
    await closed(socket)
    resolve(hello)
    await promise
    await settled()
    expect({ done, errors }).toEqual({ done: ['/slow'], errors: [] })
  })

  test('cancels the time limit when the answer has been sent', async () => {
    const { connect, handled, settled, fireTimers } = await startServer(kind)
    const socket = await connect()
    socket.write(get('/a'))
    await handled('/a')
    await settled()
    fireTimers()
    socket.write(get('/b'))
    await handled('/b')
  })

  test('opens no WebSocket for a handshake that is pipelined behind another request', async () => {
    const { opened, connect, settled } = await startServer(kind)
    const socket = await connect()
    const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='
    const upgrade = get(
      '/ws',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      key,
    )
    socket.write(get('/a') + upgrade)
    await closed(socket)
    await settled()
    expect(opened()).toBe(0)
  })

  test('drops a short request body, and answers after it has arrived', async () => {
    const { asked, connect, settled } = await startServer(kind, () => ({
      ...hello,
      headers: { Connection: 'close' },
    }))
    const socket = await connect()
    socket.write('POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n12345')
    await settled()
    expect(asked).toEqual([])
    socket.write('67890')
    await new Promise((resolve) => socket.resume().once('data', resolve))
    expect(asked).toEqual(['/a'])
  })

  test.each([
    ['with a length', 'Content-Length: 1000000000', 'x'.repeat(20_000)],
    ['in chunks', 'Transfer-Encoding: chunked', `4e20\r\n${'x'.repeat(20_000)}\r\n`],
  ])('disconnects a client whose request body is too long (%s)', async (_how, header, body) => {
    const { asked, connect } = await startServer(kind)
    const socket = await connect()
    socket.write(`POST /a HTTP/1.1\r\nHost: here\r\n${header}\r\n\r\n${body}`)
    socket.resume()
    await expect.poll(() => socket.closed).toBe(true)
    expect(asked).toEqual([])
  })

  test('disconnects a client whose request body does not arrive within the time limit', async () => {
    const { asked, connect, settled, fireTimers } = await startServer(kind)
    const socket = await connect()
    socket.write('POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n12345')
    await settled()
    fireTimers()
    expect(await received(socket)).toBe('')
    expect(asked).toEqual([])
  })

  test('closes the connection if the handler returns no answer', async () => {
    const { done, connect } = await startServer(kind, () => undefined)
    const socket = await connect()
    socket.write(get('/a'))
    expect(await received(socket)).toBe('')
    expect(done).toEqual(['/a'])
  })
})
