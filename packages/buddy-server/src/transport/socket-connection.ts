import type { Flushable, Outbox } from './outbox.ts'
import type { Connection, Upgrade } from './transport.ts'

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

interface SocketConnectionOptions {
  readonly upgrade: Upgrade
  readonly outbox: Outbox
  /** More than this waiting after a flush is a backlog. */
  readonly maxBacklogBytes: number
  readonly onBacklog: () => void
}

/** A {@link Connection} over an open socket, until {@link SocketConnection.detach}. */
export class SocketConnection implements Connection, Flushable {
  readonly upgrade: Upgrade
  readonly #options: SocketConnectionOptions
  #socket: Socket | undefined
  #frames: Uint8Array[] = []
  #closing: { readonly code: number; readonly reason: string } | undefined

  constructor(socket: Socket, options: SocketConnectionOptions) {
    this.upgrade = options.upgrade
    this.#socket = socket
    this.#options = options
  }

  send(frame: Uint8Array): void {
    if (!this.#socket || this.#closing) return
    this.#frames.push(frame)
    this.#options.outbox.schedule(this)
  }

  close(code: number, reason: string): void {
    if (!this.#socket || this.#closing) return
    this.#closing = { code, reason }
    this.#options.outbox.schedule(this)
  }

  ping(payload: Uint8Array = empty): void {
    // uWebSockets.js would send it, and the client end the connection for it.
    if (payload.length > maxPingBytes) throw new RangeError('a ping carries at most 125 bytes')
    // Its pong says that what was sent before has arrived: nothing may be overtaken.
    if (this.#frames.length > 0) this.flush()
    this.#socket?.ping(payload)
  }

  terminate(): void {
    this.#socket?.close()
  }

  /** The socket is gone; uWebSockets.js throws if it is touched again. */
  detach(): void {
    this.#socket = undefined
    this.#frames = []
  }

  /** Hands over all frames in one system call, and closes or reports a backlog. */
  flush(): void {
    const socket = this.#socket
    if (!socket) return
    const frames = this.#frames
    this.#frames = []
    socket.cork(() => {
      for (const frame of frames) socket.send(frame, true)
    })
    if (this.#closing) socket.end(this.#closing.code, this.#closing.reason)
    else if (socket.getBufferedAmount() > this.#options.maxBacklogBytes) this.#options.onBacklog()
  }
}
