// Simulates users of a running server over real sockets: they connect, are matched, exchange text, press
// Next and leave. Screenshots of the dashboard use this.
import { WebSocket } from 'ws'
import { decode, encode, subprotocol } from '../packages/buddy-protocol/dist/index.js'

const between = (from, to) => from + Math.random() * (to - from)

/** Opens a connection and sends `hello`. Resolves with the open socket. */
export function connect(url, { site = '', origin, protocol = subprotocol } = {}) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, protocol, { origin })
    socket.binaryType = 'nodebuffer'
    socket.once('error', reject)
    socket.once('open', () => {
      socket.on('error', () => undefined)
      const hello = { name: 'User', site, client: 'crowd', token: null, resume: null }
      socket.send(encode({ type: 'hello', ...hello }))
      resolve(socket)
    })
  })
}

/** Simulates a user who writes for a while, presses Next, and leaves after a few partners. */
async function simulateUser(url, site, signal) {
  const socket = await connect(url, { site: site.key, origin: site.origin })
  let timer
  let partnersLeft = Math.ceil(between(2, 9))
  const send = (message) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(encode(message))
  }
  const isOver = new Promise((resolve) => socket.once('close', resolve))
  const stop = () => socket.terminate()
  signal.addEventListener('abort', stop)
  socket.on('message', (data) => {
    const message = decode(new Uint8Array(data))
    if (message?.type === 'welcome') {
      const lobby = `${Math.floor(between(0, site.lobbies ?? 1))}`
      send({ type: 'ticket', mode: 'text', lobby, interests: [], languages: [], offer: null })
    }
    if (message?.type === 'matched') {
      const endsAt = Date.now() + between(2000, 16_000)
      const write = () => {
        if (Date.now() < endsAt) {
          send({ type: 'text', text: 'x'.repeat(between(20, 400)) })
          timer = setTimeout(write, between(300, 1500))
        } else if (--partnersLeft > 0) send({ type: 'next', offer: null })
        else if (Math.random() < 0.9) socket.close(1000)
        // Without a close frame, the server keeps the session as away until its grace time is over.
        else socket.terminate()
      }
      write()
    }
    if (message?.type === 'partner-left') {
      clearTimeout(timer)
      timer = setTimeout(() => send({ type: 'next', offer: null }), between(200, 1500))
    }
  })
  await isOver
  clearTimeout(timer)
  signal.removeEventListener('abort', stop)
}

/**
 * Simulates users of `sites` until the returned function is called, which resolves when all have left. Their
 * number grows over `rampMs`, and then varies a little. Each site has a `key`, an `origin`, a number of
 * `users`, and optionally a number of `lobbies` among which they are spread.
 */
export function startCrowd(url, sites, rampMs) {
  const ended = new AbortController()
  const startedAt = Date.now()
  const counts = new Map(sites.map(({ key }) => [key, 0]))
  const running = new Set()
  const timer = setInterval(() => {
    const elapsedMs = Date.now() - startedAt
    const growth = Math.min(1, elapsedMs / rampMs)
    const wave = 1 + 0.12 * Math.sin(elapsedMs / 9000)
    for (const site of sites) {
      const wanted = site.users * growth * wave
      const missing = Math.min(8, Math.floor(wanted) - counts.get(site.key))
      for (let count = 0; count < missing; count++) {
        counts.set(site.key, counts.get(site.key) + 1)
        const user = simulateUser(url, site, ended.signal)
          .catch(() => undefined)
          .finally(() => {
            counts.set(site.key, counts.get(site.key) - 1)
            running.delete(user)
          })
        running.add(user)
      }
    }
  }, 200)
  return async () => {
    clearInterval(timer)
    ended.abort()
    await Promise.all(running)
  }
}
