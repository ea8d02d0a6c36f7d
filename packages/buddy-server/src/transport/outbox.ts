/** Something that gathers what is to be sent. */
export interface Flushable {
  /** Hands over what was gathered. */
  flush(): void
  /** Called where `flush` threw. */
  terminate(): void
}

/** Flushes whatever was scheduled in one turn of the event loop, once, at its end. */
export class Outbox {
  readonly #onError: (error: unknown) => void
  readonly #dirty = new Set<Flushable>()
  #isScheduled = false

  /** @param onError gets what a `flush` threw; the others are flushed all the same */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Has `connection` flushed at the end of this turn, however often it is called. */
  schedule(connection: Flushable): void {
    this.#dirty.add(connection)
    if (this.#isScheduled) return
    this.#isScheduled = true
    // After all sockets that are ready now have been read: their answers travel together.
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
