import type { Flushable, Outbox } from './outbox.ts'
import type { Connection, ConnectionEvents, Upgrade } from './transport.ts'

/** RFC 6455 §5.5: a control frame's payload, in bytes. */
const maxPingBytes = 125

const empty = new Uint8Array()

/** The part of a uWebSockets.js WebSocket that a connection needs. */
interface Socket {
  send(frame: Uint8Array, isBinary: boolean): unknown
  ping(payload: Uint8Array): unknown
  cork(act: () => void): unknown
  getBufferedAmount(): number
  end(code: number, reason: string): void
  close(): void
}

interface Ping {
  readonly pingPayload: Uint8Array
}

/** The same for all connections of a transport. */
interface SocketConnectionOptions {
  readonly outbox: Outbox
  /** More than this waiting after a flush is a backlog. */
  readonly maxBacklogBytes: number
}

/** A {@link Connection} over an open socket, until {@link SocketConnection.detach}. */
export class SocketConnection implements Connection, Flushable {
  readonly upgrade: Upgrade
  /** What is called about this connection; set once it is known. */
  events: ConnectionEvents | undefined
  readonly #options: SocketConnectionOptions
  #socket: Socket | undefined
  /** Frames and pings in the order in which they go out. */
  #queue: (Uint8Array | Ping)[] = []
  #closing: { readonly code: number; readonly reason: string } | undefined

  constructor(socket: Socket, upgrade: Upgrade, options: SocketConnectionOptions) {
    this.upgrade = upgrade
    this.#socket = socket
    this.#options = options
  }

  send(frame: Uint8Array): void {
    if (!this.#socket || this.#closing) return
    this.#enqueue(frame)
  }

  close(code: number, reason: string): void {
    if (!this.#socket || this.#closing) return
    this.#closing = { code, reason }
    this.#options.outbox.schedule(this)
  }

  ping(payload: Uint8Array = empty): void {
    // uWebSockets.js would send it, and the client end the connection for it.
    if (payload.length > maxPingBytes) throw new RangeError('a ping carries at most 125 bytes')
    if (this.#socket && !this.#closing) this.#enqueue({ pingPayload: payload })
  }

  terminate(): void {
    this.#socket?.close()
  }

  /** Whether `close` was called: no frame is read any more. */
  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /** The socket is gone; uWebSockets.js throws if it is touched again. */
  detach(): void {
    this.#socket = undefined
    this.#queue = []
  }

  /** Hands over all that is queued in one system call, and closes or reports a backlog. */
  flush(): void {
    const socket = this.#socket
    if (!socket) return
    const queue = this.#queue
    this.#queue = []
    socket.cork(() => {
      for (const item of queue) {
        if (item instanceof Uint8Array) socket.send(item, true)
        else socket.ping(item.pingPayload)
      }
    })
    if (this.#closing) socket.end(this.#closing.code, this.#closing.reason)
    else if (socket.getBufferedAmount() > this.#options.maxBacklogBytes) this.events?.onBacklog()
  }

  #enqueue(item: Uint8Array | Ping): void {
    this.#queue.push(item)
    this.#options.outbox.schedule(this)
  }
}
