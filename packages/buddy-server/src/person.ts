import type { Person } from './hooks.ts'
import type { Session } from './sessions/session.ts'

/** A session, as the program around the server is told of it. */
export function personOf({ id, identity }: Session): Person {
  const { site, name, subject } = identity
  return { sessionId: id, site, name, subject }
}
