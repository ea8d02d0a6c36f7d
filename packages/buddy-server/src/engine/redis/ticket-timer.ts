import type { Cancel, Clock } from '../../clock.ts'

/** Calls back when there is something to do for a ticket. */
export class TicketTimer {
  readonly #clock: Pick<Clock, 'now' | 'after'>
  readonly #onDue: () => void
  #cancel: Cancel | undefined
  #dueAtMs = Infinity

  constructor(clock: Pick<Clock, 'now' | 'after'>, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /**
   * Calls back after this time, and no longer at an earlier set one.
   * @param keepsEarlier whether an earlier time stays
   */
  set(inMs: number, keepsEarlier: boolean): void {
    const dueAtMs = this.#clock.now() + inMs
    if (keepsEarlier && this.#dueAtMs <= dueAtMs) return
    this.#cancel?.()
    this.#dueAtMs = dueAtMs
    this.#cancel = this.#clock.after(inMs, () => {
      this.#dueAtMs = Infinity
      this.#onDue()
    })
  }

  /** Calls back no more. */
  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#dueAtMs = Infinity
  }
}
