import type { Notify } from '../events.ts'
import { percent } from './status.ts'

/** Below this the warning is over; a little lower than its beginning, so that it does not flap. */
const overPercent = 75

/** Notices when the share of users crosses 80 and 95 percent of the cap. */
export class CapacityWatch {
  readonly #notify: Notify
  #level: 0 | 80 | 95 = 0

  constructor(notify: Notify) {
    this.#notify = notify
  }

  /** Looks at the present number; tells of a level once when it is reached. */
  look(users: number, maxUsers: number): void {
    const share = percent(users, maxUsers)
    const level = this.#levelAt(share)
    if (level === this.#level) return
    const isRising = level > this.#level
    this.#level = level
    if (isRising || level === 0) this.#notify('capacity', { level, percent: share })
  }

  #levelAt(share: number): 0 | 80 | 95 {
    if (share >= 95) return 95
    if (share >= 80) return this.#level === 95 && share >= 90 ? 95 : 80
    return this.#level > 0 && share >= overPercent ? 80 : 0
  }
}
