// What it costs a server to pass frames on: Buddy beside a bare relay on uWebSockets.js and one on
// ws, same machine, same load, same run. `npm run bench` prints a table.
//   PAIRS=200 SECONDS=5 npm run bench
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { encode, peekNumber, messages } from '@buddy-chat/protocol'
import { WebSocket } from 'ws'

const pairs = Number(process.env.PAIRS ?? 200)
const seconds = Number(process.env.SECONDS ?? 5)
/** Frames a client sends at a time; a browser's candidates come in bursts like this. */
const burst = 8
/** Bursts a second and client; 5 × 8 stays below the rate Buddy allows a client. */
const burstsPerSecond = 5
const servers = ['buddy', 'bare-uws', 'bare-ws']

const hello = encode({
  type: 'hello',
  name: 'bench',
  site: '',
  client: 'bench',
  token: null,
  resume: null,
})
const frame = encode({
  type: 'signal',
  description: { type: 'offer', sdp: 'x'.repeat(185) },
  candidates: [],
  sending: null,
  generation: null,
})
const ticket = (lobby) =>
  encode({ type: 'ticket', mode: 'video', lobby, interests: [], languages: [], offer: null })
const signal = messages.signal.number

function connect(port, lobby, onSignal) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, 'buddy.v1', {
    perMessageDeflate: false,
  })
  const matched = new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => {
      socket.send(hello)
      socket.send(ticket(lobby))
    })
    socket.on('message', (data) => {
      const number = peekNumber(data)
      if (number === signal) onSignal()
      else if (number === messages.matched.number) resolve()
    })
  })
  return { socket, matched }
}

async function measure(name) {
  const child = fork(new URL(`servers/${name}.mjs`, import.meta.url), { stdio: 'inherit' })
  const [{ port }] = await once(child, 'message')
  const usage = async () => {
    child.send('usage')
    return (await once(child, 'message'))[0]
  }
  let received = 0
  const clients = []
  for (let pair = 0; pair < pairs; pair++) {
    for (let side = 0; side < 2; side++) clients.push(connect(port, String(pair), () => received++))
    if (pair % 50 === 49) await Promise.all(clients.map(({ matched }) => matched))
  }
  await Promise.all(clients.map(({ matched }) => matched))

  const before = await usage()
  let sent = 0
  for (let turn = 0; turn < seconds * burstsPerSecond; turn++) {
    const next = new Promise((resolve) => setTimeout(resolve, 1000 / burstsPerSecond))
    for (const { socket } of clients) {
      for (let index = 0; index < burst; index++) socket.send(frame)
      sent += burst
    }
    await next
  }
  const after = await usage()
  for (const { socket } of clients) socket.terminate()
  child.kill()
  await once(child, 'exit')
  const cpu = (after.cpuMicroseconds - before.cpuMicroseconds) / received
  return { server: name, sent, received, 'CPU µs/frame': cpu.toFixed(2), 'RSS MB': after.rssMb }
}

const rows = []
for (const name of servers) rows.push(await measure(name))
console.log(
  `${pairs} pairs, frames of ${frame.length} bytes, bursts of ${burst}, ${seconds} s each`,
)
console.table(rows)
