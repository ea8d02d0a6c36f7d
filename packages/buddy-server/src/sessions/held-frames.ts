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

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * Keeps a frame of `byteLength` bytes; `pass` relays it later.
   * @returns false if all frames together exceed the limit
   */
  add(byteLength: number, pass: () => void): boolean {
    this.#bytes += byteLength + overheadBytes
    this.#passes.push(pass)
    return this.#bytes <= this.#maxBytes
  }

  /** Relays all kept frames, in order. */
  pass(): void {
    for (const pass of this.#passes) pass()
  }
}
