import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/** Counts why calls fail. The session is not part of the event, so that the figure is anonymous. */
export function handleDiagnosis(
  _session: Session,
  { reason }: MessageOf<'diagnosis'>,
  { notify }: HandlerContext,
): void {
  notify('diagnosed', { reason })
}
