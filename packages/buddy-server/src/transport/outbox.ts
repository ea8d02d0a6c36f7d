/** A connection that queues frames until it is flushed. */
export interface Flushable {
  /** Sends the queued frames. */
  flush(): void
  /** Ends the connection. Called if `flush` has thrown. */
  terminate(): void
}

/**
 * Flushes connections at the end of a turn of the event loop. Each connection that was scheduled in that turn
 * is flushed once.
 */
export class Outbox {
  readonly #onError: (error: unknown) => void
  readonly #dirty = new Set<Flushable>()
  #isScheduled = false

  /** @param onError receives errors that `flush` throws. The other connections are still flushed. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Flushes `connection` at the end of this turn, only once even if this is called several times. */
  schedule(connection: Flushable): void {
    this.#dirty.add(connection)
    if (this.#isScheduled) return
    this.#isScheduled = true
    // `setImmediate` calls back after all sockets with data have been read, so that the frames for one
    // connection are sent together.
    setImmediate(() => {
      this.#isScheduled = false
      const connections = [...this.#dirty]
      this.#dirty.clear()
      for (const connection of connections) {
        try {
          connection.flush()
        } catch (error) {
          this.#onError(error)
          connection.terminate()
        }
      }
    })
  }
}
