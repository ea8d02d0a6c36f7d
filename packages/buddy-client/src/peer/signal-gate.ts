import type { Pace } from './pace.ts'
import type { LinkSignal } from '../signal.ts'
import { guardDescription } from './guard-description.ts'
import { isBrowserCandidate, isUfrag } from './ice-candidate.ts'

/** Of one connection between two restarts of ICE; the richest machine has some 100. */
export const maxCandidatesPerGeneration = 256

interface SignalGateDependencies {
  /** Kinds of media the call has. */
  readonly kinds: readonly string[]
  readonly candidates: Pace
}

/**
 * What stands between a stranger's signals and the browser, whose work grows with the square of the
 * candidates it is given. Lets through what a browser sends, each candidate once, and no more than any
 * browser gathers.
 */
export class SignalGate {
  readonly #dependencies: SignalGateDependencies
  #ufrag: string | undefined
  #seen = new Set<string>()

  constructor(dependencies: SignalGateDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * What of `signal` is to be applied. Call it in the order in which signals come.
   * @throws Error naming what no browser sends
   */
  admit({ description, candidates }: LinkSignal): LinkSignal {
    return {
      description: description && { ...description, sdp: this.#guard(description.sdp) },
      candidates: candidates.filter((each) => {
        const { candidate = '', sdpMid, sdpMLineIndex, usernameFragment: ufrag } = each
        const isPlausible = isBrowserCandidate(candidate) && (!ufrag || isUfrag(ufrag))
        return isPlausible && this.#isNew(`${candidate} ${sdpMid} ${sdpMLineIndex} ${ufrag}`)
      }),
    }
  }

  #guard(received: string): string {
    const inside: string[] = []
    const { sdp, ufrag } = guardDescription(received, {
      kinds: this.#dependencies.kinds,
      admitsCandidate: (line) => {
        const isAdmitted = isBrowserCandidate(line) && !inside.includes(line)
        if (isAdmitted) inside.push(line)
        return isAdmitted
      },
    })
    if (ufrag !== this.#ufrag) this.#seen.clear()
    this.#ufrag = ufrag
    for (const line of inside) this.#isNew(line)
    return sdp
  }

  #isNew(content: string): boolean {
    if (this.#seen.has(content)) return false
    this.#seen.add(content)
    const { candidates } = this.#dependencies
    if (this.#seen.size > maxCandidatesPerGeneration || candidates.reserve() > 0) {
      throw new Error('more candidates than any browser gathers')
    }
    return true
  }
}
