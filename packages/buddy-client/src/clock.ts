/** Cancels a scheduled callback. Does nothing if the callback has run or was cancelled before. */
export type Cancel = () => void

/** The source of time and timers. It is injected, so that tests need not wait. */
export interface Clock {
  /** Returns the milliseconds since an arbitrary moment. The value never decreases. */
  now(): number
  /** Calls `callback` once, `delayMs` milliseconds from now. */
  after(delayMs: number, callback: () => void): Cancel
}

/** The clock of the browser, or of Node. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
