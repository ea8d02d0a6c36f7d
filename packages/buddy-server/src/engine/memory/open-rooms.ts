import type { LeaveReason } from '@buddy-chat/protocol'
import type { Cancel, Clock } from './clock.ts'
import type { Session } from './sessions/session.ts'
import { forEachInSlices } from './slices.ts'

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
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Both have been told that they are matched. */
  readonly onOpened: (room: Room, waitsMs: readonly [number, number]) => void
  readonly onReopened: (room: Room) => void
  readonly onEnded: (room: Room, leaver: Session, reason: LeaveReason) => void
  /** A room can be opened again, after all were taken. */
  readonly onFreed: () => void
}

/**
 * A room that both have been away from for so long gives way to people who wait. Not at once: a
 * short fault of the server's network loses both connections of many rooms, and they come back.
 */
const abandonedAfterMs = 5000

/** Every room there is. A session is in one at most. */
export class Rooms {
  readonly #dependencies: RoomsDependencies
  readonly #rooms = new Set<Room>()
  /** Rooms that both are away from, not yet for long enough. */
  readonly #emptied = new Map<Room, Cancel>()
  /** Rooms that give way to others, the one that was emptied first in front. */
  readonly #abandoned = new Set<Room>()

  constructor(dependencies: RoomsDependencies) {
    this.#dependencies = dependencies
  }

  get size(): number {
    return this.#rooms.size
  }

  get maxRooms(): number {
    return this.#dependencies.maxRooms()
  }

  /** Whether two people can be given a room: one that is free, or abandoned. */
  get canOpen(): boolean {
    return this.#rooms.size - this.#abandoned.size < this.maxRooms
  }

  /**
   * Opens a room and tells both: whoever waited is polite, so that the newcomer, whose page has
   * just had a person's attention, makes the offer. An offer that came with its wish goes along.
   * @throws Error where one of them is in a room
   */
  open(waited: Session, arrived: Session, waitsMs: readonly [number, number]): void {
    const { createId, clock, roomTokenOf, onOpened } = this.#dependencies
    const room: Room = { id: createId(), members: [waited, arrived], openedAtMs: clock.now() }
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
    this.#lookIfEmpty(room)
    this.#dependencies.onReopened(room)
  }

  /** Whether the room gives way to people who wait: neither member has been present for a while. */
  isAbandoned(room: Room): boolean {
    return this.#abandoned.has(room)
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
    const { clock, onEnded } = this.#dependencies
    this.#whileFreeing(() => {
      this.#rooms.delete(room)
      this.#keep(room)
      for (const member of room.members) this.rememberEncounter(member)
      for (const member of room.members) {
        member.room = undefined
        member.lastActiveMs = clock.now()
      }
      partner.send({ type: 'partner-left', reason })
      onEnded(room, session, reason)
    })
    return true
  }

  /** Keeps whom the session is in a room with, if it is in one, for a report that may come. */
  rememberEncounter(session: Session): void {
    const partner = this.partnerOf(session)
    if (!session.room || !partner) return
    const { id, trace } = partner
    const encounter = { roomId: session.room.id, partnerId: id, partner: trace }
    session.encounters.add(encounter, this.#dependencies.clock.now())
  }

  /** The session has lost its connection: its partner receives `partner-away`. */
  handleAway(session: Session): void {
    const { room } = session
    const partner = this.partnerOf(session)
    if (!room || !partner) return
    partner.send({ type: 'partner-away' })
    this.#lookIfEmpty(room)
  }

  /** The session has a connection again: its partner receives `partner-back`. */
  handleBack(session: Session): void {
    if (session.room) this.#keep(session.room)
    this.partnerOf(session)?.send({ type: 'partner-back' })
  }

  /**
   * Ends rooms that both have been away from since `awaySinceMs` or longer: their places are for
   * others. Each is told when it comes back.
   */
  async sweep(awaySinceMs: number): Promise<void> {
    await forEachInSlices(this.#rooms, (room) => {
      const [one, other] = room.members
      if ((one.awaySinceMs ?? Infinity) > awaySinceMs) return
      if ((other.awaySinceMs ?? Infinity) > awaySinceMs) return
      this.#dissolve(room)
    })
  }

  #lookIfEmpty(room: Room): void {
    // What its members were sent last may have been too much, and ended it.
    if (!this.#rooms.has(room) || room.members.some(({ link }) => link)) return
    if (this.#emptied.has(room) || this.#abandoned.has(room)) return
    const abandon = (): void => {
      this.#emptied.delete(room)
      this.#whileFreeing(() => this.#abandoned.add(room))
    }
    this.#emptied.set(room, this.#dependencies.clock.after(abandonedAfterMs, abandon))
  }

  /** Ends a room in which neither member is present; each receives `partner-left` on its return. */
  #dissolve({ members: [one] }: Room): void {
    one.send({ type: 'partner-left', reason: 'lost' })
    this.leave(one, 'lost')
  }

  /** A member is present in the room again, or the room has ended. */
  #keep(room: Room): void {
    this.#emptied.get(room)?.()
    this.#emptied.delete(room)
    this.#abandoned.delete(room)
  }

  /** Does what may make a room free, and reports it if all were taken. */
  #whileFreeing(act: () => void): void {
    const wasFull = !this.canOpen
    act()
    if (wasFull && this.canOpen) this.#dependencies.onFreed()
  }

  #seat(room: Room): void {
    const [one, other] = room.members
    if (one.room || other.room || one === other) throw new Error('a session is in a room already')
    for (const abandoned of this.#abandoned) {
      if (this.#rooms.size < this.maxRooms) break
      this.#dissolve(abandoned)
    }
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
