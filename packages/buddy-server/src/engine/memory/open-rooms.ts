import type { LeaveReason } from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../../clock.ts'
import { forEachInSlices } from '../../slices.ts'
import type { EngineObserver } from '../engine.ts'
import type { Room } from '../room.ts'
import { commonInterests, commonLanguages } from '../ticket.ts'
import { Encounters } from './encounters.ts'
import type { Entry, Member, MemberPool, OpenRoom } from './member.ts'
import { partnerOf, traceOf } from './member.ts'
import type { EventOutbox } from './event-outbox.ts'
import type { Match } from './match.ts'
import type { People } from './people.ts'

interface OpenRoomsDependencies {
  readonly maxRooms: () => number
  readonly createId: () => string
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly outbox: EventOutbox
  readonly observer: Pick<EngineObserver, 'onOpened' | 'onRestored' | 'onEnded'>
  readonly people: Pick<People, 'meet'>
  /** Called when a member has left the room that a match has opened. */
  readonly onLeft: (pool: MemberPool, member: Member) => void
  /** Called when another room can be opened, after none could be opened before. */
  readonly onFreed: () => void
}

/**
 * When both sessions of a room have been away for this time, the room is abandoned. That means that it is
 * ended if tickets wait and no other room is free. The time is not shorter, because a short network failure
 * of the server disconnects both sessions of many rooms, and they soon reconnect.
 */
const abandonedAfterMs = 5000

/** All open rooms. A session is in at most one of them. */
export class OpenRooms {
  readonly #dependencies: OpenRoomsDependencies
  readonly #rooms = new Set<OpenRoom>()
  /** Rooms whose sessions are both away, but not for long enough to be abandoned. */
  readonly #emptied = new Map<OpenRoom, Cancel>()
  /** Abandoned rooms. The one that was emptied first comes first. */
  readonly #abandoned = new Set<OpenRoom>()

  constructor(dependencies: OpenRoomsDependencies) {
    this.#dependencies = dependencies
  }

  get size(): number {
    return this.#rooms.size
  }

  /** Whether another room can be opened, if necessary by ending an abandoned one. */
  get canOpen(): boolean {
    return this.#rooms.size - this.#abandoned.size < this.#dependencies.maxRooms()
  }

  /**
   * Opens a room for two tickets. The session that waited gets seat 0. The one that arrived gets seat 1 and
   * sends the offer, because its user has just interacted with the page.
   * @param offer a `signal` frame from the session that arrived, for the session that waited
   * @throws Error if one of the sessions is in a room already
   */
  open({ waited, arrived, isRematch, pool }: Match<Entry>, offer?: Uint8Array): void {
    const { createId, wallNow, clock, outbox, observer, people } = this.#dependencies
    const { site, lobby, mode } = arrived.ticket
    const members = [waited.entrant.member, arrived.entrant.member] as const
    const room: Room = {
      id: createId(),
      seats: [members[0].profile.seat, members[1].profile.seat],
      site,
      lobby,
      mode,
      openedAtMs: wallNow(),
    }
    this.#seat({ room, members, openedAtMs: clock.now(), pool })
    people.meet(members[0].person, members[1].person.key)
    const isOffered = offer !== undefined
    for (const [seat, own, other] of [
      [0, waited, arrived],
      [1, arrived, waited],
    ] as const) {
      const { member } = own.entrant
      const { listener, generation } = member
      const interests = commonInterests(own.ticket, other.ticket)
      const languages = commonLanguages(own.ticket, other.ticket)
      const match = { room, seat, interests, languages, isOffered, isRematch }
      member.ticket = undefined
      outbox.post(() => listener.handleEvent({ type: 'matched', generation, ...match }))
    }
    if (offer) outbox.postFrame(members[0].listener, members[0].generation, offer)
    const waitsMs = [waited.waitMs, arrived.waitMs] as const
    outbox.post(() => observer.onOpened(room, waitsMs))
  }

  /**
   * Opens a room of an earlier process again. Both sessions receive `restored`.
   * @throws Error if one of the sessions is in a room already
   */
  restore(open: OpenRoom): void {
    const { outbox, observer } = this.#dependencies
    const { room, members } = open
    this.#seat(open)
    for (const seat of [0, 1] as const) {
      const { listener, generation } = members[seat]
      const isPartnerPresent = members[seat === 0 ? 1 : 0].awaySinceMs === undefined
      outbox.post(() =>
        listener.handleEvent({ type: 'restored', generation, room, seat, isPartnerPresent }),
      )
    }
    outbox.post(() => observer.onRestored(room))
    this.#watchIfEmpty(open)
  }

