import type { LeaveReason } from '@buddy-chat/protocol'
import type { Session } from './session.ts'

/** Two sessions matched, while it lasts. */
export interface Room {
  readonly id: string
  readonly members: readonly [Session, Session]
}

interface RoomsDependencies {
  readonly maxRooms: number
  readonly createId: () => string
  /** A room has ended while all were taken: one can be opened again. */
  readonly onFreed: () => void
}

/** Every room there is. A session is in one at most. */
export class Rooms {
  readonly maxRooms: number
  readonly #dependencies: RoomsDependencies
  readonly #rooms = new Set<Room>()

  constructor(dependencies: RoomsDependencies) {
    this.maxRooms = dependencies.maxRooms
    this.#dependencies = dependencies
  }

  get size(): number {
    return this.#rooms.size
  }

  get canOpen(): boolean {
    return this.#rooms.size < this.maxRooms
  }

  /**
   * Opens a room and tells both: whoever waited is polite, so that the newcomer, whose page has
   * just had a person's attention, makes the offer.
   * @throws Error where one of them is in a room
   */
  open(waited: Session, arrived: Session): void {
    if (waited.room || arrived.room) throw new Error('a session is in a room already')
    const room: Room = { id: this.#dependencies.createId(), members: [waited, arrived] }
    this.#rooms.add(room)
    for (const [self, partner] of [room.members, [arrived, waited]] as const) {
      self.room = room
      self.latestPartnerId = partner.id
      self.send({
        type: 'matched',
        room: room.id,
        isPolite: self === waited,
        partnerName: partner.name,
        interests: commonInterests(self, partner),
      })
    }
  }

  /** The other in the session's room, if it is in one. */
  partnerOf(session: Session): Session | undefined {
    const [one, other] = session.room?.members ?? []
    return one === session ? other : one
  }

  /** Ends the session's room and tells the partner why. False where it is in none. */
  leave(session: Session, reason: LeaveReason): boolean {
    const partner = this.partnerOf(session)
    if (!session.room || !partner) return false
    const wasFull = !this.canOpen
    this.#rooms.delete(session.room)
    session.room = undefined
    partner.room = undefined
    partner.send({ type: 'partner-left', reason })
    if (wasFull) this.#dependencies.onFreed()
    return true
  }
}

/** Compared without regard to case; in the words of `self`, who will read them. */
function commonInterests(self: Session, partner: Session): readonly string[] {
  const wanted = new Set(partner.wish?.interests.map((interest) => interest.toLowerCase()))
  return (self.wish?.interests ?? []).filter((interest) => wanted.has(interest.toLowerCase()))
}
