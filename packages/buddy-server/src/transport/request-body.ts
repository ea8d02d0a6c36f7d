/** The maximum length of a body that is kept. */
const maxBodyBytes = 16_384

/**
 * The maximum length of a body of a request whose body is kept. Between this and {@link maxBodyBytes}, the
 * body is received and dropped, so that the client receives an error by name. A connection that ends while
 * the client is sending shows the client only that it has ended.
 */
const maxRefusedBytes = 65_536

/**
 * The maximum number of parts in which a body arrives. Each costs a call from native code, which would add up if
 * a client sent chunks of one byte.
 */
const maxParts = 256

/** The body of one request. It keeps or drops the parts that arrive, and limits its length. */
export class RequestBody {
  readonly #isKept: boolean
  /** Has room for the longest body. It is one buffer, because many short chunks would cost more. */
  #buffer: Uint8Array | undefined
  #receivedBytes = 0
  #parts = 0

  /** @param isKept whether {@link bytes} returns the body. Otherwise it is dropped as it arrives. */
  constructor(isKept: boolean) {
    this.#isKept = isKept
  }

  /**
   * Adds a part of the body. Returns false if the body is so long, or has so many parts, that the connection has
   * to end.
   */
  add(chunk: ArrayBuffer): boolean {
    const offset = this.#receivedBytes
    this.#receivedBytes += chunk.byteLength
    if (++this.#parts > maxParts) return false
    if (!this.#isKept) return this.#receivedBytes <= maxBodyBytes
    if (this.#receivedBytes > maxBodyBytes) return this.#receivedBytes <= maxRefusedBytes
    this.#buffer ??= new Uint8Array(maxBodyBytes)
    // The bytes are copied, because the chunk is valid only during this call.
    this.#buffer.set(new Uint8Array(chunk), offset)
    return true
  }

  /** The body so far. Undefined if it is dropped, or longer than {@link maxBodyBytes}. */
  get bytes(): Uint8Array | undefined {
    if (!this.#isKept || this.#receivedBytes > maxBodyBytes) return undefined
    return this.#buffer?.subarray(0, this.#receivedBytes) ?? new Uint8Array()
  }
}
