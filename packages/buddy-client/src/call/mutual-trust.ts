import type { AddressPolicy } from '../options.ts'

/** Which of the two users in a room have agreed to show their IP address to the other. */
export interface Trust {
  readonly self: boolean
  readonly partner: boolean
}

interface MutualTrustDependencies {
  readonly policy: AddressPolicy
  /** Sends `trust` to the partner. Returns false if the message can be neither sent nor kept for later. */
  readonly sendTrust: () => boolean
  /** Called by `begin()` and after each change. Called only if the policy is `once-trusted`. */
  readonly onChange: (trust: Trust) => void
  /** Called once both sides have agreed, after `sendTrust` and `onChange`. */
  readonly onMutual: () => void
}

/**
 * The agreement of two users to show each other their IP addresses. Addresses stay hidden until both have
 * agreed. A client with the policy `at-once` agrees as soon as its partner does. A client with the policy
 * `never` does not agree.
 */
export class MutualTrust {
  readonly #dependencies: MutualTrustDependencies
  #trust: Trust = { self: false, partner: false }

  constructor(dependencies: MutualTrustDependencies) {
    this.#dependencies = dependencies
  }

  get isMutual(): boolean {
    return this.#trust.self && this.#trust.partner
  }

  /** Reports the initial state, in which neither side has agreed. */
  begin(): void {
    this.#change({})
  }

  /** Agrees for this user, until the room ends. Returns false and does nothing if `sendTrust` fails. */
  give(): boolean {
    const { policy, sendTrust } = this.#dependencies
    if (policy !== 'once-trusted' || this.#trust.self) return true
    if (!sendTrust()) return false
    this.#change({ self: true })
    return true
  }

  /** Called when the partner has agreed. */
  handlePartner(): void {
    const { policy, sendTrust } = this.#dependencies
    if (policy === 'never' || this.#trust.partner) return
    if (policy === 'once-trusted') this.#change({ partner: true })
    else if (sendTrust()) this.#change({ self: true, partner: true })
  }

  #change(change: Partial<Trust>): void {
    const { policy, onChange, onMutual } = this.#dependencies
    this.#trust = { ...this.#trust, ...change }
    if (policy === 'once-trusted') onChange(this.#trust)
    if (this.isMutual) onMutual()
  }
}
