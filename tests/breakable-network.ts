import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** A way to a server that can be broken like a network: from outside, without a goodbye. */
export interface BreakableNetwork {
  /** The server's address by this way. */
  readonly url: string
  /** Nothing that is sent to the server comes through any more, and nobody notices. */
  hold(): void
  /** Every connection is gone, and none comes through until `mend()`. */
  breakDown(): void
  mend(): void
  /** Nothing comes through the connections there are, and neither end is told. Others are open to it. */
  fallSilent(): void
  close(): void
}

/** Opens a way to the server at `url`, through a TCP proxy on a port of its own. */
export async function createBreakableNetwork(url: string): Promise<BreakableNetwork> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const holds = new Set<() => void>()
  let isBroken = false
  const server = createServer((near) => {
    if (isBroken) {
      near.resetAndDestroy()
      return
    }
    const far = connect(Number(port), hostname)
    const hold = (): void => void near.unpipe(far)
    holds.add(hold)
    near.on('close', () => holds.delete(hold))
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: () => {
      for (const hold of holds) hold()
    },
    breakDown: () => {
      isBroken = true
      cut()
    },
    mend: () => {
      isBroken = false
    },
    fallSilent: () => {
      // What arrives is read all the same: a full buffer would be noticed.
      for (const socket of sockets) socket.unpipe().resume()
    },
    close: () => {
      server.close()
      cut()
    },
  }
}
