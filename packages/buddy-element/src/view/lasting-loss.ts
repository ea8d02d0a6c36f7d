/** A loss of a connection, which is shown only when it has lasted for some time. */
export class LastingLoss {
  #timer: number | undefined
  #isShown = false

  /** Whether the loss has lasted long enough to be shown. */
  get isShown(): boolean {
    return this.#isShown
  }

  /**
   * Calls `onShow` after `unshownMs` unless {@link end} is called before, and at once if the time is 0. Does nothing if
   * the loss has begun already.
   */
  begin(unshownMs: number, onShow: () => void): void {
    if (this.#isShown || this.#timer !== undefined) return
    const show = (): void => {
      this.#timer = undefined
      this.#isShown = true
      onShow()
    }
    if (unshownMs === 0) show()
    else this.#timer = window.setTimeout(show, unshownMs)
  }

  /** Call when the loss has ended. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isShown = false
  }
}
