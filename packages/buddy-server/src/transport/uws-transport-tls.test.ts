import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { TlsError } from './tls-files.ts'
import type { Transport } from './transport.ts'
import { createUwsTransport } from './uws-transport.ts'

interface Started {
  readonly transport: Transport
  readonly port: number
  readonly certFile: string
  readonly keyFile: string
  /** Replaces the certificate and the key in the files that the transport reads. */
  readonly renew: (name: Pair) => void
}

const pairs = ['first', 'second', 'third'] as const
type Pair = (typeof pairs)[number]

/** A clock without timers, because no test here waits for a time limit. */
const clock = { after: () => () => undefined }

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'buddy-transport-'))
  for (const name of pairs) {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', '/CN=localhost']
    const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const args = ['req', '-x509', ...algorithm, ...files, ...names]
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const certificate = (name: Pair): string => readFileSync(join(folder, `${name}.crt`), 'utf8')

async function start(onFrame: (transport: Transport) => void = () => undefined): Promise<Started> {
  const place = mkdtempSync(join(folder, 'server-'))
  const tls = { certFile: join(place, 'site.crt'), keyFile: join(place, 'site.key') }
  const renew = (name: Pair): void => {
    copyFileSync(join(folder, `${name}.crt`), tls.certFile)
    copyFileSync(join(folder, `${name}.key`), tls.keyFile)
  }
  renew('first')
  const transport = createUwsTransport(
    { clock, silentAfterMs: 40_000, maxFrameBytes: 1000, maxBacklogBytes: 1000, tls },
    {
      onRequest: () => Promise.resolve({ status: 200, headers: {}, body: 'hello' }),
      onConnection: (connection) => ({
        onFrame: (bytes) => {
          onFrame(transport)
          connection.send(bytes.slice())
        },
        onPing: () => undefined,
        onPong: () => undefined,
        onBacklog: () => undefined,
        onClose: () => undefined,
      }),
      onError: (error) => {
        throw error
      },
    },
  )
  onTestFinished(() => transport.close())
  return { transport, port: await transport.listen('127.0.0.1', 0), ...tls, renew }
}

/**
 * Resolves with the name of the certificate that a new handshake gets. If `servername` is not given, the
 * handshake names no server.
 */
function shownTo(port: number, servername?: string): Promise<Pair | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      ...(servername !== undefined && { servername }),
    })
    socket.once('secureConnect', () => {
      const shown = socket.getPeerX509Certificate()?.toString()
      socket.destroy()
      resolve(pairs.find((name) => certificate(name) === shown))
    })
    socket.once('error', reject)
  })
}

interface Handshake {
  readonly session: Buffer | undefined
  readonly isResumed: boolean
}

/**
 * Opens a connection with TLS 1.2, because in that version the TLS session is known as soon as the handshake
 * has ended.
 */
