/** What one more frame costs beside its bytes. */
const overheadBytes = 64

/**
 * Frames sent to a client and not known to have arrived, in order. Frames are counted from the
 * session's first on; counting them is how both ends agree on what was lost with a connection.
 */
export class ReplayBuffer {
  #frames: Uint8Array[] = []
  #sent: number
  #bytes = 0

  /** @param sent frames sent before this buffer was there */
  constructor(sent = 0) {
    this.#sent = sent
  }

  /** Frames ever sent. */
  get sent(): number {
    return this.#sent
  }

  /** Memory held, about. */
  get bytes(): number {
    return this.#bytes
  }

  /** One more frame is sent; it must not change afterwards. */
  push(frame: Uint8Array): void {
    this.#frames.push(frame)
    this.#sent++
    this.#bytes += frame.length + overheadBytes
  }

  /** The client has the first `count` frames; they are forgotten. */
  acknowledge(count: number): void {
    this.#forget(count - this.#oldest)
  }

  /** Forgets the oldest until at most `maxBytes` are held. */
  trim(maxBytes: number): void {
    let excess = 0
    let bytes = this.#bytes
    while (bytes > maxBytes) bytes -= this.#frames[excess++]!.length + overheadBytes
    this.#forget(excess)
  }

  /**
   * The frames that follow the first `count`; undefined where some of them are forgotten, or were
   * never sent.
   */
  after(count: number): readonly Uint8Array[] | undefined {
    if (count < this.#oldest || count > this.#sent) return undefined
    return this.#frames.slice(count - this.#oldest)
  }

  /** How many frames were sent before the oldest that is held. */
  get #oldest(): number {
    return this.#sent - this.#frames.length
  }

  #forget(count: number): void {
    if (count <= 0) return
    for (const { length } of this.#frames.splice(0, count)) this.#bytes -= length + overheadBytes
  }
}
