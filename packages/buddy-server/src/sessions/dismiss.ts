import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

const notices = {
  idle: { code: 'idle-timeout', message: 'the session was idle for too long' },
  banned: { code: 'banned', message: 'this user is banned' },
} as const

/** Sends the client an error that names the reason, then ends the session and closes its connection. */
export function dismiss(
  session: Session,
  reason: keyof typeof notices,
  sessions: Pick<Sessions, 'end'>,
): void {
  const { link } = session
  if (link) {
    const { code, message } = notices[reason]
    session.send({ type: 'error', code, message, retryAfterMs: null })
    link.close(code)
  }
  sessions.end(session, reason)
}
