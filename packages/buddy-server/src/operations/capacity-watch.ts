import { percent } from './status.ts'

/**
 * Below this percentage the warning ends. It is lower than the first level, so that the warning does not end
 * and return while the number varies around that level.
 */
const endPercent = 75

/** Reports when a number reaches 80 and 95 percent of its maximum. */
export class CapacityWatch {
  readonly #onLevel: (level: 0 | 80 | 95, percent: number) => void
  #level: 0 | 80 | 95 = 0

  /**
   * @param onLevel called once when a level is reached, and with level 0 when the number is well below the
   * first level again
   */
  constructor(onLevel: (level: 0 | 80 | 95, percent: number) => void) {
    this.#onLevel = onLevel
  }

  /** Compares `count` with `max`. Calls `onLevel` if the level has risen, or has fallen to 0. */
  check(count: number, max: number): void {
    const share = percent(count, max)
    const level = this.#levelAt(share)
    if (level === this.#level) return
    const isRising = level > this.#level
    this.#level = level
    if (isRising || level === 0) this.#onLevel(level, share)
  }

  #levelAt(share: number): 0 | 80 | 95 {
    if (share >= 95) return 95
    if (share >= 80) return this.#level === 95 && share >= 90 ? 95 : 80
    return this.#level > 0 && share >= endPercent ? 80 : 0
  }
}
