/** Restarts the server once for all cases that run at the same time. */
export class SharedRestart {
  readonly #restart: () => Promise<void>
  #running = 0
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []

  /** @param restart restarts the server, and resolves when it listens */
  constructor(restart: () => Promise<void>) {
    this.#restart = restart
  }

  /** Call this when a case begins. The restart waits for it. */
  begin(): void {
    this.#running++
  }

  /** Call this when a case has ended. */
  end(): void {
    this.#running--
    this.#restartIfAllWait()
  }

  /** Resolves when the server has restarted, which it does as soon as every running case waits for it. */
  async wait(): Promise<void> {
    const restarted = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
    this.#restartIfAllWait()
    await restarted
  }

  #restartIfAllWait(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#running) return
    const waiting = this.#waiting
    this.#waiting = []
    this.#restart().then(
      () => {
        for (const { resolve } of waiting) resolve()
      },
      (error: unknown) => {
        for (const { reject } of waiting) reject(error)
      },
    )
  }
}
