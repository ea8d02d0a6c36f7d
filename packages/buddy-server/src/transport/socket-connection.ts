import type { Cancel, Clock } from '../clock.ts'
import type { Flushable, Outbox } from './outbox.ts'
import type { Connection, ConnectionEvents, Upgrade } from './transport.ts'

/** The maximum payload of a control frame in bytes (RFC 6455 §5.5). */
const maxPingBytes = 125

/** How long `close` waits for the first frame of a client that has not sent any frame yet. */
const settleMs = 500

const empty = new Uint8Array()

/** The part of a uWebSockets.js WebSocket that a connection uses. */
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

/** Options that all connections of a transport share. */
interface SocketConnectionOptions {
  readonly outbox: Outbox
  readonly clock: Pick<Clock, 'after'>
  /** If more than this number of bytes still waits to be sent after a flush, `onBacklog` is called. */
  readonly maxBacklogBytes: number
}

/**
 * A {@link Connection} that uses an open socket, until {@link SocketConnection.detach}. The close frame is
 * sent only when the client has sent its first frame, or after half a second. The reason is that
 * uWebSockets.js ends the TCP connection right after a close frame. If Firefox reads the end of the TCP
 * connection together with the answer to its handshake, it reports only the close, and neither `open` nor the
 * frames before the close.
 */
export class SocketConnection implements Connection, Flushable {
  readonly upgrade: Upgrade
  /** The handlers of this connection's events. Undefined until `onConnection` has returned them. */
  events: ConnectionEvents | undefined
  readonly #options: SocketConnectionOptions
  #socket: Socket | undefined
  /** Frames and pings, in the order in which they are sent. */
  #queue: (Uint8Array | Ping)[] = []
  #closing: { readonly code: number; readonly reason: string } | undefined
  /**
   * Whether the client has read the answer to its handshake. This is so if the client has sent a frame, and
   * is assumed after half a second.
   */
  #isSettled = false
  #cancelSettling: Cancel | undefined

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
    const { outbox, clock } = this.#options
    if (this.#isSettled) outbox.schedule(this)
    else {
      this.#cancelSettling = clock.after(settleMs, () => {
        this.#isSettled = true
        outbox.schedule(this)
      })
    }
  }

  /** Call this when the client has sent a frame of any kind. */
  handleReceived(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#cancelSettling?.()
  }

  ping(payload: Uint8Array = empty): void {
    // uWebSockets.js would send a payload that is too long, and the client would end the connection because
    // of that.
    if (payload.length > maxPingBytes)
      throw new RangeError('the payload of a ping is longer than 125 bytes')
    if (this.#socket && !this.#closing) this.#enqueue({ pingPayload: payload })
  }

  terminate(): void {
    this.#socket?.close()
  }

  /** Whether `close` was called. Frames that arrive after that are ignored. */
  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /** Call this when the socket has closed, because uWebSockets.js throws if it is used after that. */
  detach(): void {
    this.#socket = undefined
    this.#queue = []
    this.#cancelSettling?.()
  }

  /**
   * Sends everything that is queued, in one system call. Then sends the close frame if it is due, or reports
   * a backlog.
   */
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
    if (this.#closing && this.#isSettled) socket.end(this.#closing.code, this.#closing.reason)
    else if (socket.getBufferedAmount() > this.#options.maxBacklogBytes) this.events?.onBacklog()
  }

  #enqueue(item: Uint8Array | Ping): void {
    this.#queue.push(item)
    this.#options.outbox.schedule(this)
  }
}
