import type { Counts } from '../core/counts.ts'
import type { Notify } from '../events.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Site } from '../sites/site.ts'
import type { TextReview } from './text-review.ts'

/** The parts of the server that the handlers of a session's messages use. */
export interface HandlerContext {
  readonly sessions: Sessions
  readonly counts: () => Counts
  /** The site of a session. A site that was removed from the configuration keeps its last settings. */
  readonly siteOf: (session: Session) => Site
  readonly notify: Notify
  /** Undefined if the hook `onText` is not set. Then the server does not read texts. */
  readonly textReview: TextReview | undefined
  /** Reports an error of this server to the operator. */
  readonly onInternalError: (error: unknown) => void
  /**
   * Called for each relayed frame. It is no {@link Notify} event because it is called so often.
   * `readAtMs` is on the server's clock; undefined if the frame had to wait for a hook or a partner.
   */
  readonly onRelayed: (bytes: number, readAtMs: number | undefined) => void
}