  /**
   * Ends the member's room. Its partner receives `parted`.
   * @returns false if the member is in no room
   */
  leave(member: Member, reason: LeaveReason): boolean {
    const { room: open } = member
    if (!open) return false
    const partner = partnerOf(member)!
    this.#end(open, member.profile.seat.sessionId, reason, [partner])
    return true
  }

  /** If the member is in a room, adds it to the member's encounters, or updates its entry. */
  rememberEncounter(member: Member): void {
    const partner = partnerOf(member)
    if (!member.room || !partner) return
    const { id: roomId, mode, lobby } = member.room.room
    const encounter = {
      roomId,
      mode,
      lobby,
      partnerId: partner.profile.seat.sessionId,
      partner: traceOf(partner),
      partnerKey: partner.profile.personKey,
    }
    member.encounters ??= new Encounters()
    member.encounters.add(encounter, this.#dependencies.clock.now())
  }

  /** Call this when the member has lost its connection. Its partner receives `presence`. */
  handleAway(member: Member): void {
    this.#postPresence(member, false)
    if (member.room) this.#watchIfEmpty(member.room)
  }

  /** Call this when the member has a connection again. Its partner receives `presence`. */
  handleBack(member: Member): void {
    if (member.room) this.#keep(member.room)
    this.#postPresence(member, true)
  }

  /** Ends rooms whose sessions have both been away since `awaySinceMs` or earlier. */
  async sweep(awaySinceMs: number): Promise<void> {
    await forEachInSlices(this.#rooms, (open) => {
      const isOver = open.members.every((member) => (member.awaySinceMs ?? Infinity) <= awaySinceMs)
      if (isOver) this.#dependencies.outbox.run(() => this.#dissolve(open))
    })
  }

  #postPresence(member: Member, isPresent: boolean): void {
    const partner = partnerOf(member)
    if (!partner) return
    const { listener, generation } = partner
    this.#dependencies.outbox.post(() =>
      listener.handleEvent({ type: 'presence', generation, isPresent }),
    )
  }

  #watchIfEmpty(open: OpenRoom): void {
    const { clock, outbox } = this.#dependencies
    if (open.members.some(({ awaySinceMs }) => awaySinceMs === undefined)) return
    if (this.#emptied.has(open) || this.#abandoned.has(open)) return
    const abandon = (): void => {
      this.#emptied.delete(open)
      for (const { listener, generation } of open.members) {
        outbox.post(() => listener.handleEvent({ type: 'abandoned', generation }))
      }
      this.#whileFreeing(() => this.#abandoned.add(open))
    }
    this.#emptied.set(open, clock.after(abandonedAfterMs, abandon))
  }

  /** Ends a room in which no session is present. Both sessions receive `parted`. */
  #dissolve(open: OpenRoom): void {
    this.#end(open, open.room.seats[0].sessionId, 'lost', open.members)
  }

  #end(open: OpenRoom, leaverId: string, reason: LeaveReason, recipients: readonly Member[]): void {
    const { clock, outbox, observer, people, onLeft } = this.#dependencies
    this.#whileFreeing(() => {
      this.#rooms.delete(open)
      this.#keep(open)
      for (const member of open.members) this.rememberEncounter(member)
      const [one, other] = open.members
      people.meet(one.person, other.person.key)
      for (const member of open.members) {
        member.room = undefined
        if (open.pool) onLeft(open.pool, member)
      }
      for (const { listener, generation } of recipients) {
        outbox.post(() => listener.handleEvent({ type: 'parted', generation, reason }))
      }
      const durationMs = clock.now() - open.openedAtMs
      outbox.post(() => observer.onEnded(open.room, leaverId, reason, durationMs))
    })
  }

  /**
   * Removes the room from the emptied and abandoned ones, because a session has come back or the room has
   * ended.
   */
  #keep(open: OpenRoom): void {
    this.#emptied.get(open)?.()
    this.#emptied.delete(open)
    this.#abandoned.delete(open)
  }

  /** Runs `act`, which may free a room. Calls `onFreed` if a room can be opened now and could not before. */
  #whileFreeing(act: () => void): void {
    const wasFull = !this.canOpen
    act()
    if (wasFull && this.canOpen) this.#dependencies.onFreed()
  }

  #seat(open: OpenRoom): void {
    const [one, other] = open.members
    if (one.room || other.room || one === other) throw new Error('a session is in a room already')
    for (const abandoned of this.#abandoned) {
      if (this.#rooms.size < this.#dependencies.maxRooms()) break
      this.#dissolve(abandoned)
    }
    this.#rooms.add(open)
    for (const member of open.members) member.room = open
  }
}
