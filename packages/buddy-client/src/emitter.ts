/** Takes a listener off again; calling it twice does nothing. */
export type Unsubscribe = () => void

/** Tells an error to whoever watches the page (`window.onerror`), without throwing here. */
function reportListenerError(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error)
  else console.error(error)
}

/**
 * Typed events. Listeners run in the order in which they were added; one that throws is reported as an
 * uncaught error and breaks neither the others nor the emitter; one that is added or removed during an
 * event counts from the next event on. Events are delivered one after the other: an event that a
 * listener causes follows when every listener of the present event has run.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>()
  readonly #deliveries: (() => void)[] = []
  /** How many `batch` calls run, one inside the other. */
  #batches = 0
  #isDelivering = false

  on<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // A wrapper, so that the same function added twice is two subscriptions.
    const own = (detail: Events[Name]): void => listener(detail)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  emit<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    this.#deliveries.push(() => this.#deliver(name, detail))
    this.#deliverAll()
  }

  /**
   * Runs `act`. What is emitted meanwhile is delivered after it, in order, so that no listener runs while
   * its caller is halfway from one state to the next.
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
    // A copy: listeners may come and go while this event is delivered.
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
