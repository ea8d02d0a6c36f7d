import type { Cancel, Clock } from '../clock.ts'
import type { Flushable, Outbox } from './outbox.ts'
import type { Connection, ConnectionEvents, Upgrade } from './transport.ts'

/** RFC 6455 §5.5: a control frame's payload, in bytes. */
const maxPingBytes = 125

/** How long a close waits for a client that has sent nothing yet. */
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

/** The same for all connections of a transport. */
interface SocketConnectionOptions {
  readonly outbox: Outbox
  readonly clock: Pick<Clock, 'after'>
  /** More than this waiting after a flush is a backlog. */
  readonly maxBacklogBytes: number
}

/**
 * A {@link Connection} over an open socket, until {@link SocketConnection.detach}.
 *
 * A close follows what was sent before it only when the client has sent a first frame, or after a while
 * without one. uWebSockets.js ends the TCP connection right behind a close frame. If Firefox reads that end
 * together with the answer to its handshake, it reports the close alone: no open, and none of the frames
 * in between.
 */
export class SocketConnection implements Connection, Flushable {
  readonly upgrade: Upgrade
  /** What is called about this connection; set once it is known. */
  events: ConnectionEvents | undefined
  readonly #options: SocketConnectionOptions
  #socket: Socket | undefined
  /** Frames and pings in the order in which they go out. */
  #queue: (Uint8Array | Ping)[] = []
  #closing: { readonly code: number; readonly reason: string } | undefined
  /** The client has read the answer to its handshake: it has sent something, or had the time to. */
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

  /** The client has sent something. */
  handleHeard(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#cancelSettling?.()
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
    this.#cancelSettling?.()
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
    if (this.#closing && this.#isSettled) socket.end(this.#closing.code, this.#closing.reason)
    else if (socket.getBufferedAmount() > this.#options.maxBacklogBytes) this.events?.onBacklog()
  }

  #enqueue(item: Uint8Array | Ping): void {
    this.#queue.push(item)
    this.#options.outbox.schedule(this)
  }
}
