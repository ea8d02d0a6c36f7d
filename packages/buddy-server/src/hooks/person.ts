import type { Room } from '../engine/room.ts'
import type { Identified } from '../sessions/identity.ts'
import type { Person } from './hooks.ts'

/** Returns the user of a session, in the form that hooks receive. */
export function personOf({ id, identity }: Identified): Person {
  const { site, name, subject } = identity
  return { sessionId: id, site, name, subject }
}

/** Returns the two users of a room, in the order of its seats, in the form that hooks receive. */
export function peopleOf({ seats, site }: Room): readonly [Person, Person] {
  const [{ sessionId, name, subject }, other] = seats
  return [
    { sessionId, site, name, subject },
    { sessionId: other.sessionId, site, name: other.name, subject: other.subject },
  ]
}
