import type { Cancel, Clock } from '../clock.ts'

/** Candidates that are gathered within this time are sent together. */
const windowMs = 20
/** The most candidates in one `signal` message; see the protocol. */
export const maxCandidates = 64

interface CandidateBatchDependencies {
  readonly onBatch: (candidates: RTCIceCandidateInit[]) => void
  readonly clock: Clock
}

/** Collects trickled ICE candidates, so that a burst becomes one message instead of twenty. */
export class CandidateBatch {
  readonly #dependencies: CandidateBatchDependencies
  #candidates: RTCIceCandidateInit[] = []
  #cancel: Cancel | undefined

  constructor(dependencies: CandidateBatchDependencies) {
    this.#dependencies = dependencies
  }

  /** Adds a candidate. The batch is sent after 20 ms, or as soon as it has 64 candidates. */
  add(candidate: RTCIceCandidateInit): void {
    this.#candidates.push(candidate)
    if (this.#candidates.length >= maxCandidates) this.#dependencies.onBatch(this.take())
    else {
      this.#cancel ??= this.#dependencies.clock.after(windowMs, () => {
        this.#dependencies.onBatch(this.take())
      })
    }
  }

  /** Returns the collected candidates, to be sent with a description, and cancels the timer. */
  take(): RTCIceCandidateInit[] {
    this.#cancel?.()
    this.#cancel = undefined
    return this.#candidates.splice(0)
  }
}
