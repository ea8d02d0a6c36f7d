// A bare relay on ws.
import type { AddressInfo } from 'node:net'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import type { Paired } from './pairing.ts'
import { createPairing } from './pairing.ts'
import { report } from './report.ts'

const states = new WeakMap<WebSocket, Paired<WebSocket>>()
const handle = createPairing<WebSocket>(
  (socket) => states.get(socket)!,
  (socket, bytes) => socket.send(bytes),
)
const server = new WebSocketServer({ port: 0, perMessageDeflate: false })
server.on('connection', (socket) => {
  states.set(socket, { frames: 0, partner: undefined })
  socket.on('message', (bytes: Buffer) => handle(socket, bytes))
})
server.on('listening', () => report((server.address() as AddressInfo).port))
