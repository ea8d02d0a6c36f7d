import type { MessageOf } from '@buddy-chat/protocol'
import { cleanText } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'

/** Handles a `change`: the session's next search uses these criteria. */
export function handleChange(
  { participant }: Session,
  { interests, languages }: MessageOf<'change'>,
): void {
  const cleaned = interests.map(cleanText).filter((interest) => interest !== '')
  participant.change({ interests: [...new Set(cleaned)], languages })
}
