// Attacks over HTTP. HTTP requests need no hello, and message rates do not apply to them.
import { Agent, get } from 'node:http'
import type { Socket } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Attack, Scene } from './scene.ts'
import { repeat, repeatInParallel, writeRepeatedly } from './scene.ts'

/** The time between an attacker's checks, after its last request, whether the connection is still open. */
const checkEveryMs = 100

const request = (method: string, path: string, moreHeaders = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: attack\r\n${moreHeaders}\r\n`

/** Opens a TCP or TLS connection to the server. */
function open({ url }: Scene): Promise<Socket> {
  const { protocol, hostname: host, port } = new URL(url)
  const isTls = protocol === 'https:'
  return new Promise((resolve, reject) => {
    const socket: Socket = isTls
      ? connectTls({ host, port: Number(port), rejectUnauthorized: false })
      : connectTcp({ host, port: Number(port) })
    socket.once(isTls ? 'secureConnect' : 'connect', () => resolve(socket)).once('error', reject)
    socket.on('error', () => undefined)
  })
}

/** Keeps a connection open until the server closes it or the attack is over; sends only `bytes`. */
async function keepOpen(scene: Scene, socket: Socket, bytes: string): Promise<void> {
  while (!scene.isOver() && !socket.destroyed) {
    // Writes, because a socket that is not read does not notice otherwise that the server closed it.
    socket.write(bytes)
    await scene.wait(checkEveryMs)
  }
  if (!scene.isOver()) scene.count('cut')
  socket.destroy()
}

interface Unread {
  readonly method?: string
  readonly path: string
  /** Total length of the requests on all connections. */
  readonly bytes: number
  readonly connections?: number
  readonly hasTls?: boolean
}

/** The attacker sends many requests and reads no response. */
function unread(
  name: string,
  { method = 'GET', path, bytes, connections = 1, hasTls = false }: Unread,
): Attack {
  return {
    name: `unread-${name}`,
    what: `${method} ${path}, pipelined on ${connections} connections; responses are not read`,
    hasTls,
    run: (scene) => {
      let left = bytes
      const oneRequest = request(method, path)
      const chunk = Buffer.from(oneRequest.repeat(100))
      return repeatInParallel(scene, connections, async () => {
        const socket = await open(scene)
        const share = Math.min(left, bytes / connections)
        left -= share
        left += Math.max(0, share - (await writeRepeatedly(scene, socket, chunk, share)))
        await keepOpen(scene, socket, oneRequest)
      })
    },
  }
}

/** The attacker sends requests as fast as the server takes them, and discards the responses. */
function flood(name: string, what: string, chunk: string): Attack {
  return {
    name,
    what,
    run: (scene) =>
      repeatInParallel(scene, 8, async () => {
        const socket = await open(scene)
        socket.resume()
        await writeRepeatedly(scene, socket, Buffer.from(chunk))
        if (!scene.isOver()) scene.count('cut')
        socket.destroy()
      }),
  }
}

/** The attacker reads each response, as a browser does, and sends the next request at once. */
function sequential(name: string, path: string): Attack {
  return {
    name: `${name}-sequential`,
    what: `${path}, one request after the other on 32 connections`,
    run: async (scene) => {
      const agent = new Agent({ keepAlive: true })
      await repeatInParallel(scene, 32, async () => {
        await new Promise((resolve, reject) => {
          get(`${scene.url}${path}`, { agent }, (response) => {
            response.once('end', resolve).once('error', reject).resume()
          }).once('error', reject)
        })
        scene.count('responses')
      })
      agent.destroy()
    },
  }
}

/** The attacker opens connections and closes each at once. */
function connectAndClose(name: string, what: string, hasTls: boolean): Attack {
  return {
    name,
    what,
    hasTls,
    run: (scene) =>
      repeatInParallel(scene, 16, async () => {
        const socket = await open(scene)
        scene.count('connections')
        socket.destroy()
      }),
  }
}

const unfinishedRequests: Attack = {
  name: 'unfinished-requests',
  what: 'requests on 64 connections whose headers do not end',
  run: (scene) =>
    repeatInParallel(scene, 64, async () => {
      const socket = await open(scene)
      socket.resume()
      socket.write('GET / HTTP/1.1\r\nHost: attack\r\n')
      await keepOpen(scene, socket, 'X-More: yes\r\n')
    }),
}

const requestBody: Attack = {
  name: 'request-body',
  what: 'a request body of 1 GB, which no route reads',
  run: (scene) =>
    repeat(scene, async () => {
      const socket = await open(scene)
      socket.resume()
      socket.write(request('POST', '/', 'Content-Length: 1000000000\r\n'))
      await writeRepeatedly(scene, socket, Buffer.alloc(65_536))
      if (!scene.isOver()) scene.count('cut')
      socket.destroy()
    }),
}

const adminToken = 'the-token-of-the-attacks-0123456789abcdef'

/** The attacker sends bodies that do not end to the endpoint that reads bodies. */
function slowBodies(name: string, what: string, headers: string): Attack {
  return {
    name,
    what: `request bodies on 256 connections that arrive byte by byte, ${what}`,
    options: { adminToken },
    run: (scene) =>
      repeatInParallel(scene, 256, async () => {
        const socket = await open(scene)
        socket.resume()
        const length = 'Content-Type: application/json\r\nContent-Length: 16000\r\n'
        socket.write(request('POST', '/moderation/decide', length + headers))
        await keepOpen(scene, socket, ' ')
      }),
  }
}

const chunkedBodies: Attack = {
  name: 'bodies-in-chunks',
  what: 'request bodies of many chunks of one byte, which do not end, to the endpoint that reads bodies',
  options: { adminToken },
  run: (scene) =>
    repeatInParallel(scene, 8, async () => {
      const socket = await open(scene)
      socket.resume()
      const headers = `Content-Type: application/json\r\nAuthorization: Bearer ${adminToken}\r\n`
      const head = request('POST', '/moderation/decide', `${headers}Transfer-Encoding: chunked\r\n`)
      socket.write(head)
      await writeRepeatedly(scene, socket, Buffer.from('1\r\n \r\n'.repeat(1000)))
      if (!scene.isOver()) scene.count('cut')
      socket.destroy()
    }),
}

export const httpAttacks: readonly Attack[] = [
  unread('bundle', { path: '/buddy-chat.js', bytes: 400_000 }),
  unread('bundle-tls', { path: '/buddy-chat.js', bytes: 400_000, hasTls: true }),
  unread('bundle-by-many', { path: '/buddy-chat.js', bytes: 400_000, connections: 64 }),
  unread('bundle-head', { method: 'HEAD', path: '/buddy-chat.js', bytes: 8_000_000 }),
  unread('page', { path: '/', bytes: 8_000_000 }),
  unread('not-found', { path: '/no-such-path', bytes: 8_000_000 }),
  unread('metrics', { path: '/metrics', bytes: 400_000 }),
  flood(
    'metrics',
    '/metrics, pipelined on 8 connections; responses are read',
    request('GET', '/metrics').repeat(20),
  ),
  flood(
    'requests',
    '/healthz, pipelined on 8 connections; responses are read',
    request('GET', '/healthz').repeat(500),
  ),
  sequential('bundle', '/buddy-chat.js'),
  sequential('metrics', '/metrics'),
  connectAndClose('tcp-connections', 'connections that are closed before any byte is sent', false),
  connectAndClose('tls-handshakes', 'connections that are closed after the TLS handshake', true),
  unfinishedRequests,
  requestBody,
  slowBodies('slow-bodies', 'without a token', ''),
  slowBodies(
    'slow-bodies-with-token',
    'with the admin token',
    `Authorization: Bearer ${adminToken}\r\n`,
  ),
  chunkedBodies,
]
