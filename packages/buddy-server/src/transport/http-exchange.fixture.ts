// A server with this transport, and clients that send it bytes, for the tests of HTTP exchanges.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { onTestFinished } from 'vitest'
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

/** Returns a new certificate and its key, in PEM. */
function createPair(): { readonly certificate: Buffer; readonly key: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-certificate-'))
  const files = ['-keyout', 'site.key', '-out', 'site.crt', '-subj', '/CN=localhost']
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    execFileSync('openssl', ['req', '-x509', ...algorithm, ...files], {
      cwd: folder,
      stdio: 'pipe',
    })
    const [certificate, key] = ['site.crt', 'site.key'].map((name) =>
      readFileSync(join(folder, name)),
    ) as [Buffer, Buffer]
    return { certificate, key }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// Made once for all test files of a worker, because it takes long.
const pairs = { first: createPair(), second: createPair() }

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

function writePair(name: keyof typeof pairs, { certFile, keyFile }: TlsFiles): void {
  writeFileSync(certFile, pairs[name].certificate)
  writeFileSync(keyFile, pairs[name].key)
}

/** Starts a server, which is closed when the test ends. */
export async function startServer(
  kind: (typeof kinds)[number],
  answer: TransportHandlers['onRequest'] = () => hello,
  keepsBody?: TransportHandlers['keepsBody'],
): Promise<TestServer> {
  const place = mkdtempSync(join(tmpdir(), 'buddy-exchange-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  const tls = { certFile: join(place, 'site.crt'), keyFile: join(place, 'site.key') }
  writePair('first', tls)
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
    writePair('second', tls)
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
