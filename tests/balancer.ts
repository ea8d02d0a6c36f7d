import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** A load balancer that connects each client to the first server that accepts the connection. */
export interface Balancer {
  readonly url: string
  close(): void
}

function open(target: string): Promise<Socket> {
  const { hostname, port } = new URL(target)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => resolve(socket)).once('error', reject)
  })
}

/** Starts a load balancer on a free port, for the servers at these URLs. */
export async function createBalancer(...targets: readonly string[]): Promise<Balancer> {
  const sockets = new Set<Socket>()
  const join = async (near: Socket): Promise<void> => {
    for (const target of targets) {
      const far = await open(target).catch(() => undefined)
      if (!far) continue
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
      return
    }
    near.destroy()
  }
  const server = createServer((near) => {
    near.on('error', () => near.destroy())
    void join(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
