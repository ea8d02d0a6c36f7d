// Lets a program on this host be reached through a file: node socket-to-port.mjs <socket> <port>.
// Files are the same for all hosts of a machine, ports on the loopback are not.
import { connect, createServer } from 'node:net'

const [path, port] = process.argv.slice(2)
createServer((near) => {
  const far = connect(Number(port), '127.0.0.1')
  near.on('error', () => far.destroy()).pipe(far)
  far.on('error', () => near.destroy()).pipe(near)
}).listen(path, () => process.send?.('ready'))
