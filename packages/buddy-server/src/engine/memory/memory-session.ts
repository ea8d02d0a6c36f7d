import type { LeaveReason, ReportReason } from '@buddy-chat/protocol'
import type { Clock } from '../../clock.ts'
import type { EngineListener, EngineSession, SessionProfile } from '../engine.ts'
import type { Places } from '../places.ts'
import type { RoomClaim } from '../room.ts'
import type { Ticket } from '../ticket.ts'
import type { Claims } from './claims.ts'
import type { Encounters, Trace } from './encounters.ts'
import type { EventOutbox } from './event-outbox.ts'
import type { Matchmaker } from './matchmaker.ts'
import type { Entry, Member, MemberPool, OpenRoom, WaitingClaim } from './member.ts'
import { partnerOf } from './member.ts'
import type { OpenRooms } from './open-rooms.ts'
import type { People, Person } from './people.ts'

/** The parts of the engine. The commands of its sessions use them. */
export interface MemoryEngineParts {
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly outbox: EventOutbox
  readonly matchmaker: Matchmaker<Entry>
  readonly rooms: OpenRooms
  readonly claims: Claims
  readonly people: People
  readonly members: Map<string, MemorySession>
  readonly places: Places
}

/** A session of a memory engine, with its commands. */
export class MemorySession implements EngineSession, Member {
  readonly listener: EngineListener
  profile: SessionProfile
  trace: Trace | undefined
  encounters: Encounters | undefined
  generation = 0
  awaySinceMs: number | undefined
  ticket: Ticket | undefined
  ticketSinceMs = 0
  pool: MemberPool | undefined
  readonly person: Person
  room: OpenRoom | undefined
  isClaimPending: boolean
  claim: WaitingClaim | undefined
  /** What the matchmaker knows of the session. */
  readonly #entry: Entry & { fairKeys: readonly string[] }
  readonly #parts: MemoryEngineParts

  constructor(
    profile: SessionProfile,
    listener: EngineListener,
    isClaimPending: boolean,
    parts: MemoryEngineParts,
  ) {
    this.profile = profile
    this.listener = listener
    this.isClaimPending = isClaimPending
    this.person = parts.people.join(profile.personKey)
    this.#entry = { person: this.person, fairKeys: fairKeysOf(profile), member: this }
    this.#parts = parts
  }

  enter(ticket: Ticket, generation: number, offer?: Uint8Array): void {
    this.#parts.outbox.run(() => {
      this.#leave('next')
      this.generation = generation
      this.ticket = ticket
      this.ticketSinceMs = this.#parts.clock.now()
      if (this.awaySinceMs === undefined) this.#queue(ticket, offer)
    })
  }

  change(ticket: Ticket): void {
    if (!this.ticket) return
    this.ticket = ticket
    this.#parts.outbox.run(() => this.#parts.matchmaker.change(this.#entry, ticket))
  }

  leave(reason: LeaveReason, generation: number): void {
    this.#parts.outbox.run(() => {
      this.#leave(reason)
      this.#visit(undefined)
      this.generation = generation
    })
  }

  pass(frame: Uint8Array): void {
    const partner = partnerOf(this)
    if (partner) this.#parts.outbox.postFrame(partner.listener, partner.generation, frame)
  }

  away(): void {
    const { outbox, clock, matchmaker, rooms } = this.#parts
    outbox.run(() => {
      this.awaySinceMs = clock.now()
      if (this.ticket) matchmaker.withdraw(this.#entry)
      this.#visit(undefined)
      rooms.handleAway(this)
    })
  }

  back(addressKey: string): void {
    this.#parts.outbox.run(() => {
      this.awaySinceMs = undefined
      this.moveTo(addressKey)
      this.#parts.rooms.handleBack(this)
      this.#visit(this.room?.pool)
      if (this.ticket) this.#queue(this.ticket)
    })
  }

  /** The session comes from this address now. */
  moveTo(addressKey: string): void {
    if (addressKey === this.profile.addressKey) return
    const { places } = this.#parts
    places.delete(this.profile)
    this.profile = { ...this.profile, addressKey }
    places.add(this.profile)
    this.#entry.fairKeys = fairKeysOf(this.profile)
    if (this.trace) this.trace.profile = this.profile
  }

  claimRoom(claim: RoomClaim | undefined, generation: number): void {
    this.#parts.outbox.run(() => {
      this.generation = generation
      this.isClaimPending = false
      this.#parts.claims.handleClaim(this, claim)
    })
  }

  report(asked: string | null, reason: ReportReason): void {
    const { outbox, rooms, clock, people } = this.#parts
    outbox.run(() => {
      rooms.rememberEncounter(this)
      const found = this.encounters?.find(asked, clock.now())
      if (found?.partnerKey !== undefined) people.block(this.person, found.partnerKey)
      const encounter = found && {
        roomId: found.roomId,
        mode: found.mode,
        lobby: found.lobby,
        partnerId: found.partnerId,
        partner: found.partner?.profile,
        partnerKey: found.partnerKey,
        isRepeated: !this.encounters?.report(found),
      }
      const { listener, generation } = this
      outbox.post(() =>
        listener.handleEvent({ type: 'reported', generation, reason, asked, encounter }),
      )
    })
  }

  block(roomId: string): void {
    const { outbox, rooms, clock, people } = this.#parts
    outbox.run(() => {
      rooms.rememberEncounter(this)
      const found = this.encounters?.find(roomId, clock.now())
      if (found?.partnerKey !== undefined) people.block(this.person, found.partnerKey)
      const { listener, generation } = this
      const isKnown = found !== undefined
      outbox.post(() => listener.handleEvent({ type: 'blocked', generation, isKnown }))
    })
  }

  welcome(): void {
    // No other node can have the session.
  }

  confirmWelcome(): void {
    // As in `welcome`.
  }

  keep(): void {
    // There is no other node.
  }

  release(): void {
    this.end('lost')
  }

  end(reason: LeaveReason): void {
    this.#parts.outbox.run(() => {
      this.#leave(reason)
      this.#visit(undefined)
      // Without this, a partner that waits for this session's claim would not receive `parted`.
      if (this.isClaimPending) this.#parts.claims.handleClaim(this, undefined)
      this.#parts.members.delete(this.profile.seat.sessionId)
      this.#parts.places.delete(this.profile)
      this.#parts.people.leave(this.person)
    })
  }

  #leave(reason: LeaveReason): void {
    const { matchmaker, rooms, claims } = this.#parts
    if (this.ticket) matchmaker.withdraw(this.#entry)
    this.ticket = undefined
    if (!rooms.leave(this, reason)) claims.leave(this, reason)
  }

  #queue(ticket: Ticket, offer?: Uint8Array): void {
    const { matchmaker, rooms } = this.#parts
    this.#visit(matchmaker.poolOf(ticket))
    const match = matchmaker.enter(this.#entry, ticket, this.ticketSinceMs)
    if (match) rooms.open(match, offer)
  }

  /** Changes the pool in which the session is present. */
  #visit(pool: MemberPool | undefined): void {
    this.#parts.matchmaker.handleVisit(this.pool, pool)
    this.pool = pool
  }
}

/** Returns what the session may have in common with others of the same user; see `Entrant`. */
function fairKeysOf({ addressKey, seat: { subject } }: SessionProfile): readonly string[] {
  const address = `address ${addressKey}`
  return subject === undefined ? [address] : [address, `subject ${subject}`]
}
