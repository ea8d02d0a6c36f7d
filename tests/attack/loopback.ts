// The addresses of an attack, all of this machine's loopback: to the server they are three clients.
// The attacker is at 127.0.0.1.
import { createServer } from 'node:net'

/** The pair whose messages are timed. */
export const neighbourAddress = '127.0.0.2'
/** Visitors that an attack has beside the attacker. */
export const visitorAddress = '127.0.0.3'

const canBind = (host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(0, host, () => server.close(() => resolve(true)))
  })

/** Whether this machine has them: Linux and Windows do, macOS only with an alias for each. */
export async function hasLoopbackAddresses(): Promise<boolean> {
  return (await canBind(neighbourAddress)) && (await canBind(visitorAddress))
}
