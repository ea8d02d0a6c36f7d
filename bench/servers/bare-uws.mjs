import * as uws from 'uWebSockets.js'
import { createPairing } from './pairing.mjs'
import { report } from './report.mjs'

// One send a frame, in the turn it came: what Buddy's coalescing is measured against.
const handle = createPairing(({ socket }, bytes) => socket.send(bytes, true))
const app = uws.App()
app.ws('/ws', {
  message: (socket, message) => {
    const data = socket.getUserData()
    data.socket ??= socket
    handle(data, new Uint8Array(message))
  },
})
app.listen(0, (listening) => report(uws.us_socket_local_port(listening)))
