// A server with this transport, and clients that send it bytes, for the tests of HTTP exchanges.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import type { TlsFiles } from './tls-files.ts'
import type { HttpResponse, TransportHandlers } from './transport.ts'
import { createUwsTransport } from './uws-transport.ts'

/** A short answer. */
export const hello: HttpResponse = { status: 200, headers: {}, body: 'hello' }

/** Returns the bytes of a GET request. */
export const get = (path: string, ...headers: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: here', ...headers, '', ''].join('\r\n')

/** How a client connects to the server. */
export const kinds = ['http', 'https', 'https after a reload'] as const

let folder: string
// Vitest calls these functions in each test file that imports this module.
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

/** A running server. */
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
  /** The number of timers that have not been cancelled. */
  readonly timers: () => number
}

function copyPair(name: string, { certFile, keyFile }: TlsFiles): void {
  execFileSync('cp', [join(folder, `${name}.crt`), certFile])
  execFileSync('cp', [join(folder, `${name}.key`), keyFile])
}

/** Starts a server, which is closed when the test ends. */
export async function startServer(
  kind: (typeof kinds)[number],
  answer: TransportHandlers['onRequest'] = () => hello,
  keepsBody?: TransportHandlers['keepsBody'],
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
      ...(keepsBody && { keepsBody }),
      onRequest: (request, body) => {
        if (request.path === '/settled') return hello
        asked.push(request.path)
        request.onDone(() => done.push(request.path))
        onAsked()
        return answer(request, body)
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
    timers: () => timers.size,
  }
}

/** Resolves when the server has ended the connection. */
export const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.resume().once('close', () => resolve())
    if (socket.closed) resolve()
  })

/** Resolves when the server has ended the connection, with everything that the client has received. */
export async function received(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  await closed(socket)
  return text
}
