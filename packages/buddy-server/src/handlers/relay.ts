import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { tell } from './context.ts'

/**
 * Sees to a frame for the partner: passes it on, where the hook allows it; while the partner of a
 * room that goes on after a restart is awaited, keeps it for then.
 * @param text of a line that the hook is to be asked about
 */
export function handleForPartner(
  session: Session,
  frame: Uint8Array,
  context: HandlerContext,
  text?: string,
): void {
  // The bytes are the socket's buffer, which is reused as soon as this returns.
  if (session.room && text === undefined) {
    // Written at the end of this turn. A copy in Node's pool takes a third of the time of one in memory
    // of its own.
    relay(session, Buffer.copyBytesFrom(frame), context, session.lastActiveMs)
    return
  }
  // It may wait for long, and would keep 8 kB of the pool meanwhile.
  const bytes = frame.slice()
  if (!session.room) {
    const pass = (): void => judge(session, bytes, context, text)
    if (context.reunions.keep(session, bytes.length, pass)) return
  }
  judge(session, bytes, context, text, session.lastActiveMs)
}

function judge(
  session: Session,
  bytes: Uint8Array,
  context: HandlerContext,
  text: string | undefined,
  readAtMs?: number,
): void {
  const { moderation } = context
  if (text === undefined || !moderation) relay(session, bytes, context, readAtMs)
  else moderation.judge(session, text, () => relay(session, bytes, context))
}

/**
 * Passes a frame for the partner on as it is. Its structure has been walked, its fields are not
 * decoded for that: the partner's own client checks those.
 * @param readAtMs undefined where it has waited for a hook or a partner, which is no time of ours
 */
function relay(
  session: Session,
  bytes: Uint8Array,
  context: HandlerContext,
  readAtMs?: number,
): void {
  const partner = context.rooms.partnerOf(session)
  if (!partner) {
    tell(session, 'not-in-room', 'there is no partner to pass this on to')
    return
  }
  partner.sendFrame(bytes)
  context.onRelayed(bytes.length, readAtMs)
}
