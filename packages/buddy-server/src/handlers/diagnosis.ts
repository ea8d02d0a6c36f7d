import type { MessageOf } from '@buddy-chat/protocol'
import type { HandlerContext } from './context.ts'

/** Counts why calls fail. Neither who said so nor where they are is part of it. */
export function handleDiagnosis(
  { reason }: MessageOf<'diagnosis'>,
  { notify }: HandlerContext,
): void {
  notify('diagnosed', { reason })
}
