// A Buddy client for text mode, written from docs/protocol.md alone; see README.md.
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

if (typeof WebSocket === 'undefined') {
  console.error('Node 22 has WebSocket; Node 20 has it with: node --experimental-websocket')
  process.exit(1)
}
const [base = 'http://localhost:3000', name = '', lobby = ''] = process.argv.slice(2)
const url = base.replace(/^http/, 'ws').replace(/\/*$/, '/ws')
// A byte order mark is part of a text. Invalid UTF-8 makes a frame malformed.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const isText = (text) => typeof text === 'string' && text && Buffer.byteLength(text) <= 4096
// Removes control characters, because text from partners could control the terminal with them.
const print = (line) => console.log(line.replace(/\p{Cc}/gu, ' ').trimEnd())

// Encodes only what this client sends: integers up to 127, arrays up to 15, strings up to 65535 bytes.
const encode = (value) => {
  if (Array.isArray(value)) return [0x90 + value.length, ...value.flatMap(encode)]
  if (typeof value === 'boolean') return [value ? 0xc3 : 0xc2]
  if (typeof value === 'number') return [value]
  const bytes = [...Buffer.from(value)]
  if (bytes.length < 32) return [0xa0 + bytes.length, ...bytes]
  return [0xda, bytes.length >> 8, bytes.length & 255, ...bytes]
}

// Decodes every allowed value, because fields that this client does not know must be skipped.
const decode = (bytes) => {
  let at = 0
  const take = (size) => {
    assert((at += size) <= bytes.length)
    return bytes.subarray(at - size, at)
  }
  const uint = (size) => take(size).reduce((sum, byte) => sum * 256 + byte, 0)
  const text = (length) => utf8.decode(take(length))
  const list = (length) => Array.from({ length }, read)
  const read = () => {
    const tag = uint(1)
    if (tag < 0x80) return tag
    if (tag >= 0x90 && tag < 0xa0) return list(tag & 15)
    if (tag >= 0xa0 && tag < 0xc0) return text(tag & 31)
    if (tag >= 0xe0) return tag - 256
    if (tag === 0xc0) return null
    if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3
    if (tag >= 0xcc && tag <= 0xd3) return uint(2 ** (tag & 3)) // no known field is signed
    if (tag >= 0xd9 && tag <= 0xdb) return text(uint(2 ** (tag - 0xd9)))
    assert(tag === 0xdc || tag === 0xdd)
    return list(uint(2 * (tag - 0xdb)))
  }
  assert(bytes[0] > 0x90 && bytes[0] < 0xa0 && bytes[1] < 0x80)
  const frame = read()
  assert(at === bytes.length)
  return frame
}

// `state` is the type of the latest message of these: welcome, waiting, matched, partner-left.
let [socket, state, failures, isOver] = [null, 0, 0, false]
const isMatched = () => state === 34
const send = (...frame) => socket?.readyState === 1 && socket.send(Buffer.from(encode(frame)))

// The server does not check the fields of partners’ messages, so the client does. It drops them outside
// a room.
const lines = {
  17: (text) => isMatched() && isText(text) && `text ${text}`,
  18: (isTyping) => isMatched() && typeof isTyping === 'boolean' && `typing ${isTyping}`,
  32: (_session, ownName) => `welcome ${ownName}`,
  33: (online) => `waiting ${online} online`,
  34: (_room, _isPolite, partnerName) => `matched ${partnerName || 'a stranger'}`,
  35: (reason) => `partner-left ${['next', 'left', 'lost'][reason] ?? 'left'}`,
  37: (code, message) => `error ${code} ${message}`,
  38: (reconnectAfterMs) => `going-away ${reconnectAfterMs}`,
}

const connect = () => {
  let [silenceMs, ownName, retryMs, timeout] = [10_000, name]
  const here = (socket = new WebSocket(url, 'buddy.v1'))
  here.binaryType = 'arraybuffer'
  const end = ({ code, reason }) => {
    if (here !== socket) return // replaced by a newer connection
    clearTimeout(timeout)
    ;[socket, state] = [null, 0]
    print(`closed ${code} ${reason}`)
    if (isOver || code === 1000) process.exit(0)
    if (code >= 4500 && code < 5000) process.exit(1)
    const backoffMs = Math.random() * Math.min(15_000, 500 * 2 ** failures++)
    const hasRetryTime = code >= 4000 && code < 4500 && typeof retryMs === 'number'
    setTimeout(connect, hasRetryTime ? retryMs * (1 + Math.random() / 4) : backoffMs)
  }
  const restartTimeout = () => {
    clearTimeout(timeout)
    // A dead connection may never emit `close`, so `end` is called without waiting for it.
    timeout = setTimeout(() => [here.close(), end({ code: 1006, reason: 'silence' })], silenceMs)
  }
  const receive = ([type, ...fields]) => {
    const line = lines[type]?.(...fields)
    if (line) print(line)
    if (type >= 32 && type <= 35) state = type
    if (type === 32) [failures, ownName, silenceMs] = [0, fields[1], 2 * fields[2]]
    if (type === 32) send(2, 2, lobby, [], [])
    if (type === 34) send(17, `Hello from ${ownName}`)
    if (type === 35) send(3)
    if (type === 37 || type === 38) retryMs = fields[type === 37 ? 2 : 0]
    // The error does not say which frame was dropped. If it was `next`, send it again.
    const again = () => here === socket && state === 35 && send(3)
    if (type === 37 && fields[0] === 9) setTimeout(again, fields[2] ?? 1000)
  }
  here.addEventListener('open', () => send(1, name, '', 'raw-protocol example'))
  here.addEventListener('close', end)
  // If a connection fails to open, Node 22 emits only `error`, not `close`.
  here.addEventListener('error', () => here.readyState === 0 && end({ code: 1006, reason: '' }))
  here.addEventListener('message', ({ data }) => {
    try {
      receive(decode(Buffer.from(data)))
    } catch {} // ignores malformed frames
    if (here === socket) restartTimeout()
  })
  restartTimeout()
}

connect()
for await (const line of createInterface({ input: process.stdin })) {
  if (isMatched() && isText(line)) send(17, line)
  else print('not sent: there is no partner, or the text is not 1 to 4096 bytes')
  await sleep(350) // the server allows three texts a second
}
isOver = true
socket?.close(1000)
setTimeout(() => process.exit(0), socket ? 2000 : 0)
