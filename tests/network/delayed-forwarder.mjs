// Forwards UDP packets with a delay: node delayed-forwarder.mjs <port> <to-port> <delay-ms> <host>.
// Each client gets a socket of its own to the target, so that answers can be returned to the right
// client.
import { createSocket } from 'node:dgram'

const [port, toPort, delayMs] = process.argv.slice(2).map(Number)
const host = process.argv[5]
const near = createSocket('udp4')
/** @type {Map<string, import('node:dgram').Socket>} */
const far = new Map()

near.on('message', (packet, { address, port: clientPort }) => {
  const key = `${address}:${clientPort}`
  let socket = far.get(key)
  if (!socket) {
    socket = createSocket('udp4')
    socket.on('message', (answer) => {
      setTimeout(() => near.send(answer, clientPort, address), delayMs / 2)
    })
    far.set(key, socket)
  }
  const target = socket
  setTimeout(() => target.send(packet, toPort, host), delayMs / 2)
})
near.bind(port, host, () => process.send?.('ready'))
