/** Lines of the log wait for their reader up to so many bytes; those above are dropped. */
const maxWaitingBytes = 1_000_000

/** The part of a writable stream that the log needs. */
interface Stream {
  /** What waits to be written, in bytes. */
  readonly writableLength: number
  write(text: string): unknown
  on(event: 'error', callback: (error: unknown) => void): unknown
}

/**
 * Where lines of the log go. The log is the last thing that a server needs: a reader that is gone, or
 * that does not read, neither holds up the server nor ends it.
 */
export class LogOutput {
  readonly #stream: Stream
  readonly #lineAbout: (dropped: number) => string
  #dropped = 0
  #isGone = false

  /** @param lineAbout is written, once there is room again, if lines were dropped */
  constructor(stream: Stream, lineAbout: (dropped: number) => string) {
    this.#stream = stream
    this.#lineAbout = lineAbout
    // EPIPE, or EIO of a terminal that was closed. Without a listener it would end the process.
    stream.on('error', () => (this.#isGone = true))
  }

  write(line: string): void {
    if (this.#isGone) return
    if (this.#stream.writableLength > maxWaitingBytes) {
      this.#dropped++
      return
    }
    if (this.#dropped > 0) {
      const notice = this.#lineAbout(this.#dropped)
      this.#dropped = 0
      this.#stream.write(notice)
    }
    this.#stream.write(line)
  }
}
