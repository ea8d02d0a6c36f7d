import type { Clock } from '../clock.ts'
import type { LinkSignal } from '../signal.ts'
import type { PartnerRates } from './partner-limits.ts'
import { SignalGate } from './signal-gate.ts'

/** The most candidates to apply in one turn of the event loop, so that the page stays responsive. */
const candidatesPerTurn = 32
/**
 * The most descriptions that may wait to be applied. A client that follows the protocol has only one,
 * because it waits for the answer before it sends another offer.
 */
const maxPendingDescriptions = 8

interface IncomingSignalsDependencies {
  /** The kinds of media that the call has. */
  readonly kinds: readonly string[]
  readonly budget: PartnerRates
  readonly clock: Clock
  readonly isClosed: () => boolean
  /** Rejects if the description cannot be applied. */
  readonly applyDescription: (description: NonNullable<LinkSignal['description']>) => Promise<void>
  /** Never rejects. */
  readonly applyCandidate: (candidate: RTCIceCandidateInit) => Promise<void>
  readonly onBroken: (message: string, cause: unknown) => void
}

/**
 * Applies the partner's signals to a peer connection. Drops candidates and attributes that no browser
 * sends. Calls `onBroken` for signals that no browser sends, for example too many candidates. Applies one
 * signal after the other, because a candidate can only be applied after its description. Limits the rate
 * of offers, and applies few candidates at a time.
 */
export class IncomingSignals {
  readonly #dependencies: IncomingSignalsDependencies
  readonly #gate: SignalGate
  #applied: Promise<void> = Promise.resolve()
  #pendingDescriptions = 0

  constructor(dependencies: IncomingSignalsDependencies) {
    this.#dependencies = dependencies
    const { kinds, budget } = dependencies
    this.#gate = new SignalGate({ kinds, candidates: budget.candidates })
  }

  /** Handles a signal from the partner. Never throws. If the signal cannot be applied, calls `onBroken`. */
  handle(received: LinkSignal): void {
    const { isClosed, onBroken } = this.#dependencies
    if (isClosed()) return
    let signal: LinkSignal
    try {
      signal = this.#gate.admit(received)
      if (signal.description && ++this.#pendingDescriptions > maxPendingDescriptions) {
        throw new Error('too many unanswered offers')
      }
    } catch (cause) {
      onBroken('the partner sent a signal that no browser sends', cause)
      return
    }
    this.#applied = this.#applied.then(async () => {
      try {
        await this.#apply(signal)
      } catch (cause) {
        onBroken('the partner sent a signal that cannot be applied', cause)
      }
    })
  }

  async #apply({ description, candidates }: LinkSignal): Promise<void> {
    const { budget, isClosed, applyDescription, applyCandidate } = this.#dependencies
    if (description && !isClosed()) {
      const delayMs = description.type === 'offer' ? budget.offers.reserve() : 0
      if (delayMs > 0) await this.#wait(delayMs)
      if (!isClosed()) await applyDescription(description)
      this.#pendingDescriptions--
    }
    for (const [index, candidate] of candidates.entries()) {
      if (index > 0 && index % candidatesPerTurn === 0) await this.#wait(0)
      if (isClosed()) return
      await applyCandidate(candidate)
    }
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#dependencies.clock.after(delayMs, resolve))
  }
}
