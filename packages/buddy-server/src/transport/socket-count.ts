import type { Clock } from '../clock.ts'

/** uWebSockets.js waits so long for the client to close the socket too, and looks as often. */
const closingMs = 4000

interface SocketCountOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly onChange: (count: number) => void
}

/** How many TCP connections are open. */
export class SocketCount {
  readonly #options: SocketCountOptions
  #count = 0
  /** Sockets that wait for their client to close them too, of this period and of the one before. */
  #closing = 0
  #closingBefore = 0

  constructor(options: SocketCountOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#count
  }

  /** So many have opened; less than 0: are gone. */
  add(change: number): void {
    this.#count += change
    this.#options.onChange(this.#count)
  }

  /** The server has sent a close frame to one. When its socket is gone is not reported. */
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
