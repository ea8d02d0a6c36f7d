import { subprotocol } from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../clock.ts'

interface ConnectionEnvironment {
  readonly clock: Clock
  readonly createSocket: (url: string, protocol: string) => WebSocket
}

interface ConnectionCallbacks {
  readonly onOpen: () => void
  /** Called with the data of each WebSocket message, whether binary or text. */
  readonly onFrame: (data: unknown) => void
  /** Called when the connection has ended, or with code 1006 if it could not be opened. */
  readonly onClose: (code: number, reason: string) => void
}

/** One WebSocket to the server. No callback is called after `close()`. */
export class Connection {
  readonly #socket: WebSocket
  readonly #clock: Clock
  readonly #listening = new AbortController()
  #cancelDeadline: Cancel | undefined

  /**
   * Starts to connect.
   * @throws what the browser's WebSocket throws on construction
   */
  constructor(
    { clock, createSocket }: ConnectionEnvironment,
    url: string,
    { onOpen, onFrame, onClose }: ConnectionCallbacks,
  ) {
    const socket = createSocket(url, subprotocol)
    const { signal } = this.#listening
    this.#socket = socket
    this.#clock = clock
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', onOpen, { signal })
    socket.addEventListener('message', ({ data }) => onFrame(data), { signal })
    // If a WebSocket cannot be opened, Node 22 emits only `error`, but browsers emit `error` and `close`.
    socket.addEventListener('error', () => socket.readyState !== 1 && onClose(1006, ''), { signal })
    socket.addEventListener('close', ({ code, reason }) => onClose(code, reason), { signal })
  }

  get isOpen(): boolean {
    return this.#socket.readyState === 1
  }

  get isClosed(): boolean {
    return this.#listening.signal.aborted
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#socket.send(bytes)
  }

  /**
   * Calls `onMissed` after `timeoutMs`, unless the connection is closed before. Replaces an earlier
   * deadline.
   */
  setDeadline(timeoutMs: number, onMissed: () => void): void {
    this.#cancelDeadline?.()
    this.#cancelDeadline = this.#clock.after(timeoutMs, onMissed)
  }

  close(code: number): void {
    this.#listening.abort()
    this.#cancelDeadline?.()
    this.#socket.close(code)
  }
}
