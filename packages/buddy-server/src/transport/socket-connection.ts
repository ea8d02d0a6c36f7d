import type { Cancel, Clock } from '../clock.ts'
import type { Flushable, Outbox } from './outbox.ts'
import type { Connection, ConnectionEvents, Upgrade } from './transport.ts'

/** The maximum payload of a control frame in bytes (RFC 6455 §5.5). */
const maxPingBytes = 125

/** How long a close waits for the first frame of a client that has not sent anything yet. */
const settleMs = 500

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

/** Shared by all connections of a transport. */
interface SocketConnectionOptions {
  readonly outbox: Outbox
  readonly clock: Pick<Clock, 'after'>
  /** If more than this waits to be sent after a flush, the connection reports a backlog. */
  readonly maxBacklogBytes: number
}

/**
 * A {@link Connection} over an open socket, until {@link SocketConnection.detach}.
 *
 * A close waits until the client has sent its first frame, for half a second at most. The reason:
 * uWebSockets.js ends the TCP connection right after a close frame. If Firefox reads that end together with
 * the answer to its handshake, it reports only the close, without `open` and without the frames before it.
 */
export class SocketConnection implements Connection, Flushable {
  readonly upgrade: Upgrade
  /** The handlers of this connection's events, set as soon as they are known. */
  events: ConnectionEvents | undefined
  readonly #options: SocketConnectionOptions
  #socket: Socket | undefined
  /** Frames and pings, in the order in which they are sent. */
  #queue: (Uint8Array | Ping)[] = []
  #closing: { readonly code: number; readonly reason: string } | undefined
  /** Whether the client has read the answer to its handshake: it has sent a frame, or had enough time. */
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

  /** Called when the client has sent a frame of any kind. */
  handleReceived(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#cancelSettling?.()
  }

  ping(payload: Uint8Array = empty): void {
    // uWebSockets.js would send it, and the client would end the connection because of it.
    if (payload.length > maxPingBytes)
      throw new RangeError('the payload of a ping is longer than 125 bytes')
    if (this.#socket && !this.#closing) this.#enqueue({ pingPayload: payload })
  }

  terminate(): void {
    this.#socket?.close()
  }

  /** Whether `close` was called. No frame is read after that. */
  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /** Called when the socket is gone. uWebSockets.js throws if the socket is used after that. */
  detach(): void {
    this.#socket = undefined
    this.#queue = []
    this.#cancelSettling?.()
  }

  /** Sends everything that is queued in one system call, then closes the socket or reports a backlog. */
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
