// Forwards a Unix socket to a TCP port on the loopback: node socket-to-port.mjs <socket> <port>.
// Network namespaces share the file system, but each has a loopback of its own.
import { connect, createServer } from 'node:net'

const [path, port] = process.argv.slice(2)
createServer((near) => {
  const far = connect(Number(port), '127.0.0.1')
  near.on('error', () => far.destroy()).pipe(far)
  far.on('error', () => near.destroy()).pipe(near)
}).listen(path, () => process.send?.('ready'))
