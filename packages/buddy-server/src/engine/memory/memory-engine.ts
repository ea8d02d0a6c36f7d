import type { LeaveReason, ReportReason } from '@buddy-chat/protocol'
import type { Clock } from '../../clock.ts'
import type {
  BanList,
  Engine,
  EngineListener,
  EngineObserver,
  EngineSession,
  SessionProfile,
} from '../engine.ts'
import type { RoomClaim } from '../room.ts'
import type { Ticket } from '../ticket.ts'
import { Claims } from './claims.ts'
import type { Encounters, Trace } from './encounters.ts'
import type { QueueEntry } from './matchmaker.ts'
import { Matchmaker } from './matchmaker.ts'
import type { Member, OpenRoom, WaitingClaim } from './member.ts'
import { partnerOf } from './member.ts'
import { OpenRooms } from './open-rooms.ts'
import { EventOutbox } from './event-outbox.ts'

/** The dependencies of every kind of engine. */
export interface EngineDependencies {
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly createId: () => string
  readonly bans: BanList
  readonly maxRooms: () => number
  /**
   * Returns the rematch delay. If two sessions were each other's latest partner, they are matched again only
   * after one of them has waited this long.
   */
  readonly rematchDelayMs: () => number
  /** Returns how long sessions of an earlier process can still be restored; 0 if that time is over. */
  readonly restoreLeftMs: () => number
  readonly observer: EngineObserver
  /** Receives errors that a listener or the observer throws. */
  readonly onError: (error: unknown) => void
}

/** A ticket in the queue, with its session. */
interface Entry extends QueueEntry {
  readonly member: Member
}

/** The parts of the engine. The commands of its sessions use them. */
interface Parts {
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly outbox: EventOutbox
  readonly matchmaker: Matchmaker<Entry>
  readonly rooms: OpenRooms
  readonly claims: Claims
  readonly members: Map<string, MemorySession>
}

/**
 * The engine of a service with a single server process. All state is in this process's memory. Every
 * command is handled, and its events are delivered, within the call.
 */
export class MemoryEngine implements Engine {
  readonly bans: BanList
  readonly #parts: Parts

  constructor(dependencies: EngineDependencies) {
    const { bans, onError, maxRooms, createId, wallNow, observer } = dependencies
    const { rematchDelayMs, restoreLeftMs } = dependencies
    this.bans = bans
    const outbox = new EventOutbox(onError)
    const clock: Pick<Clock, 'now' | 'after'> = {
      now: () => dependencies.clock.now(),
      after: (delayMs, callback) => dependencies.clock.after(delayMs, () => outbox.run(callback)),
    }
    const members = new Map<string, MemorySession>()
    const rooms: OpenRooms = new OpenRooms({
      maxRooms,
      createId,
      clock,
      wallNow,
      outbox,
      observer,
      onFreed: () => matchmaker.handleRoomFreed(),
    })
    const matchmaker = new Matchmaker<Entry>({
      clock,
      rematchDelayMs,
      canOpenRoom: () => rooms.canOpen,
      onMatch: ({ waited, arrived, waitsMs }) =>
        outbox.run(() => rooms.open(waited, arrived, waitsMs)),
    })
    const claims = new Claims({
      clock,
      wallNow,
      outbox,
      rooms,
      findMember: (sessionId) => members.get(sessionId),
      restoreLeftMs,
    })
    this.#parts = { clock, outbox, matchmaker, rooms, claims, members }
  }

  get counts(): Engine['counts'] {
    const { matchmaker, rooms } = this.#parts
    return { waiting: matchmaker.size, rooms: rooms.size }
  }

  join(profile: SessionProfile, listener: EngineListener, isRestored: boolean): EngineSession {
    const session = new MemorySession(profile, listener, isRestored, this.#parts)
    this.#parts.members.set(profile.seat.sessionId, session)
    return session
  }

  reload(): Promise<void> {
    return this.#parts.matchmaker.handleReload()
  }

  sweep(awayMs: number): Promise<void> {
    const { rooms, clock } = this.#parts
    return rooms.sweep(clock.now() - awayMs)
  }
}

class MemorySession implements EngineSession, Member {
  readonly listener: EngineListener
  profile: SessionProfile
  trace: Trace | undefined
  encounters: Encounters | undefined
  generation = 0
  awaySinceMs: number | undefined
  ticket: Ticket | undefined
  room: OpenRoom | undefined
  isClaimPending: boolean
  claim: WaitingClaim | undefined
  readonly #parts: Parts

  constructor(
    profile: SessionProfile,
    listener: EngineListener,
    isClaimPending: boolean,
    parts: Parts,
  ) {
    this.profile = profile
    this.listener = listener
    this.isClaimPending = isClaimPending
    this.#parts = parts
  }

  enter(ticket: Ticket, generation: number, offer?: Uint8Array): void {
    this.#parts.outbox.run(() => {
      this.#leave('next')
      this.generation = generation
      this.ticket = ticket
      if (this.awaySinceMs === undefined) this.#queue(ticket, offer)
    })
  }

  leave(reason: LeaveReason, generation: number): void {
    this.#parts.outbox.run(() => {
      this.#leave(reason)
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
      if (this.ticket) matchmaker.withdraw(this.profile.seat.sessionId)
      rooms.handleAway(this)
    })
  }

  back(addressKey: string): void {
    this.#parts.outbox.run(() => {
      this.awaySinceMs = undefined
      if (addressKey !== this.profile.addressKey) {
        this.profile = { ...this.profile, addressKey }
        if (this.trace) this.trace.profile = this.profile
      }
      this.#parts.rooms.handleBack(this)
      if (this.ticket) this.#queue(this.ticket)
    })
  }

  claimRoom(claim: RoomClaim | undefined, generation: number): void {
    this.#parts.outbox.run(() => {
      this.generation = generation
      this.isClaimPending = false
      this.#parts.claims.handleClaim(this, claim)
    })
  }

  report(asked: string | null, reason: ReportReason): void {
    const { outbox, rooms, clock } = this.#parts
    outbox.run(() => {
      rooms.rememberEncounter(this)
      const found = this.encounters?.find(asked, clock.now())
      const encounter = found && {
        roomId: found.roomId,
        mode: found.mode,
        lobby: found.lobby,
        partnerId: found.partnerId,
        partner: found.partner?.profile,
        isRepeated: !this.encounters?.report(found),
      }
      const { listener, generation } = this
      outbox.post(() =>
        listener.handleEvent({ type: 'reported', generation, reason, asked, encounter }),
      )
    })
  }

  end(reason: LeaveReason): void {
    this.#parts.outbox.run(() => {
      this.#leave(reason)
      // Without this, a partner that waits for this session's claim would not receive `parted`.
      if (this.isClaimPending) this.#parts.claims.handleClaim(this, undefined)
      this.#parts.members.delete(this.profile.seat.sessionId)
    })
  }

  #leave(reason: LeaveReason): void {
    const { matchmaker, rooms, claims } = this.#parts
    if (this.ticket) matchmaker.withdraw(this.profile.seat.sessionId)
    this.ticket = undefined
    if (!rooms.leave(this, reason)) claims.leave(this, reason)
  }

  #queue(ticket: Ticket, offer?: Uint8Array): void {
    const { matchmaker, rooms, outbox } = this.#parts
    const { listener, generation } = this
    const match = matchmaker.enter({
      ticket,
      latestPartnerId: this.encounters?.latestPartnerId,
      member: this,
    })
    if (match) rooms.open(match.waited, match.arrived, match.waitsMs, offer)
    else outbox.post(() => listener.handleEvent({ type: 'queued', generation }))
  }
}
