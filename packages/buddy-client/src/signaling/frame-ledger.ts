/** Frames kept to be sent again, in bytes; more than a call and a long conversation need. */
const maxKeptBytes = 262_144

/**
 * What both ends count so that nothing is lost or said twice when a connection breaks: frames
 * received of a session, and frames sent that the server may not have (`docs/protocol.md`, Resume).
 */
export class FrameLedger {
  #received = 0
  #sent: Uint8Array<ArrayBuffer>[] = []
  #sentBytes = 0
  /** How many frames were sent before the oldest that is kept. */
  #forgotten = 0
  #written = 0

  /** Frames received, without any `welcome`. */
  get received(): number {
    return this.#received
  }

  handleReceived(): void {
    this.#received++
  }

  /** Frames that were given to a connection; those kept while there was none are not among them. */
  get written(): number {
    return this.#written
  }

  /** Everything kept so far was given to a connection. */
  handleWritten(): void {
    this.#written = this.#forgotten + this.#sent.length
  }

  /** Keeps a frame that is to be sent; the oldest are forgotten beyond the bound. */
  keep(frame: Uint8Array<ArrayBuffer>): void {
    this.#sent.push(frame)
    this.#sentBytes += frame.length
    while (this.#sentBytes > maxKeptBytes) this.#forgetOldest()
  }

  /** Whether `frame` can be kept without forgetting another: nothing unsent may be lost. */
  hasRoomFor(frame: Uint8Array): boolean {
    return this.#sentBytes + frame.length <= maxKeptBytes
  }

  /**
   * The server has the first `count` frames.
   * @returns the frames it lacks, in order; undefined where some of them are not kept, or it claims
   *   more than were sent
   */
  missing(count: number): readonly Uint8Array<ArrayBuffer>[] | undefined {
    if (count < this.#forgotten || count > this.#forgotten + this.#sent.length) return undefined
    while (this.#forgotten < count) this.#forgetOldest()
    return this.#sent
  }

  #forgetOldest(): void {
    this.#sentBytes -= this.#sent.shift()?.length ?? 0
    this.#forgotten++
  }
}
