// What the cases about sessions that resume have in common.
import type { CaseContext, Joined } from '../case-context.ts'
import { check, equal } from '../failure.ts'
import type { Packable } from '../msgpack.ts'

/** The rule that a session continues on another connection. */
export const continues =
  'When a client presents a `resumeToken` of a session that has not ended, the server must continue this session: `welcome` has its `session` and its `name`, and `isRestored` is false.'

/** What `resume` of a hello holds besides the token. */
interface Progress {
  readonly received: number
  readonly sent?: number | null
  readonly roomToken?: string | null
}

/** Resumes the session of a connection by a new connection. Returns the new connection. */
export async function resume(
  t: CaseContext,
  former: Joined,
  progress: Progress = { received: former.received },
  token: Packable = former.welcome.resumeToken,
): Promise<Joined> {
  const { received, sent = null, roomToken = null } = progress
  return t.join({ name: 'Other name', resume: [token, received, sent, roomToken] })
}

/** Checks that a connection continues the session of another one. */
export function checkContinues(former: Joined, { welcome }: Joined, received: number): void {
  equal(welcome.session, former.welcome.session, 'session')
  equal(welcome.received, received, 'received')
  equal(welcome.isRestored, false, 'isRestored')
}

/** Checks that a connection has another session than an earlier one. */
export function checkNew(former: Joined, { welcome }: Joined): void {
  equal(welcome.received, null, 'received')
  equal(welcome.isRestored, false, 'isRestored')
  check(welcome.session !== former.welcome.session, 'the session is the earlier one')
}
