/** Cancels a scheduled callback. Does nothing if the callback has run or was cancelled before. */
export type Cancel = () => void

/** Time. It is injected, so that tests do not wait. */
export interface Clock {
  /** Returns milliseconds since an arbitrary moment. Never goes back. */
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
