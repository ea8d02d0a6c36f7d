import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** Forwards the connections of one node to Redis. A test can interrupt it, as if a network cable was cut. */
export class RedisProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isCut = false

  private constructor(redisPort: number) {
    this.#server = createServer((node) => {
      const redis = connect(redisPort, '127.0.0.1')
      this.#forward(node, redis)
      this.#forward(redis, node)
    })
  }

  /** Resolves when the proxy listens. */
  static async start(redisPort: number): Promise<RedisProxy> {
    const proxy = new RedisProxy(redisPort)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** The host and the port where the proxy listens. */
  get place(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Stops forwarding. Neither end is notified, and no connection is closed. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.pause()
  }

  /** Forwards again, on new and on existing connections. */
  mend(): void {
    this.#isCut = false
    for (const socket of this.#sockets) socket.resume()
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #forward(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (bytes) => to.write(bytes))
    from.on('error', () => undefined)
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    if (this.#isCut) from.pause()
  }
}
