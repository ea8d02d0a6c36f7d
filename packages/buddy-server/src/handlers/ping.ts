import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/** Gives the sign of life that was asked for. */
export function handlePing(
  session: Session,
  { sessions, matchmaker, rooms }: HandlerContext,
): void {
  session.send({
    type: 'stats',
    online: sessions.size,
    waiting: matchmaker.size,
    rooms: rooms.size,
  })
}
