import type { AddressPolicy } from './options.ts'

/** Who of the two would let the other have their address. */
export interface Trust {
  readonly self: boolean
  readonly partner: boolean
}

interface MutualTrustDependencies {
  readonly policy: AddressPolicy
  /** False where the partner cannot be told. */
  readonly tell: () => boolean
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

  /** Agrees, for as long as the room lasts. False where the partner cannot be told just now. */
  give(): boolean {
    const isDue = this.#dependencies.policy === 'once-trusted' && !this.#trust.self
    return !isDue || this.#giveBack()
  }

  handlePartner(): void {
    const { policy } = this.#dependencies
    if (policy === 'never' || this.#trust.partner) return
    this.#change({ partner: true })
    if (policy === 'at-once' && !this.#trust.self) this.#giveBack()
  }

  #giveBack(): boolean {
    if (!this.#dependencies.tell()) return false
    this.#change({ self: true })
    return true
  }

  #change(change: Partial<Trust>): void {
    const { onChange, onMutual } = this.#dependencies
    this.#trust = { ...this.#trust, ...change }
    onChange(this.#trust)
    if (this.isMutual) onMutual()
  }
}
