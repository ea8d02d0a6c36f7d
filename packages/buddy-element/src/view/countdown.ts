/** Counts seconds down to 0. */
export class Countdown {
  #timer: number | undefined

  /**
   * Calls `onSecond` at once with the number of seconds, and then once a second until it is 0. Ends
   * the previous count.
   */
  start(durationMs: number, onSecond: (seconds: number) => void): void {
    this.stop()
    let seconds = Math.ceil(durationMs / 1000)
    onSecond(seconds)
    if (seconds <= 0) return
    this.#timer = window.setInterval(() => {
      seconds -= 1
      if (seconds <= 0) this.stop()
      onSecond(seconds)
    }, 1000)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
