import type { LeaveReason } from '@buddy-chat/protocol'
import type { Session } from './sessions/session.ts'

/** Two sessions matched, while it lasts. */
export interface Room {
  readonly id: string
  readonly members: readonly [Session, Session]
  /** On the server's clock. */
  readonly openedAtMs: number
}

interface RoomsDependencies {
  readonly maxRooms: () => number
  readonly createId: () => string
  /** What proves to a later process that the first is in the room with the second. */
  readonly roomTokenOf: (room: Room, self: Session, partner: Session) => string | null
  readonly now: () => number
  /** Both have been told that they are matched. */
  readonly onOpened: (room: Room, waitsMs: readonly [number, number]) => void
  readonly onReopened: (room: Room) => void
  readonly onEnded: (room: Room, leaver: Session, reason: LeaveReason) => void
  /** A room has ended while all were taken: one can be opened again. */
  readonly onFreed: () => void
}

/** Every room there is. A session is in one at most. */
export class Rooms {
  readonly #dependencies: RoomsDependencies
  readonly #rooms = new Set<Room>()

  constructor(dependencies: RoomsDependencies) {
    this.#dependencies = dependencies
  }

  get size(): number {
    return this.#rooms.size
  }

  get maxRooms(): number {
    return this.#dependencies.maxRooms()
  }

  get canOpen(): boolean {
    return this.#rooms.size < this.maxRooms
  }

  /**
   * Opens a room and tells both: whoever waited is polite, so that the newcomer, whose page has
   * just had a person's attention, makes the offer. An offer that came with its wish goes along.
   * @throws Error where one of them is in a room
   */
  open(waited: Session, arrived: Session, waitsMs: readonly [number, number]): void {
    const { createId, now, roomTokenOf, onOpened } = this.#dependencies
    const room: Room = { id: createId(), members: [waited, arrived], openedAtMs: now() }
    this.#seat(room)
    for (const [self, partner] of [room.members, [arrived, waited]] as const) {
      self.send({
        type: 'matched',
        room: room.id,
        isPolite: self === waited,
        partnerName: partner.name,
        interests: commonInterests(self, partner),
        isOffered: arrived.offer !== undefined,
        roomToken: roomTokenOf(room, self, partner),
      })
    }
    if (arrived.offer) waited.sendFrame(arrived.offer)
    onOpened(room, waitsMs)
  }

  /**
   * Opens a room again that a process before this one had. Neither is told: to them it never ended.
   * @throws Error where one of them is in a room
   */
  reopen(room: Room): void {
    this.#seat(room)
    this.#dependencies.onReopened(room)
  }

  /** The other in the session's room, if it is in one. */
  partnerOf(session: Session): Session | undefined {
    const [one, other] = session.room?.members ?? []
    return one === session ? other : one
  }

  /** Ends the session's room and tells the partner why. False where it is in none. */
  leave(session: Session, reason: LeaveReason): boolean {
    const { room } = session
    const partner = this.partnerOf(session)
    if (!room || !partner) return false
    const { now, onEnded, onFreed } = this.#dependencies
    const wasFull = !this.canOpen
    this.#rooms.delete(room)
    for (const member of room.members) {
      member.room = undefined
      member.lastActiveMs = now()
    }
    partner.send({ type: 'partner-left', reason })
    onEnded(room, session, reason)
    if (wasFull) onFreed()
    return true
  }

  /**
   * Ends rooms that both have been away from since `awaySinceMs` or longer: their places are for
   * others. Each is told when it comes back.
   */
  sweep(awaySinceMs: number): void {
    for (const room of this.#rooms) {
      const [one, other] = room.members
      if ((one.awaySinceMs ?? Infinity) > awaySinceMs) continue
      if ((other.awaySinceMs ?? Infinity) > awaySinceMs) continue
      one.send({ type: 'partner-left', reason: 'lost' })
      this.leave(one, 'lost')
    }
  }

  #seat(room: Room): void {
    const [one, other] = room.members
    if (one.room || other.room || one === other) throw new Error('a session is in a room already')
    this.#rooms.add(room)
    for (const self of room.members) {
      self.room = room
      self.isSearching = false
      self.latestPartnerId = self === one ? other.id : one.id
    }
  }
}

/** Compared without regard to case; in the words of `self`, who will read them. */
function commonInterests(self: Session, partner: Session): readonly string[] {
  const wanted = new Set(partner.wish?.interests.map((interest) => interest.toLowerCase()))
  return (self.wish?.interests ?? []).filter((interest) => wanted.has(interest.toLowerCase()))
}
