import type { Clock } from '../clock.ts'

/** After a close frame, uWebSockets.js checks at this interval whether the client has closed the socket too. */
const closingMs = 4000

interface SocketCountOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly onChange: (count: number) => void
}

/** Counts the open TCP connections. */
export class SocketCount {
  readonly #options: SocketCountOptions
  #count = 0
  /** Sockets that wait for their client to close them too, since this interval and since the one before. */
  #closing = 0
  #closingBefore = 0

  constructor(options: SocketCountOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#count
  }

  /** Adds sockets that have opened, or, with a negative number, removes sockets that are gone. */
  add(change: number): void {
    this.#count += change
    this.#options.onChange(this.#count)
  }

  /** Called when the server has sent a close frame. uWebSockets.js does not report the end of that socket. */
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