function handshake(port: number, session?: Buffer): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.2',
      ...(session && { session }),
    })
    socket.once('secureConnect', () => {
      resolve({ session: socket.getSession(), isResumed: socket.isSessionReused() })
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

const shownToBoth = (port: number): Promise<(Pair | undefined)[]> =>
  Promise.all([shownTo(port, 'localhost'), shownTo(port)])

async function open(port: number, name: Pair): Promise<WebSocket> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, { ca: certificate(name) })
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

test('serves HTTPS and WSS with the certificate', async () => {
  const { port } = await start()
  const body = await new Promise((resolve, reject) => {
    const options = { ca: certificate('first'), agent: false }
    get(`https://localhost:${port}`, { ...options, family: 4 }, (response) =>
      resolve(text(response)),
    ).once('error', reject)
  })
  expect(body).toBe('hello')
  expect(await echoed(await open(port, 'first'), 'hi')).toBe('hi')
  expect(await shownToBoth(port)).toEqual(['first', 'first'])
})

test('listen rejects with a TlsError if the files cannot be used, and can be called again', async () => {
  const keyFile = join(folder, 'second.key')
  const certFile = join(mkdtempSync(join(folder, 'server-')), 'late.crt')
  const transport = createUwsTransport(
    {
      clock,
      silentAfterMs: 40_000,
      maxFrameBytes: 1000,
      maxBacklogBytes: 1000,
      tls: { certFile, keyFile },
    },
    {
      onRequest: () => ({ status: 200, headers: {}, body: '' }),
      onConnection: () => {
        throw new Error('never')
      },
      onError: () => undefined,
    },
  )
  onTestFinished(() => transport.close())
  transport.reloadTls()
  const failure = await transport.listen('127.0.0.1', 0).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(TlsError)
  expect(failure).toMatchObject({ name: 'TlsError', message: `${certFile}: there is no such file` })
  writeFileSync(certFile, certificate('first'))
  await expect(transport.listen('127.0.0.1', 0)).rejects.toThrow(
    `${keyFile}: is not the key of the certificate in ${certFile}`,
  )
  writeFileSync(certFile, certificate('second'))
  expect(await shownTo(await transport.listen('127.0.0.1', 0))).toBe('second')
})

test('reloadTls gives new handshakes the new certificate, and keeps open connections', async () => {
  const { transport, port, renew } = await start()
  const sockets = [await open(port, 'first')]
  for (const name of ['second', 'third'] as const) {
    renew(name)
    transport.reloadTls()
    expect(await shownToBoth(port)).toEqual([name, name])
    sockets.push(await open(port, name))
    const words = await Promise.all(sockets.map((socket) => echoed(socket, name)))
    expect(words).toEqual(sockets.map(() => name))
  }
  const codes = Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
  )
  transport.close()
  expect(await codes).toEqual([1006, 1006, 1006])
  await expect(shownTo(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('reloadTls changes nothing if the files are unchanged, so that TLS sessions can still be resumed', async () => {
  const { transport, port, renew } = await start()
  const { session } = await handshake(port)
  renew('first')
  transport.reloadTls()
  expect(await handshake(port, session)).toMatchObject({ isResumed: true })
  // After a change, TLS sessions cannot be resumed, so that clients see the new certificate.
  renew('second')
  transport.reloadTls()
  expect(await handshake(port, session)).toMatchObject({ isResumed: false })
})

test('reloadTls refuses no connection', async () => {
  const { transport, port, renew } = await start()
  for (const name of ['second', 'third', 'first'] as const) {
    renew(name)
    const handshakes = Promise.all(Array.from({ length: 20 }, () => shownTo(port)))
    // After this tick, the connections wait to be accepted.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    transport.reloadTls()
    await expect(handshakes).resolves.toHaveLength(20)
  }
})

test.each(['cert', 'key'] as const)(
  'reloadTls keeps the old certificate if the new %s cannot be used',
  async (which) => {
    const { transport, port, renew, ...files } = await start()
    const socket = await open(port, 'first')
    renew('second')
    const path = files[`${which}File`]
    writeFileSync(path, 'half written')
    expect(() => transport.reloadTls()).toThrow(TlsError)
    expect(() => transport.reloadTls()).toThrow(`${path}: contains no `)
    expect(await shownToBoth(port)).toEqual(['first', 'first'])
    expect(await echoed(socket, 'hi')).toBe('hi')
    renew('second')
    transport.reloadTls()
    expect(await shownToBoth(port)).toEqual(['second', 'second'])
  },
)

test('close ends a connection that was accepted in the same turn', async () => {
  const { transport, port, renew } = await start((transport) => transport.close())
  const socket = await open(port, 'first')
  renew('second')
  transport.reloadTls()
  const late = connectTcp(port, '127.0.0.1').on('error', () => undefined)
  const lateClosed = new Promise<void>((resolve) => late.once('close', () => resolve()))
  // Both are ready in the same turn of the event loop. First comes the new connection, then the frame whose
  // handler calls `close`.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  socket.send('close')
  await lateClosed
  transport.reloadTls()
})
