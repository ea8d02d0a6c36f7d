// A small load balancer for TCP, which knows nothing of Buddy but `/readyz`, and has no sticky sessions.
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'

/** How often the balancer asks each server whether it is ready. */
const checkIntervalMs = 200

/** A running load balancer. */
export interface Balancer {
  readonly url: string
  readonly close: () => void
}

/**
 * Starts a balancer. It passes each connection to the next server that was ready at the latest check, and to another
 * one if that server accepts no connection.
 */
export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  let ready = urls
  let next = 0
  const sockets = new Set<Socket>()
  const check = async (): Promise<void> => {
    const answers = await Promise.all(
      urls.map((url) =>
        fetch(`${url}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    )
    ready = urls.filter((_, index) => answers[index])
  }
  const timer = setInterval(() => void check(), checkIntervalMs)

  function pass(client: Socket, left: number): void {
    const url = ready[next++ % Math.max(1, ready.length)]
    if (url === undefined || left === 0) {
      client.destroy()
      return
    }
    const server = connect(Number(new URL(url).port), '127.0.0.1')
    sockets.add(server)
    server.on('close', () => sockets.delete(server))
    server.once('connect', () => {
      client.pipe(server).pipe(client)
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        one.on('close', () => other.destroy())
      }
    })
    server.on('error', () => {
      if (server.connecting) pass(client, left - 1)
      else client.destroy()
    })
  }

  const listener = createServer((client) => {
    sockets.add(client)
    client.on('error', () => undefined)
    client.on('close', () => sockets.delete(client))
    pass(client, urls.length)
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  await check()
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    close: () => {
      clearInterval(timer)
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
