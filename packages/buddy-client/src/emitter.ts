/** Removes a listener. A second call does nothing. */
export type Unsubscribe = () => void

/** Reports an error to `window.onerror` like an uncaught one, without throwing it. */
function reportListenerError(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error)
  else console.error(error)
}

/**
 * An emitter of typed events. Listeners run in the order in which they were added. If a listener throws,
 * the error is reported as uncaught, and the other listeners still run. Adding or removing a listener
 * during an event takes effect with the next event. If a listener emits an event, the event is delivered
 * after all listeners of the present event have run.
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
    // Because of the wrapper, a function that is added twice is called twice.
    const own = (detail: Events[Name]): void => listener(detail)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  emit<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    this.#deliveries.push(() => this.#deliver(name, detail))
    this.#deliverAll()
  }

  /**
   * Runs `act` and delivers the events that it emits afterwards, in order, so that no listener sees the
   * caller in an inconsistent state.
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

  /** Returns the number of listeners of the event `name`. */
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
    // The set is copied, because listeners may be added or removed while the event is delivered.
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
