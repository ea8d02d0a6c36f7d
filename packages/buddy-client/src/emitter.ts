/** Removes a listener. A second call does nothing. */
export type Unsubscribe = () => void

/** Reports an error as uncaught (`window.onerror`) without throwing it here. */
function reportListenerError(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error)
  else console.error(error)
}

/**
 * Typed events. Listeners run in the order in which they were added. If a listener throws, the error is
 * reported as uncaught, and the other listeners run all the same. A listener that is added or removed
 * during an event counts from the next event on. Events are delivered one after another: an event that
 * a listener causes is delivered after every listener of the present event has run.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>()
  readonly #deliveries: (() => void)[] = []
  /** The depth of nested `batch` calls. */
  #batches = 0
  #isDelivering = false

  on<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // The wrapper makes the same function, added twice, two subscriptions.
    const own = (detail: Events[Name]): void => listener(detail)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  emit<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    this.#deliveries.push(() => this.#deliver(name, detail))
    this.#deliverAll()
  }

  /**
   * Runs `act`. Events that are emitted meanwhile are delivered after it, in order, so that no listener
   * runs while the caller is between two states.
   */
  batch<Result>(act: () => Result): Result {
    this.#batches++
    try {
      return act()
    } finally {
      this.#batches--
      this.#deliverAll()
    }
  }

  /** How many listeners `name` has. */
  count(name: keyof Events): number {
    return this.#listeners.get(name)?.size ?? 0
  }

  #deliverAll(): void {
    if (this.#batches > 0 || this.#isDelivering) return
    this.#isDelivering = true
    for (let next = this.#deliveries.shift(); next; next = this.#deliveries.shift()) next()
    this.#isDelivering = false
  }

  #deliver<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    // A copy, because listeners may be added or removed while the event is delivered.
    const listeners = [...(this.#listeners.get(name) ?? [])]
    for (const listener of listeners) {
      try {
        ;(listener as (detail: Events[Name]) => void)(detail)
      } catch (error) {
        reportListenerError(error)
      }
    }
  }
}
