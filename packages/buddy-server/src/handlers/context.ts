import type { ErrorCode } from '@buddy-chat/protocol'
import type { Clock } from '../clock.ts'
import type { Counts } from '../counts.ts'
import type { Notify } from '../events.ts'
import type { ReportedPeople } from '../sessions/reported-people.ts'
import type { Matchmaker } from '../matchmaker.ts'
import type { Moderation } from '../moderation.ts'
import type { Reunions } from '../reunions.ts'
import type { Rooms } from '../rooms.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Site } from '../sites/site.ts'

/** What handlers of a session's messages may use. */
export interface HandlerContext {
  readonly clock: Pick<Clock, 'now'>
  readonly sessions: Sessions
  readonly rooms: Rooms
  readonly reunions: Reunions
  readonly matchmaker: Matchmaker<Session>
  readonly counts: () => Counts
  /** The site of a session; one that was taken out of the configuration meanwhile stays as it was. */
  readonly siteOf: (session: Session) => Site
  readonly reportedPeople: ReportedPeople
  readonly notify: Notify
  /** Undefined where no hook asks to see lines: then none is read. */
  readonly moderation: Moderation | undefined
  /** Something of this server's own failed; tells the operator. */
  readonly onInternalError: (error: unknown) => void
  /**
   * A frame was passed on; on the hot path, so it is no event. `readAtMs` on the server's clock;
   * undefined where the frame had to wait for somebody else.
   */
  readonly onRelayed: (bytes: number, readAtMs: number | undefined) => void
}

/** Tells a session what it got wrong, and when it may try again where that helps. */
export function tell(
  session: Session,
  code: ErrorCode,
  message: string,
  retryAfterMs: number | null = null,
): void {
  session.send({ type: 'error', code, message, retryAfterMs })
}
