/** The maximum number of bytes that wait to be written. While there are more, lines are dropped. */
const maxWaitingBytes = 1_000_000

/** The part of a writable stream that the log uses. */
interface Stream {
  /** The number of bytes that wait to be written. */
  readonly writableLength: number
  write(text: string): unknown
  on(event: 'error', callback: (error: unknown) => void): unknown
}

/**
 * Writes log lines to a stream. If the reader of the stream is slow or gone, the server continues: lines are
 * dropped instead of blocking or ending the process.
 */
export class LogOutput {
  readonly #stream: Stream
  readonly #noticeOf: (dropped: number) => string
  #dropped = 0
  #isGone = false

  /** @param noticeOf returns the line that states how many lines were dropped */
  constructor(stream: Stream, noticeOf: (dropped: number) => string) {
    this.#stream = stream
    this.#noticeOf = noticeOf
    // Possible errors are EPIPE, or EIO if the terminal was closed. Without a listener they would end the
    // process.
    stream.on('error', () => (this.#isGone = true))
  }

  /** Writes a line, or drops it. Never throws. */
  write(line: string): void {
    if (this.#isGone) return
    if (this.#stream.writableLength > maxWaitingBytes) {
      this.#dropped++
      return
    }
    if (this.#dropped > 0) {
      const notice = this.#noticeOf(this.#dropped)
      this.#dropped = 0
      this.#stream.write(notice)
    }
    this.#stream.write(line)
  }
}
