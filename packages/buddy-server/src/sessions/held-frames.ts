/**
 * Approximate memory that a kept frame needs in addition to its bytes, for its typed array and its function.
 */
const overheadBytes = 400

/**
 * Keeps frames for a partner who has not come back yet after a restart of the server, up to a limit in bytes.
 */
export class HeldFrames {
  readonly #maxBytes: number
  #bytes = 0
  readonly #passes: (() => void)[] = []
  #receivedBefore: number | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** How many frames the session had received before the first kept one; undefined if none is kept. */
  get receivedBefore(): number | undefined {
    return this.#receivedBefore
  }

  /**
   * Keeps a frame of `byteLength` bytes; `pass` relays it later.
   * @param receivedBefore how many frames the session had received before it
   * @returns false if all frames together exceed the limit
   */
  add(byteLength: number, receivedBefore: number, pass: () => void): boolean {
    this.#receivedBefore ??= receivedBefore
    this.#bytes += byteLength + overheadBytes
    this.#passes.push(pass)
    return this.#bytes <= this.#maxBytes
  }

  /** Relays all kept frames, in order. */
  pass(): void {
    for (const pass of this.#passes) pass()
  }
}
