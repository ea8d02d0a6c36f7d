import type { AgreementView } from '../view/agreement-view.ts'
import { recallAgreement, rememberAgreement } from './remembered-agreement.ts'

interface AgreementDependencies {
  /** Returns what the page requires; undefined if it requires nothing. */
  readonly required: () => AgreementView | undefined
  /** Returns the version that the visitor has agreed to; empty if none. */
  readonly agreed: () => string
  /** Returns whether the agreement may be stored for the next visit. */
  readonly remembers: () => boolean
  /** Dispatches `buddy-agreement`. Returns false if a listener has cancelled it. */
  readonly announce: (answer: { readonly version: string; readonly agreed: boolean }) => boolean
  /** Called with the question to show, or with undefined to close it. */
  readonly onQuestion: (question: AgreementView | undefined) => void
  /** Called when the visitor has agreed to a version. */
  readonly onAgreed: (version: string) => void
  /** Called when the visitor has not agreed. `isCancelled`: the page has cancelled the event. */
  readonly onRefused: (isCancelled: boolean) => void
}

/**
 * Asks the visitor for the agreement that the page requires, before the element opens a device or a
 * connection.
 */
export class Agreement {
  readonly #dependencies: AgreementDependencies
  #question: AgreementView | undefined
  #waiting: ((isGiven: boolean) => void)[] = []

  constructor(dependencies: AgreementDependencies) {
    this.#dependencies = dependencies
  }

  /** Returns whether the page requires nothing, or the visitor has agreed to it. Otherwise asks. */
  request(): boolean {
    const required = this.#missing()
    if (required && !this.#question) this.#show(required)
    return !required
  }

  /** Resolves with true when the agreement is given, and with false when it is refused. */
  async obtain(): Promise<boolean> {
    return this.request() || new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Called when the page has changed a property. Closes or changes the question if necessary. */
  refresh(): void {
    if (!this.#question) return
    const required = this.#missing()
    if (!required) this.#settle(true)
    else if (JSON.stringify(required) !== JSON.stringify(this.#question)) this.#show(required)
  }

  /** Called when the visitor has answered the question. */
  answer(agreed: boolean): void {
    const { announce, remembers, onAgreed, onRefused } = this.#dependencies
    if (!this.#question) return
    const { version } = this.#question
    const isCancelled = !announce({ version, agreed })
    // A listener may have set `agreed` or stopped the element, which has closed the question.
    if (!this.#question) return
    if (isCancelled || !agreed) {
      this.close()
      onRefused(isCancelled)
      return
    }
    if (remembers()) rememberAgreement(version)
    onAgreed(version)
    this.#settle(true)
  }

  /** Closes the question without an agreement. */
  close(): void {
    this.#settle(false)
  }

  #missing(): AgreementView | undefined {
    const { required, agreed, remembers } = this.#dependencies
    const asked = required()
    if (!asked || agreed() === asked.version) return undefined
    return remembers() && recallAgreement() === asked.version ? undefined : asked
  }

  #settle(isGiven: boolean): void {
    const waiting = this.#waiting
    this.#waiting = []
    if (this.#question) this.#show(undefined)
    for (const resolve of waiting) resolve(isGiven)
  }

  #show(question: AgreementView | undefined): void {
    this.#question = question
    this.#dependencies.onQuestion(question)
  }
}
