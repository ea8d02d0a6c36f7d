/** Candidates that come within this time travel together. */
const windowMs = 20
/** The most one `signal` holds; see the protocol. */
export const maxCandidates = 64

interface CandidateBatchDependencies {
  readonly onBatch: (candidates: RTCIceCandidateInit[]) => void
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
}

/** Gathers trickled ICE candidates, so that a burst of them is one frame instead of twenty. */
export class CandidateBatch {
  readonly #dependencies: CandidateBatchDependencies
  #candidates: RTCIceCandidateInit[] = []
  #timer: number | undefined

  constructor(dependencies: CandidateBatchDependencies) {
    this.#dependencies = dependencies
  }

  /** Adds one; it goes out within 20 ms, or when 64 are together. */
  add(candidate: RTCIceCandidateInit): void {
    this.#candidates.push(candidate)
    if (this.#candidates.length >= maxCandidates) this.#dependencies.onBatch(this.take())
    else {
      this.#timer ??= this.#dependencies.setTimeout(() => {
        this.#dependencies.onBatch(this.take())
      }, windowMs)
    }
  }

  /** Takes what is gathered, to travel with a description, and stops the timer. */
  take(): RTCIceCandidateInit[] {
    if (this.#timer !== undefined) this.#dependencies.clearTimeout(this.#timer)
    this.#timer = undefined
    return this.#candidates.splice(0)
  }
}
