/** Memory of one kept frame in addition to its bytes: its typed array and its function. */
const overheadBytes = 400

/** Frames for a partner who has not come back yet after a restart of the server, up to a limit in bytes. */
export class HeldFrames {
  readonly #maxBytes: number
  #bytes = 0
  readonly #passes: (() => void)[] = []

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * Keeps a frame of `byteLength` bytes.
   * @returns false if all frames together exceed the limit
   */
  add(byteLength: number, pass: () => void): boolean {
    this.#bytes += byteLength + overheadBytes
    this.#passes.push(pass)
    return this.#bytes <= this.#maxBytes
  }

  /** Passes all frames on, in order. */
  pass(): void {
    for (const pass of this.#passes) pass()
  }
}
