// Forwards connections from a Unix socket to a loopback TCP port: node socket-to-port.mjs <socket>
// <port>. A Unix socket works across network namespaces, because they share the file system. A port
// does not, because each namespace has a loopback of its own.
import { connect, createServer } from 'node:net'

const [path, port] = process.argv.slice(2)
createServer((near) => {
  const far = connect(Number(port), '127.0.0.1')
  near.on('error', () => far.destroy()).pipe(far)
  far.on('error', () => near.destroy()).pipe(near)
}).listen(path, () => process.send?.('ready'))
