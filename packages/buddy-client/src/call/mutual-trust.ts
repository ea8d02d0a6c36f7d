import type { AddressPolicy } from '../options.ts'

/** Who of the two would let the other have their address. */
export interface Trust {
  readonly self: boolean
  readonly partner: boolean
}

interface MutualTrustDependencies {
  readonly policy: AddressPolicy
  /** False where the partner cannot be told. */
  readonly tell: () => boolean
  /** Who hides nothing, or shows nothing, has nothing to decide, and is told nothing. */
  readonly onChange: (trust: Trust) => void
  /** Both do. Once, after everything was told. */
  readonly onMutual: () => void
}

/**
 * Addresses are hidden until both agree that they need not be. Where one side hides nothing its
 * client agrees by itself; where one never shows its own, nothing comes of it.
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

  /** Nobody trusts the other yet: tells so, where there is anything to decide. */
  begin(): void {
    this.#change({})
  }

  /** Agrees, for as long as the room lasts. False where the partner cannot be told just now. */
  give(): boolean {
    const { policy, tell } = this.#dependencies
    if (policy !== 'once-trusted' || this.#trust.self) return true
    if (!tell()) return false
    this.#change({ self: true })
    return true
  }

  handlePartner(): void {
    const { policy, tell } = this.#dependencies
    if (policy === 'never' || this.#trust.partner) return
    if (policy === 'once-trusted') this.#change({ partner: true })
    else if (tell()) this.#change({ self: true, partner: true })
  }

  #change(change: Partial<Trust>): void {
    const { policy, onChange, onMutual } = this.#dependencies
    this.#trust = { ...this.#trust, ...change }
    if (policy === 'once-trusted') onChange(this.#trust)
    if (this.isMutual) onMutual()
  }
}
