import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/**
 * A TCP proxy between a client and a server. It lets a test break connections as a network failure
 * does, without a close handshake.
 */
export interface BreakableNetwork {
  /** The URL of the server through this proxy. */
  readonly url: string
  /**
   * On existing connections, stops forwarding from the client to the server. No connection is
   * closed.
   */
  holdUpstream(): void
  /** Resets all connections and refuses new ones until {@link restore} is called. */
  disconnect(): void
  /** Accepts connections again. */
  restore(): void
  /**
   * On existing connections, stops forwarding in both directions. No connection is closed, and new
   * connections work.
   */
  blackhole(): void
  /** Resets all connections and stops the proxy. */
  close(): void
}

/** Starts a proxy to the server at `url`, on a free port. */
export async function createBreakableNetwork(url: string): Promise<BreakableNetwork> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const holds = new Set<() => void>()
  let isDisconnected = false
  const server = createServer((near) => {
    if (isDisconnected) {
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
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    holdUpstream: () => {
      for (const hold of holds) hold()
    },
    disconnect: () => {
      isDisconnected = true
      reset()
    },
    restore: () => {
      isDisconnected = false
    },
    blackhole: () => {
      // Discards what arrives. Without reading, the buffers would fill up, and the sender would
      // notice that.
      for (const socket of sockets) socket.unpipe().resume()
    },
    close: () => {
      server.close()
      reset()
    },
  }
}
