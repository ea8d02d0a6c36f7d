import { percent } from './status.ts'

/** Below this the warning is over; a little lower than its beginning, so that it does not flap. */
const overPercent = 75

/** Notices when a number crosses 80 and 95 percent of its cap. */
export class CapacityWatch {
  readonly #onLevel: (level: 0 | 80 | 95, percent: number) => void
  #level: 0 | 80 | 95 = 0

  /** @param onLevel is called once when a level is reached, and with 0 when all is well again */
  constructor(onLevel: (level: 0 | 80 | 95, percent: number) => void) {
    this.#onLevel = onLevel
  }

  /** Looks at the present number. */
  look(count: number, max: number): void {
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
    return this.#level > 0 && share >= overPercent ? 80 : 0
  }
}
