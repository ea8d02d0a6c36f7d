import type { Cancel, Clock } from '../clock.ts'

/** The clock of a node that can hang. Its timers wait meanwhile, and fire when it continues. */
export class NodeClock implements Clock {
  readonly #clock: Clock
  readonly #isHanging: () => boolean
  readonly #waiting: (() => void)[] = []

  constructor(clock: Clock, isHanging: () => boolean) {
    this.#clock = clock
    this.#isHanging = isHanging
  }

  now(): number {
    return this.#clock.now()
  }

  after(delayMs: number, callback: () => void): Cancel {
    let isCancelled = false
    const fire = (): void => {
      if (!isCancelled) callback()
    }
    const cancel = this.#clock.after(delayMs, () => {
      if (this.#isHanging()) this.#waiting.push(fire)
      else fire()
    })
    return () => {
      isCancelled = true
      cancel()
    }
  }

  every(): Cancel {
    return () => undefined
  }

  /** The node continues. */
  wake(): void {
    for (const fire of this.#waiting.splice(0)) fire()
  }
}
