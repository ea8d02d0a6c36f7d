import type { Quality } from './quality.ts'

/** Upper limits for the video that is sent. */
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
 * Fair quality leads no lower than this; poor quality may. Random loss, as on a radio link, hits small
 * pictures too, so that a lower bitrate does not help against it.
 */
const lowestWhenFair = 2
const lowest = rungs.length - 1
/** The highest rung in low-data mode. */
const lowDataRung = 3

/** Consecutive fair measurements before a step down. A single poor one is enough. */
const fairBeforeDown = 2
/** Consecutive good measurements before a step up. */
const goodBeforeUp = 5
/** The most that this number grows to when steps up have failed. */
const maxGoodBeforeUp = 40

/** Lowers the video limits quickly when video arrives badly, and raises them slowly. */
export class BitrateLadder {
  /** The rung that quality has led to; `#best` may still hold the ladder lower. */
  #index = 0
  #best = 0
  #fair = 0
  #good = 0
  #goodBeforeUp = goodBeforeUp
  #wasLastUp = false

  get rung(): Rung {
    return rungs[this.#current] ?? rungs[0]
  }

  /** Takes effect at once. In low-data mode the ladder does not rise above the low-data rung. */
  setLowData(isLowData: boolean): void {
    this.#best = isLowData ? lowDataRung : 0
  }

  /** Takes one measurement of how local media arrives at the partner. Returns whether the rung has changed. */
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
    // The latest step up was too much, so the next one needs more good measurements.
    if (this.#wasLastUp) this.#goodBeforeUp = Math.min(2 * this.#goodBeforeUp, maxGoodBeforeUp)
    this.#wasLastUp = false
  }

  #stepUp(): void {
    this.#good = 0
    // The latest step up has held, so the next one needs only the usual number.
    if (this.#wasLastUp) this.#goodBeforeUp = goodBeforeUp
    this.#wasLastUp = this.#index > this.#best
    if (this.#wasLastUp) this.#index--
  }
}
