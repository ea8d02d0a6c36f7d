// A Buddy client without any library, written from docs/protocol.md. Text mode only.
//   node client.mjs http://localhost:3000 Ana
import { createInterface } from 'node:readline'

const [server = 'http://localhost:3000', name = '', lobby = ''] = process.argv.slice(2)
const toServer = { hello: 1, ticket: 2, next: 3, text: 17, typing: 18 }
const decoder = new TextDecoder('utf-8', { fatal: true })

// msgpack, as much of it as the page allows; integers that we send are all below 128.
function pack(value) {
  if (typeof value === 'boolean') return [value ? 0xc3 : 0xc2]
  if (typeof value === 'number') return [value]
  if (Array.isArray(value)) return [0x90 | value.length, ...value.flatMap(pack)]
  const bytes = new TextEncoder().encode(value)
  const { length } = bytes
  return length < 32 ? [0xa0 | length, ...bytes] : [0xda, length >> 8, length & 255, ...bytes]
}

function unpack(bytes) {
  let at = 0
  const take = (count) => {
    if (at + count > bytes.length) throw new Error('the frame ends too early')
    return bytes.subarray(at, (at += count))
  }
  const uint = (size) => take(size).reduce((sum, byte) => sum * 256 + byte, 0)
  const string = (size) => decoder.decode(take(size))
  const array = (size) => {
    if (size > bytes.length) throw new Error('more values than bytes')
    return Array.from({ length: size }, value)
  }
  const int = (size) => {
    const sum = uint(size)
    return sum < 2 ** (size * 8 - 1) ? sum : sum - 2 ** (size * 8)
  }
  function value() {
    const tag = uint(1)
    if (tag < 0x80) return tag
    if (tag >= 0xe0) return tag - 256
    if (tag >= 0x90 && tag < 0xa0) return array(tag & 15)
    if (tag >= 0xa0 && tag < 0xc0) return string(tag & 31)
    if (tag === 0xc0) return null
    if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3
    if (tag >= 0xcc && tag <= 0xcf) return uint(1 << (tag - 0xcc))
    if (tag >= 0xd0 && tag <= 0xd3) return int(1 << (tag - 0xd0))
    if (tag >= 0xd9 && tag <= 0xdb) return string(uint(1 << (tag - 0xd9)))
    if (tag === 0xdc || tag === 0xdd) return array(uint(tag === 0xdc ? 2 : 4))
    throw new Error(`0x${tag.toString(16)} is not used here`)
  }
  return value()
}

let socket
let attempt = 0
function connect() {
  let hasPartner = false
  let heartbeatMs = 10_000
  let retryAfterMs
  let silence
  const send = (type, ...fields) => socket.send(Uint8Array.from(pack([toServer[type], ...fields])))
  const say = (line) => hasPartner && send('text', line)
  const listenFor = () => {
    clearTimeout(silence)
    silence = setTimeout(() => socket.close(4999), heartbeatMs * 2)
  }
  const handlers = {
    32: (_session, ownName, beat) => {
      attempt = 0
      heartbeatMs = beat
      console.log(`welcome ${ownName}`)
      send('ticket', 2, lobby, [], [])
    },
    33: (online) => console.log(`waiting, ${online} online`),
    34: (_room, _isPolite, partner) => {
      hasPartner = true
      console.log(`matched ${partner}`)
      say(`Hello from ${name}`)
    },
    35: (reason) => {
      hasPartner = false
      console.log(`partner ${['moved on', 'left', 'was lost'][reason] ?? 'left'}`)
      send('next')
    },
    37: (code, message, after) => {
      retryAfterMs = after ?? undefined
      console.log(`error ${code}: ${message}`)
    },
    38: (after) => (retryAfterMs = after),
    // What arrives between a room's end and the next match belongs to the room that has ended.
    17: (text) => hasPartner && console.log(`text ${text}`),
    18: (isTyping) => hasPartner && isTyping && console.log('typing …'),
  }

  socket = new WebSocket(`${server.replace(/^http/, 'ws')}/ws`, 'buddy.v1')
  socket.binaryType = 'arraybuffer'
  socket.say = say
  socket.addEventListener('open', () => send('hello', name, '', 'raw example'))
  socket.addEventListener('message', ({ data }) => {
    try {
      const [type, ...fields] = unpack(new Uint8Array(data))
      listenFor()
      handlers[type]?.(...fields)
    } catch (error) {
      // The server does not read what partners send each other.
      console.log(`ignored: ${error.message}`)
    }
  })
  socket.addEventListener('close', ({ code, reason }) => {
    clearTimeout(silence)
    console.log(`closed ${code} ${reason}`)
    if (code === 1000 || (code >= 4500 && code < 4999)) return process.exit()
    const backoffMs = Math.random() * Math.min(15_000, 500 * 2 ** attempt++)
    return setTimeout(connect, (retryAfterMs ?? 0) + backoffMs)
  })
  listenFor()
}

connect()
createInterface({ input: process.stdin })
  .on('line', (line) => socket.say(line))
  .on('close', () => socket.close(1000))
