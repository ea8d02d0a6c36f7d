import type { Counts } from '../core/counts.ts'
import type { Notify } from '../events.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Site } from '../sites/site.ts'
import type { TextReview } from './text-review.ts'

/** What handlers of a session's messages may use. */
export interface HandlerContext {
  readonly sessions: Sessions
  readonly counts: () => Counts
  /** The site of a session. A site that was removed from the configuration stays as it was. */
  readonly siteOf: (session: Session) => Site
  readonly notify: Notify
  /** Undefined if there is no hook that reviews texts: then the server reads none. */
  readonly textReview: TextReview | undefined
  /** Reports an error of this server to the operator. */
  readonly onInternalError: (error: unknown) => void
  /**
   * A frame was relayed. It is called for every frame, so it is no event. `readAtMs` is on the
   * server's clock; undefined if the frame had to wait for a hook or a partner.
   */
  readonly onRelayed: (bytes: number, readAtMs: number | undefined) => void
}
