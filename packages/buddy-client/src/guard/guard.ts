/**
 * The verdict of a guard on one picture, from harmless to worst:
 * - `ok`: nothing to do
 * - `warn`: the visitor should know
 * - `veil`: the picture should not be seen
 * - `leave`: the call should end
 */
export const guardVerdicts = ['ok', 'warn', 'veil', 'leave'] as const

export type GuardVerdict = (typeof guardVerdicts)[number]

/** The result of one check. */
export interface GuardResult {
  readonly verdict: GuardVerdict
  /** What the guard has recognised, such as `Porn`. For the page and its logs, not for visitors. */
  readonly label: string
  /** How certain the guard is of `label`, from 0 to 1. */
  readonly score: number
}

/**
 * Judges pictures of a call on the device. `@buddy-chat/guard` is one implementation; a site can use its own.
 * The runner calls `check` again only after the previous call has settled, so a guard needs no queue.
 */
export interface Guard {
  /**
   * Judges one picture, which is at most 320 pixels wide and high. The runner closes `frame` after the
   * result, so a guard may transfer it to a worker.
   * @throws anything (as a rejection) if the picture could not be judged. After three failures in a row the
   * runner gives up
   */
  check(frame: ImageBitmap): Promise<GuardResult>
  /** Releases the resources of the guard, such as its worker. The runner does not call `check` afterwards. */
  close(): void
}

/**
 * A guard, or a function that loads one. The function is called when the first picture can be expected, so
 * that nothing is loaded before. The runner closes a guard that the function returns. It does not close a
 * guard that the page has passed.
 */
export type GuardSource = Guard | (() => Guard | Promise<Guard>)

/** Whose picture a verdict is about: the visitor's own, or the partner's. */
export type GuardSubject = 'self' | 'partner'
