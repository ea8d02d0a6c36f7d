/** Cancels a timer. Does nothing if the timer has fired, or was cancelled before. */
export type Cancel = () => void

/** The source of time. It is injected, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since an arbitrary moment. Never decreases. */
  now(): number
  /** Calls back once after `delayMs`. */
  after(delayMs: number, callback: () => void): Cancel
  /** Calls back every `intervalMs`. */
  every(intervalMs: number, callback: () => void): Cancel
}

/**
 * Makes a clock from the timers of Node. They do not keep the process alive. If a callback throws, the
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
