/** Cancels what was scheduled; calling it late or twice does nothing. */
export type Cancel = () => void

/** Time, injected so that every rule can be tested without waiting. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** Calls back once, after `delayMs`. */
  after(delayMs: number, callback: () => void): Cancel
  /** Calls back again and again, every `intervalMs`. */
  every(intervalMs: number, callback: () => void): Cancel
}

/**
 * The machine's own. Its timers do not keep the process alive, and one that throws does not end it:
 * `onError` is told.
 */
export function createSystemClock(onError: (error: unknown) => void): Clock {
  const guarded = (callback: () => void) => () => {
    try {
      callback()
    } catch (error) {
      onError(error)
    }
  }
  return {
    now: () => performance.now(),
    after: (delayMs, callback) => {
      const timer = setTimeout(guarded(callback), delayMs).unref()
      return () => clearTimeout(timer)
    },
    every: (intervalMs, callback) => {
      const timer = setInterval(guarded(callback), intervalMs).unref()
      return () => clearInterval(timer)
    },
  }
}
