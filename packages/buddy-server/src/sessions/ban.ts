import type { BanList } from '../engine/engine.ts'
import type { Notify } from '../events.ts'
import { dismiss } from './dismiss.ts'
import type { BanTarget, ReportedUsers } from './reported-users.ts'
import { banTargetOf } from './reported-users.ts'
import type { Sessions } from './sessions.ts'

interface BanDependencies {
  readonly sessions: Sessions
  readonly reportedUsers: Pick<ReportedUsers, 'find'>
  readonly bans: BanList
  readonly notify: Notify
}

/** Returns the key under which a site's subject is banned. */
export const subjectBanKey = (site: string, subject: string): string =>
  JSON.stringify([site, subject])

/**
 * Bans the address and the subject of a session, and ends all sessions of that subject. A session that has
 * ended can be banned too, for a day after it was reported.
 * @returns false if no such session is known
 */
export function ban(
  sessionId: string,
  durationMs: number,
  { sessions, reportedUsers, bans, notify }: BanDependencies,
): boolean {
  const session = sessions.find(sessionId)
  const target: BanTarget | undefined = session
    ? banTargetOf(session)
    : reportedUsers.find(sessionId)
  if (!target) return false
  const { site, subject, addressKey } = target
  bans.add(addressKey, durationMs)
  if (subject !== undefined) bans.add(subjectBanKey(site, subject), durationMs)
  for (const other of sessions) {
    // All sessions of the subject end, because a user may have one in each of several tabs.
    const { identity } = other
    const isSame = subject !== undefined && identity.site === site && identity.subject === subject
    if (other === session || isSame) dismiss(other, 'banned', sessions)
  }
  notify('banned', { target, durationMs })
  return true
}
