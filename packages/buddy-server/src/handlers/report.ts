import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { tell } from './context.ts'

/** Tells the operator about the partner, or the latest one: once for each. The room goes on. */
export function handleReport(
  session: Session,
  { reason }: MessageOf<'report'>,
  { notify }: HandlerContext,
): void {
  const aboutId = session.latestPartnerId
  if (aboutId === undefined) {
    tell(session, 'not-in-room', 'there was no partner to report')
    return
  }
  if (session.reportedId === aboutId) return
  session.reportedId = aboutId
  notify('reported', { session, aboutId, reason })
}
