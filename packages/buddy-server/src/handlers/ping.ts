import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

type Counted = Pick<HandlerContext, 'sessions' | 'matchmaker' | 'rooms'>

/** The counts that every client gets, with each heartbeat and as the answer to a `ping`. */
export function statsOf({ sessions, matchmaker, rooms }: Counted): MessageOf<'stats'> {
  return { type: 'stats', online: sessions.size, waiting: matchmaker.size, rooms: rooms.size }
}

/** Answers a `ping` at once. */
export function handlePing(session: Session, context: Counted): void {
  session.send(statsOf(context))
}
