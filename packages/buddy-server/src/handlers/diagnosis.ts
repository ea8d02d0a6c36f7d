import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/** Counts the reasons of failed calls. The event omits the session, so that the count is anonymous. */
export function handleDiagnosis(
  _session: Session,
  { reason }: MessageOf<'diagnosis'>,
  { notify }: HandlerContext,
): void {
  notify('diagnosed', { reason })
}
