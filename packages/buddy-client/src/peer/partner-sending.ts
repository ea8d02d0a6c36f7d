import type { Clock } from '../clock.ts'
import type { Pace } from './pace.ts'
import { PacedAction } from './pace.ts'
import type { Sending } from '../sending.ts'
import { isSameSending } from '../sending.ts'

interface PartnerSendingDependencies {
  readonly pace: Pace
  readonly clock: Clock
  readonly onChange: (sending: Sending) => void
}

/**
 * Reports changes of the partner's `sending` state at a limited rate. If it changes faster, reports only
 * the latest state.
 */
export class PartnerSending {
  readonly #change: PacedAction
  #latest: Sending | null = null
  #shown: Sending | null = null

  constructor({ onChange, ...dependencies }: PartnerSendingDependencies) {
    this.#change = new PacedAction({
      ...dependencies,
      run: () => {
        if (!this.#latest || isSameSending(this.#shown, this.#latest)) return
        this.#shown = this.#latest
        onChange(this.#latest)
      },
    })
  }

  handle(sending: Sending): void {
    if (isSameSending(this.#latest, sending)) return
    this.#latest = sending
    this.#change.request()
  }

  close(): void {
    this.#change.close()
  }
}
