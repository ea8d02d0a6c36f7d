import { once } from 'node:events'
import { createServer } from 'node:net'

/** Thrown if a server cannot listen on its address. The message says why, and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  /** The code of the operating system or the resolver, such as `EADDRINUSE`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Returns the code of Node's own error for this address. Undefined if Node can listen on it. */
async function nodesCode(host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  } finally {
    server.close()
  }
}

/** Returns why a server cannot listen on this address at present. Returns undefined if it can. */
export async function listenFault(host: string, port: number): Promise<ListenError | undefined> {
  const code = await nodesCode(host, port)
  return code === undefined ? undefined : describe(code, host, port)
}

/**
 * Returns the error of a server that uWebSockets.js did not let listen. uWebSockets.js gives no reason, so this
 * function tries the address with Node.
 */
export async function listenError(host: string, port: number): Promise<ListenError> {
  // If Node can listen, the port was in use until now, or by a socket that only Node ignores.
  return (await listenFault(host, port)) ?? describe('EADDRINUSE', host, port)
}

function describe(code: string, host: string, port: number): ListenError {
  const messages: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is in use. Set PORT (or HOST) to another one.`,
    EACCES: `the user of this process may not listen on port ${port}. Set PORT to one above 1023, or give the process CAP_NET_BIND_SERVICE.`,
    EADDRNOTAVAIL: `${host} is no address of this machine. Set HOST to one, or to 0.0.0.0 for all of them.`,
    ENOTFOUND: `${host} is neither an address nor a host name that is known here. Set HOST to an address of this machine.`,
  }
  return new ListenError(
    code,
    `Cannot listen: ${messages[code] ?? `${code} for port ${port} on ${host}.`}`,
  )
}
