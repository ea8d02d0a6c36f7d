// A bare relay on uWebSockets.js. It sends each frame in the turn of the event loop in which it arrived, as
// the baseline for Buddy's coalescing of frames.
import * as uws from 'uWebSockets.js'
import type { Paired } from './pairing.ts'
import { createPairing } from './pairing.ts'
import { report } from './report.ts'

type Socket = uws.WebSocket<Paired<Socket>>

const handle = createPairing<Socket>(
  (socket) => socket.getUserData(),
  (socket, bytes) => void socket.send(bytes, true),
)
const app = uws.App()
app.ws<Paired<Socket>>('/ws', {
  upgrade: (response, request, context) =>
    response.upgrade(
      { frames: 0, partner: undefined },
      request.getHeader('sec-websocket-key'),
      request.getHeader('sec-websocket-protocol'),
      request.getHeader('sec-websocket-extensions'),
      context,
    ),
  message: (socket, message) => handle(socket, new Uint8Array(message)),
})
app.listen(0, (listening) => {
  if (listening) report(uws.us_socket_local_port(listening))
})
