/** A connection that queues frames until it is flushed. */
export interface Flushable {
  /** Sends the queued frames. */
  flush(): void
  /** Called if `flush` throws. */
  terminate(): void
}

/** Flushes every connection that was scheduled in one turn of the event loop, once, at the end of the turn. */
export class Outbox {
  readonly #onError: (error: unknown) => void
  readonly #dirty = new Set<Flushable>()
  #isScheduled = false

  /** @param onError receives what a `flush` has thrown. The other connections are still flushed. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Flushes `connection` once at the end of this turn, however often this is called. */
  schedule(connection: Flushable): void {
    this.#dirty.add(connection)
    if (this.#isScheduled) return
    this.#isScheduled = true
    // Runs after all sockets that are ready now have been read, so that their answers are sent together.
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
