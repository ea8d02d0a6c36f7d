import type { Quality } from './quality.ts'

/** The most that video is sent with. */
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
 * What is lost by chance, as by radio, is lost from a small picture as well: below this only who is
 * hardly seen any more goes.
 */
const lowestWhenFair = 2
const lowest = rungs.length - 1
/** Where one begins who has little data to spend. */
const lowDataRung = 3

/** Fair measurements in a row that lead a step down; of poor ones, one does. */
const fairBeforeDown = 2
/** Good measurements in a row that lead a step up … */
const goodBeforeUp = 5
/** … and at most, where one step up after the other was too much. */
const maxGoodBeforeUp = 40

/** Video goes down fast when it arrives badly, and up again slowly. */
export class BitrateLadder {
  /** Where quality has led to. */
  #index = 0
  #best = 0
  #fair = 0
  #good = 0
  #goodBeforeUp = goodBeforeUp
  #wasLastUp = false

  get rung(): Rung {
    return rungs[this.#current] ?? rungs[0]
  }

  /** Never higher than the rung for little data, or as high as can be; at once. */
  setLowData(isLowData: boolean): void {
    this.#best = isLowData ? lowDataRung : 0
  }

  /** Takes one measurement of how own media arrives. Returns whether the rung is another now. */
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
    // The step up was too much: the next is waited for longer.
    if (this.#wasLastUp) this.#goodBeforeUp = Math.min(2 * this.#goodBeforeUp, maxGoodBeforeUp)
    this.#wasLastUp = false
  }

  #stepUp(): void {
    this.#good = 0
    // It has held, so the next may be as soon as ever.
    if (this.#wasLastUp) this.#goodBeforeUp = goodBeforeUp
    this.#wasLastUp = this.#index > this.#best
    if (this.#wasLastUp) this.#index--
  }
}
