import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/**
 * Handles a `diagnosis`, by which a client reports why a call has failed. The emitted event omits the
 * session, so that the statistics are anonymous.
 */
export function handleDiagnosis(
  _session: Session,
  { reason }: MessageOf<'diagnosis'>,
  { notify }: HandlerContext,
): void {
  notify('diagnosed', { reason })
}
