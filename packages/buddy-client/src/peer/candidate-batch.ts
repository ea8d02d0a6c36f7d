/** Candidates that are gathered within this time are sent together. */
const windowMs = 20
/** The most candidates in one `signal` message; see the protocol. */
export const maxCandidates = 64

interface CandidateBatchDependencies {
  readonly onBatch: (candidates: RTCIceCandidateInit[]) => void
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
}

/** Collects trickled ICE candidates, so that a burst becomes one message instead of twenty. */
export class CandidateBatch {
  readonly #dependencies: CandidateBatchDependencies
  #candidates: RTCIceCandidateInit[] = []
  #timer: number | undefined

  constructor(dependencies: CandidateBatchDependencies) {
    this.#dependencies = dependencies
  }

  /** Adds a candidate. The batch is sent after 20 ms, or as soon as it has 64 candidates. */
  add(candidate: RTCIceCandidateInit): void {
    this.#candidates.push(candidate)
    if (this.#candidates.length >= maxCandidates) this.#dependencies.onBatch(this.take())
    else {
      this.#timer ??= this.#dependencies.setTimeout(() => {
        this.#dependencies.onBatch(this.take())
      }, windowMs)
    }
  }

  /** Returns the collected candidates, to be sent with a description, and cancels the timer. */
  take(): RTCIceCandidateInit[] {
    if (this.#timer !== undefined) this.#dependencies.clearTimeout(this.#timer)
    this.#timer = undefined
    return this.#candidates.splice(0)
  }
}
