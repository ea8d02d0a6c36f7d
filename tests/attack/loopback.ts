// An attack uses three loopback addresses, because the server counts clients by address. The attacker
// connects from 127.0.0.1.
import { createServer } from 'node:net'

/** Address of the two users whose message delays are measured. */
export const neighbourAddress = '127.0.0.2'
/** Address of other users that take part in an attack, besides the attacker. */
export const visitorAddress = '127.0.0.3'

const canBind = (host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(0, host, () => server.close(() => resolve(true)))
  })

/** Whether both addresses exist. Linux and Windows have them; macOS needs an alias for each. */
export async function hasLoopbackAddresses(): Promise<boolean> {
  return (await canBind(neighbourAddress)) && (await canBind(visitorAddress))
}
