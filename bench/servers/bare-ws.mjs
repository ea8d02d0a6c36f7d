import { WebSocketServer } from 'ws'
import { createPairing } from './pairing.mjs'
import { report } from './report.mjs'

const handle = createPairing((socket, bytes) => socket.send(bytes))
const server = new WebSocketServer({ port: 0, perMessageDeflate: false })
server.on('connection', (socket) => socket.on('message', (bytes) => handle(socket, bytes)))
server.on('listening', () => report(server.address().port))
