/** Maximum number of unanswered pings. A client that answers its pings has one or two at a time. */
const maxOutstanding = 8
const payloadBytes = 4

/**
 * The pings of one connection that the client has not answered yet. Only a pong with the payload of one of
 * them proves that the client has read something.
 */
export class OutstandingPings {
  /**
   * The number of frames sent before each ping, oldest ping first. Undefined while there is no ping, to save
   * memory.
   */
  #sentBefore: number[] | undefined

  /**
   * Adds a ping. Returns its payload, which contains `sent`. Returns undefined if too many pings are
   * unanswered.
   * @param sent the number of frames sent before the ping
   */
  next(sent: number): Uint8Array | undefined {
    this.#sentBefore ??= []
    if (this.#sentBefore.length >= maxOutstanding) return undefined
    this.#sentBefore.push(sent)
    const payload = new Uint8Array(payloadBytes)
    new DataView(payload.buffer).setUint32(0, sent)
    return payload
  }

  /**
   * Handles a pong. A pong answers the ping with its payload and every ping before that (RFC 6455 §5.5.3).
   * @returns the number of frames sent before the answered ping. Undefined if the pong answers no outstanding
   * ping.
   */
  handlePong(payload: Uint8Array): number | undefined {
    if (payload.length !== payloadBytes || !this.#sentBefore) return undefined
    const sent = new DataView(payload.buffer, payload.byteOffset).getUint32(0)
    const index = this.#sentBefore.indexOf(sent)
    if (index < 0) return undefined
    if (index === this.#sentBefore.length - 1) this.#sentBefore = undefined
    else this.#sentBefore.splice(0, index + 1)
    return sent
  }
}
