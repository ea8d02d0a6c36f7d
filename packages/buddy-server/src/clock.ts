/** A function that cancels a timer. It does nothing if the timer has fired or was cancelled before. */
export type Cancel = () => void

/** The source of time. It is passed to the parts that need it, so that tests need not wait. */
export interface Clock {
  /** Returns milliseconds since an arbitrary moment. The result never decreases. */
  now(): number
  /** Calls `callback` once after `delayMs`. Returns a function that cancels the call. */
  after(delayMs: number, callback: () => void): Cancel
  /** Calls `callback` every `intervalMs`. Returns a function that stops the calls. */
  every(intervalMs: number, callback: () => void): Cancel
}

/**
 * Creates a clock that uses the timers of Node. They do not keep the process alive. If a callback throws, the
 * clock passes the error to `onError`, and the process continues.
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
