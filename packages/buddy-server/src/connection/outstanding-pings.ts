/** More pings than this are not outstanding at a time; a client that answers has one or two. */
const maxOutstanding = 8
const payloadBytes = 4

/**
 * The pings of one connection that the client has not answered. A pong counts only if it matches one
 * of them: anything else a client can send without having read anything.
 */
export class OutstandingPings {
  /** How many frames were sent before each ping, oldest first; absent while there is none. */
  #sentBefore: number[] | undefined

  /**
   * A ping's payload, which says how many frames were sent before it; undefined if too many pings are
   * outstanding already.
   * @param sent at least 0
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
   * Takes a pong. It also answers every ping before its own (RFC 6455 §5.5.3).
   * @returns how many frames had been sent before the ping: they have arrived; undefined if the pong
   *   answers no outstanding ping
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
