// A small load balancer for TCP. It knows nothing of Buddy but `/readyz`, and has no sticky sessions.
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** How often the balancer requests `/readyz` of each server. */
const checkIntervalMs = 200

/** A running load balancer. */
export interface Balancer {
  readonly url: string
  close(): void
}

/**
 * Starts a balancer on a free port. It passes each connection to a server that was ready at the latest check, and to
 * the next one if that server accepts no connection.
 * @param order `in turn`: each server gets as many connections as the others; `first`: the first server gets all
 * connections as long as it accepts them
 */
export async function startBalancer(
  urls: readonly string[],
  order: 'in turn' | 'first' = 'in turn',
): Promise<Balancer> {
  let ready = urls
  let turn = 0
  const sockets = new Set<Socket>()
  const isReady = (url: string): Promise<boolean> =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  const check = async (): Promise<void> => {
    const answers = await Promise.all(urls.map(isReady))
    ready = urls.filter((_, index) => answers[index])
  }
  const timer = setInterval(() => void check(), checkIntervalMs)

  /** Connects a client to the first of these servers that accepts the connection. */
  function pass(client: Socket, [url, ...others]: readonly string[]): void {
    if (url === undefined) {
      client.destroy()
      return
    }
    const server = connect(Number(new URL(url).port), '127.0.0.1')
    let isConnected = false
    sockets.add(server)
    server.on('close', () => sockets.delete(server))
    server.once('connect', () => {
      isConnected = true
      client.pipe(server).pipe(client)
      client.on('close', () => server.destroy())
      server.on('close', () => client.destroy())
    })
    server.on('error', () => {
      if (isConnected) client.destroy()
      else pass(client, others)
    })
  }

  const listener = createServer((client) => {
    sockets.add(client)
    client.on('error', () => undefined)
    client.on('close', () => sockets.delete(client))
    const first = order === 'first' || ready.length === 0 ? 0 : turn++ % ready.length
    pass(client, [...ready.slice(first), ...ready.slice(0, first)])
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
