/** The agreement of the two users in a room to a topic, such as their addresses or their pictures. */
export interface Consent {
  readonly self: boolean
  readonly partner: boolean
}

/**
 * When this client agrees to a topic: when its user does (`by-user`), when the partner does (`at-once`), or
 * never (`never`).
 */
export type ConsentPolicy = 'by-user' | 'at-once' | 'never'

interface MutualConsentDependencies {
  readonly policy: ConsentPolicy
  /**
   * Sends the user's decision to the partner. Returns false if the message can be neither sent nor kept for
   * later.
   */
  readonly send: (isGiven: boolean) => boolean
  /** Called by `begin()` and after each change. Called only if the policy is `by-user`. */
  readonly onChange: (consent: Consent) => void
  /** Called when both have agreed, and when one of them withdraws after that, before `onChange`. */
  readonly onMutual: (isMutual: boolean) => void
}

/** A partner who has agreed this often cannot agree again, because each change costs this client work. */
const maxPartnerChanges = 50

/**
 * The agreement of two users to one topic, in one room. It holds while both agree. A message of the partner's
 * client alone is never enough, because each client also waits for its own user.
 */
export class MutualConsent {
  readonly #dependencies: MutualConsentDependencies
  #consent: Consent = { self: false, partner: false }
  #partnerChanges = 0

  constructor(dependencies: MutualConsentDependencies) {
    this.#dependencies = dependencies
  }

  get isMutual(): boolean {
    return this.#consent.self && this.#consent.partner
  }

  /** Reports the initial state, in which neither side has agreed. */
  begin(): void {
    this.#change({})
  }

  /** Agrees for this user. Returns false and does nothing if the message cannot be sent. */
  give(): boolean {
    const { policy, send } = this.#dependencies
    if (policy !== 'by-user' || this.#consent.self) return true
    if (!send(true)) return false
    this.#change({ self: true })
    return true
  }

  /** Withdraws the agreement of this user, also if the message cannot be sent. */
  withdraw(): void {
    if (!this.#consent.self) return
    this.#change({ self: false })
    this.#dependencies.send(false)
  }

  /** Called when the partner has agreed, or has withdrawn the agreement. */
  handlePartner(isGiven = true): void {
    const { policy, send } = this.#dependencies
    if (policy === 'never' || this.#consent.partner === isGiven) return
    if (isGiven && ++this.#partnerChanges > maxPartnerChanges) return
    if (policy === 'by-user') this.#change({ partner: isGiven })
    else if (send(isGiven)) this.#change({ self: isGiven, partner: isGiven })
  }

  #change(change: Partial<Consent>): void {
    const { policy, onChange, onMutual } = this.#dependencies
    const wasMutual = this.isMutual
    this.#consent = { ...this.#consent, ...change }
    // This call comes first, because the picture must be covered before the message and the event are sent.
    if (this.isMutual !== wasMutual) onMutual(this.isMutual)
    if (policy === 'by-user') onChange(this.#consent)
  }
}
