/** Takes a listener off again; calling it twice does nothing. */
export type Unsubscribe = () => void

/** Tells an error to whoever watches the page (`window.onerror`), without throwing here. */
function reportListenerError(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error)
  else console.error(error)
}

/**
 * Typed events. Listeners run in the order they came; one that throws is reported as an uncaught
 * error and breaks neither the others nor the emitter; one added or removed during an event is
 * heard from the next on.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>()

  on<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // A wrapper, so that the same function added twice is two subscriptions.
    const own = (detail: Events[Name]): void => listener(detail)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  emit<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    // A copy: listeners may come and go while this event is told.
    const listeners = [...(this.#listeners.get(name) ?? [])]
    for (const listener of listeners) {
      try {
        ;(listener as (detail: Events[Name]) => void)(detail)
      } catch (error) {
        reportListenerError(error)
      }
    }
  }

  /** How many listeners `name` has. */
  count(name: keyof Events): number {
    return this.#listeners.get(name)?.size ?? 0
  }
}
