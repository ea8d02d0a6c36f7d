import type { Cancel, Clock } from '../clock.ts'

/** Candidates that are gathered within this time are sent together. */
const windowMs = 20
/** The most candidates that the protocol allows in one `signal` message. */
export const maxCandidates = 64

interface CandidateBatchDependencies {
  readonly onBatch: (candidates: RTCIceCandidateInit[]) => void
  readonly clock: Clock
}

/**
 * Collects ICE candidates that are gathered shortly after each other, so that they need only one message.
 */
export class CandidateBatch {
  readonly #dependencies: CandidateBatchDependencies
  #candidates: RTCIceCandidateInit[] = []
  #cancel: Cancel | undefined

  constructor(dependencies: CandidateBatchDependencies) {
    this.#dependencies = dependencies
  }

  /** Adds a candidate. The batch is sent 20 ms after its first candidate, or as soon as it has 64. */
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
