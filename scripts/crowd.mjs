// A crowd of people at a running server, over real sockets: they come, are matched, write to each
// other, press Next and leave. For pictures of a dashboard that has something to show.
import { WebSocket } from 'ws'
import { decode, encode, subprotocol } from '../packages/buddy-protocol/dist/index.js'

const between = (from, to) => from + Math.random() * (to - from)

/** Opens a connection and says hello; resolves with the open socket. */
export function knock(url, { site = '', origin, protocol = subprotocol } = {}) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, protocol, { origin })
    socket.binaryType = 'nodebuffer'
    socket.once('error', reject)
    socket.once('open', () => {
      socket.on('error', () => undefined)
      const hello = { name: 'Somebody', site, client: 'crowd', token: null, resume: null }
      socket.send(encode({ type: 'hello', ...hello }))
      resolve(socket)
    })
  })
}

/** Somebody who talks for a while, presses Next, and leaves after a few partners. */
async function live(url, site, signal) {
  const socket = await knock(url, { site: site.key, origin: site.origin })
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
      const talk = () => {
        if (Date.now() < endsAt) {
          send({ type: 'text', text: 'x'.repeat(between(20, 400)) })
          timer = setTimeout(talk, between(300, 1500))
        } else if (--partnersLeft > 0) send({ type: 'next', offer: null })
        else if (Math.random() < 0.9) socket.close(1000)
        // Without a word: away, until the grace time is over.
        else socket.terminate()
      }
      talk()
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
 * Lets people come to `sites` (each with a `key`, an `origin`, a number of `people`, and where they
 * are not to meet all the others, a number of `lobbies`) until the returned function is called,
 * which resolves when all have left. Their number grows over `rampMs`, and moves a little.
 */
export function startCrowd(url, sites, rampMs) {
  const ended = new AbortController()
  const startedAt = Date.now()
  const here = new Map(sites.map(({ key }) => [key, 0]))
  const lives = new Set()
  const timer = setInterval(() => {
    const elapsedMs = Date.now() - startedAt
    const growth = Math.min(1, elapsedMs / rampMs)
    const wave = 1 + 0.12 * Math.sin(elapsedMs / 9000)
    for (const site of sites) {
      const wanted = site.people * growth * wave
      const missing = Math.min(8, Math.floor(wanted) - here.get(site.key))
      for (let count = 0; count < missing; count++) {
        here.set(site.key, here.get(site.key) + 1)
        const life = live(url, site, ended.signal)
          .catch(() => undefined)
          .finally(() => {
            here.set(site.key, here.get(site.key) - 1)
            lives.delete(life)
          })
        lives.add(life)
      }
    }
  }, 200)
  return async () => {
    clearInterval(timer)
    ended.abort()
    await Promise.all(lives)
  }
}
