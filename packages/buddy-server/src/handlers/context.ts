import type { Counts } from '../core/counts.ts'
import type { Notify } from '../events.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { TextGate } from '../safety/text-gate.ts'
import type { Site } from '../sites/site.ts'
import type { TextReview } from './text-review.ts'

/** The parts of the server that the handlers of a session's messages use. */
export interface HandlerContext {
  readonly sessions: Sessions
  readonly counts: () => Counts
  /**
   * Returns the site of a session. A site that was removed from the configuration keeps its last settings.
   */
  readonly siteOf: (session: Session) => Site
  readonly notify: Notify
  /** Refuses texts that only bots send. */
  readonly textGate: TextGate
  /** Reviews texts with the hook `onText`. Undefined if that hook is not set. */
  readonly textReview: TextReview | undefined
  /** Reports an error of this server to the operator. */
  readonly onInternalError: (error: unknown) => void
  /**
   * Called for each relayed frame. This is not an event of {@link Notify}, because it is called too often.
   * `readAtMs` is when the server read the frame, on its own clock; undefined if the frame had to wait for a
   * hook or a partner.
   */
  readonly onRelayed: (bytes: number, readAtMs: number | undefined) => void
}
