import type { Quality } from './quality.ts'

/** One rung of the ladder, that is, upper limits for the video that is sent. */
export interface Rung {
  readonly kbps: number
  /** The shorter side of the picture, in pixels. */
  readonly shortSide: number
  readonly framesPerSecond: number
}

const rungs: readonly [Rung, ...Rung[]] = [
  { kbps: 2500, shortSide: Infinity, framesPerSecond: 30 },
  { kbps: 1000, shortSide: 540, framesPerSecond: 30 },
  { kbps: 500, shortSide: 360, framesPerSecond: 24 },
  { kbps: 250, shortSide: 240, framesPerSecond: 15 },
  { kbps: 120, shortSide: 180, framesPerSecond: 12 },
]

/**
 * The index of the lowest rung that fair quality leads to. Only poor quality leads lower. The reason is
 * random loss, as on a radio link, against which a lower bitrate does not help.
 */
const lowestWhenFair = 2
const lowest = rungs.length - 1
/** The index of the highest rung in low-data mode. */
const lowDataRung = 3

/** The number of consecutive fair measurements before a step down. A single poor one is enough. */
const fairBeforeDown = 2
/** The number of consecutive good measurements before a step up. */
const goodBeforeUp = 5
/** The maximum of `goodBeforeUp`, which doubles whenever a step up has failed. */
const maxGoodBeforeUp = 40

/**
 * Lowers the limits for sent video quickly when it arrives badly at the partner, and raises them slowly.
 */
export class BitrateLadder {
  /** The index of the rung that the measurements led to. If `#best` is lower on the ladder, it applies. */
  #index = 0
  #best = 0
  #fair = 0
  #good = 0
  #goodBeforeUp = goodBeforeUp
  #wasLastUp = false

  get rung(): Rung {
    return rungs[this.#current] ?? rungs[0]
  }

  /** Turns low-data mode on or off, at once. In this mode the ladder stays at or below a low rung. */
  setLowData(isLowData: boolean): void {
    this.#best = isLowData ? lowDataRung : 0
  }

  /**
   * Handles a measurement of how local media arrives at the partner. Returns whether the rung has changed.
   */
  handle(quality: Quality): boolean {
    const before = this.#current
    this.#good = quality === 'good' ? this.#good + 1 : 0
    this.#fair = quality === 'fair' ? this.#fair + 1 : 0
    if (quality === 'poor') this.#stepDown(lowest)
    else if (this.#fair >= fairBeforeDown) this.#stepDown(lowestWhenFair)
    else if (this.#good >= this.#goodBeforeUp) this.#stepUp()
    return this.#current !== before
  }

  get #current(): number {
    return Math.max(this.#index, this.#best)
  }

  #stepDown(end: number): void {
    this.#fair = 0
    if (this.#current >= end) return
    this.#index = this.#current + 1
    // If the previous step went up, it has failed, so the next step up needs more good measurements.
    if (this.#wasLastUp) this.#goodBeforeUp = Math.min(2 * this.#goodBeforeUp, maxGoodBeforeUp)
    this.#wasLastUp = false
  }

  #stepUp(): void {
    this.#good = 0
    // If the previous step also went up, it has not failed, so the usual number of measurements applies
    // again.
    if (this.#wasLastUp) this.#goodBeforeUp = goodBeforeUp
    this.#wasLastUp = this.#index > this.#best
    if (this.#wasLastUp) this.#index--
  }
}
