// Attacks over HTTP, which knows no hello and no rates.
import { Agent, get } from 'node:http'
import type { Socket } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Attack, Scene } from './scene.ts'
import { again, crowd, pour } from './scene.ts'

/** An attacker that has sent its share looks so often whether the connection is still there. */
const lookEveryMs = 100

const request = (method: string, path: string, more = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: attack\r\n${more}\r\n`

/** Opens a connection, which is closed with the attack. */
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

/** Holds a connection until the server or the time ends it, with `sign` as the only sign of life. */
async function hold(scene: Scene, socket: Socket, sign: string): Promise<void> {
  while (!scene.isOver() && !socket.destroyed) {
    // An unread end of a connection shows when something is written.
    socket.write(sign)
    await scene.wait(lookEveryMs)
  }
  if (!scene.isOver()) scene.count('cut')
  socket.destroy()
}

interface Unread {
  readonly method?: string
  readonly path: string
  /** Of requests, by all connections together. */
  readonly bytes: number
  readonly connections?: number
  readonly hasTls?: boolean
}

function unread(
  name: string,
  { method = 'GET', path, bytes, connections = 1, hasTls = false }: Unread,
): Attack {
  return {
    name: `unread-${name}`,
    what: `${method} ${path}, pipelined on ${connections} and never read`,
    hasTls,
    run: (scene) => {
      let left = bytes
      const one = request(method, path)
      const chunk = Buffer.from(one.repeat(100))
      return crowd(scene, connections, async () => {
        const socket = await open(scene)
        const share = Math.min(left, bytes / connections)
        left -= share
        left += Math.max(0, share - (await pour(scene, socket, chunk, share)))
        await hold(scene, socket, one)
      })
    },
  }
}

/** Reads and drops every answer, and asks for more as soon as the server takes it. */
function flood(name: string, what: string, chunk: string): Attack {
  return {
    name,
    what,
    run: (scene) =>
      crowd(scene, 8, async () => {
        const socket = await open(scene)
        socket.resume()
        await pour(scene, socket, Buffer.from(chunk))
        if (!scene.isOver()) scene.count('cut')
        socket.destroy()
      }),
  }
}

/** Reads every answer before the next request, as a browser does, and waits for nothing. */
function inTurn(name: string, path: string): Attack {
  return {
    name: `${name}-in-turn`,
    what: `${path}, one request after the other on 32`,
    run: async (scene) => {
      const agent = new Agent({ keepAlive: true })
      await crowd(scene, 32, async () => {
        await new Promise((resolve, reject) => {
          get(`${scene.url}${path}`, { agent }, (response) => {
            response.once('end', resolve).once('error', reject).resume()
          }).once('error', reject)
        })
        scene.count('answers')
      })
      agent.destroy()
    },
  }
}

/** Connections that are opened and reset. */
function openings(name: string, what: string, hasTls: boolean): Attack {
  return {
    name,
    what,
    hasTls,
    run: (scene) =>
      crowd(scene, 16, async () => {
        const socket = await open(scene)
        scene.count('connections')
        socket.destroy()
      }),
  }
}

/** Half a request, and the rest never. */
const unfinishedRequests: Attack = {
  name: 'unfinished-requests',
  what: 'the head of a request begins on 64 connections and does not end',
  run: (scene) =>
    crowd(scene, 64, async () => {
      const socket = await open(scene)
      socket.resume()
      socket.write('GET / HTTP/1.1\r\nHost: attack\r\n')
      await hold(scene, socket, 'X-More: yes\r\n')
    }),
}

const requestBody: Attack = {
  name: 'request-body',
  what: 'a body of a gigabyte, which no path reads',
  run: (scene) =>
    again(scene, async () => {
      const socket = await open(scene)
      socket.resume()
      socket.write(request('POST', '/', 'Content-Length: 1000000000\r\n'))
      await pour(scene, socket, Buffer.alloc(65_536))
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
  unread('nothing', { path: '/nothing-here', bytes: 8_000_000 }),
  unread('metrics', { path: '/metrics', bytes: 400_000 }),
  flood('metrics', '/metrics, pipelined on 8 and read', request('GET', '/metrics').repeat(20)),
  flood('requests', '/healthz, pipelined on 8 and read', request('GET', '/healthz').repeat(500)),
  inTurn('bundle', '/buddy-chat.js'),
  inTurn('metrics', '/metrics'),
  openings('tcp-connections', 'connections that are reset without a byte', false),
  openings('tls-handshakes', 'connections that are reset after the handshake of TLS', true),
  unfinishedRequests,
  requestBody,
]
