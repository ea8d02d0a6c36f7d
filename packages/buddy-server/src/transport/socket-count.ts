import type { Clock } from '../clock.ts'

/**
 * The interval at which uWebSockets.js checks, after it has sent a close frame, whether the client has closed
 * the socket too.
 */
const closingMs = 4000

interface SocketCountOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly onChange: (count: number) => void
}

/** Counts the open TCP connections. */
export class SocketCount {
  readonly #options: SocketCountOptions
  #count = 0
  /**
   * The numbers of sockets whose client has not closed them yet after a close frame: those since the
   * beginning of this interval, and those since the interval before.
   */
  #closing = 0
  #closingBefore = 0

  constructor(options: SocketCountOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#count
  }

  /** Changes the count by the number of sockets that have opened or, if negative, have closed. */
  add(change: number): void {
    this.#count += change
    this.#options.onChange(this.#count)
  }

  /**
   * Call this when the server has sent a close frame. The socket is counted for one or two more intervals,
   * because uWebSockets.js does not report when it closes.
   */
  handleClosing(): void {
    this.#closing++
    if (this.#closing + this.#closingBefore === 1) this.#forgetLater()
  }

  #forgetLater(): void {
    this.#options.clock.after(closingMs, () => {
      this.add(-this.#closingBefore)
      this.#closingBefore = this.#closing
      this.#closing = 0
      if (this.#closingBefore > 0) this.#forgetLater()
    })
  }
}
