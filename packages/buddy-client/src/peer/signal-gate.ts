import type { Pace } from './pace.ts'
import type { LinkSignal } from '../signal.ts'
import { guardDescription } from './guard-description.ts'
import { isBrowserCandidate, isUfrag } from './ice-candidate.ts'
import { maxCandidatesPerGeneration } from './partner-limits.ts'

interface SignalGateDependencies {
  /** The kinds of media that the call has. */
  readonly kinds: readonly string[]
  readonly candidates: Pace
}

/**
 * Filters the partner's signals before they reach the browser, because the browser's work grows with the
 * square of the number of candidates. Passes only what browsers send, each candidate once, and not more
 * candidates than browsers gather.
 */
export class SignalGate {
  readonly #dependencies: SignalGateDependencies
  #ufrag: string | undefined
  #seen = new Set<string>()

  constructor(dependencies: SignalGateDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Returns the part of the signal to apply. Call it in the order in which signals arrive.
   * @throws Error if no browser sends such a signal; the message names the reason
   */
  admit({ description, candidates }: LinkSignal): LinkSignal {
    return {
      description: description && { ...description, sdp: this.#guard(description.sdp) },
      candidates: candidates.filter((each) => {
        const { candidate = '', sdpMid, sdpMLineIndex, usernameFragment: ufrag } = each
        const isPlausible = isBrowserCandidate(candidate) && (!ufrag || isUfrag(ufrag))
        return isPlausible && this.#register(`${candidate} ${sdpMid} ${sdpMLineIndex} ${ufrag}`)
      }),
    }
  }

  #guard(received: string): string {
    const admitted: string[] = []
    const { sdp, ufrag } = guardDescription(received, {
      kinds: this.#dependencies.kinds,
      admitsCandidate: (line) => {
        const isAdmitted = isBrowserCandidate(line) && !admitted.includes(line)
        if (isAdmitted) admitted.push(line)
        return isAdmitted
      },
    })
    if (ufrag !== this.#ufrag) this.#seen.clear()
    this.#ufrag = ufrag
    for (const line of admitted) this.#register(line)
    return sdp
  }

  /** Returns false if the candidate was registered before. */
  #register(content: string): boolean {
    if (this.#seen.has(content)) return false
    this.#seen.add(content)
    const { candidates } = this.#dependencies
    if (this.#seen.size > maxCandidatesPerGeneration || candidates.reserve() > 0) {
      throw new Error('too many ICE candidates')
    }
    return true
  }
}
