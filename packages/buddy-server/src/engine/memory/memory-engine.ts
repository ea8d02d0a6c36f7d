import type { LeaveReason, ReportReason } from '@buddy-chat/protocol'
import type { Clock } from '../../clock.ts'
import type {
  BanList,
  Engine,
  EngineListener,
  EngineObserver,
  EngineSession,
  LocalBans,
  PairList,
  SessionProfile,
} from '../engine.ts'
import type { NoPlace, Place, PlaceLimits } from '../places.ts'
import { Places } from '../places.ts'
import type { RoomClaim } from '../room.ts'
import type { Ticket } from '../ticket.ts'
import { Claims } from './claims.ts'
import type { Encounters, Trace } from './encounters.ts'
import type { MatchmakerDependencies } from './matchmaker.ts'
import { Matchmaker } from './matchmaker.ts'
import type { Entry, Member, MemberPool, OpenRoom, WaitingClaim } from './member.ts'
import { partnerOf } from './member.ts'
import { OpenRooms } from './open-rooms.ts'
import { EventOutbox } from './event-outbox.ts'
import type { Person } from './people.ts'
import { People } from './people.ts'

/** The dependencies of every kind of engine. */
export interface EngineDependencies {
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly createId: () => string
  /** The bans that this node knows. */
  readonly bans: LocalBans
  /** Called with keys that another node has banned. */
  readonly onBanned: (keys: ReadonlySet<string>) => void
  readonly maxRooms: () => number
  /** Returns how long the searches of a site require a common interest and a common language. */
  readonly scheduleOf: MatchmakerDependencies<Entry>['scheduleOf']
  /** Returns how long two people who have met avoid each other. */
  readonly avoidRecentMs: () => number
  /** Returns how many recent partners a person remembers; 0 if none are avoided. */
  readonly avoidRecentCount: () => number
  /**
   * Returns the rematch delay. Recent partners are matched again only after one of them has waited this long,
   * and only if both have nobody else.
   */
  readonly rematchDelayMs: () => number
  /** Returns how long a block lasts. */
  readonly blockMs: () => number
  readonly fairLimits: MatchmakerDependencies<Entry>['fairLimits']
  /** Returns how long sessions of an earlier process can still be restored; 0 if that time is over. */
  readonly restoreLeftMs: () => number
  readonly observer: EngineObserver
  /** Receives errors that a listener or the observer throws. */
  readonly onError: (error: unknown) => void
}

/** The parts of the engine. The commands of its sessions use them. */
interface Parts {
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly outbox: EventOutbox
  readonly matchmaker: Matchmaker<Entry>
  readonly rooms: OpenRooms
  readonly claims: Claims
  readonly people: People
  readonly members: Map<string, MemorySession>
  readonly places: Places
}

/**
 * The engine of a service with a single server process. All state is in this process's memory. Every
 * command is handled, and its events are delivered, within the call.
 */
export class MemoryEngine implements Engine {
  readonly isUp = true
  readonly hasOtherNodes = false
  readonly bans: BanList
  readonly pairs: PairList
  readonly nodes = []
  readonly #parts: Parts
  /** The places of sessions that have not joined yet. */
  readonly #admitted = new Map<string, Place>()

  constructor(dependencies: EngineDependencies) {
    const { bans, onError, maxRooms, createId, wallNow, observer } = dependencies
    const { rematchDelayMs, restoreLeftMs, avoidRecentMs, avoidRecentCount, blockMs } = dependencies
    const { scheduleOf, fairLimits } = dependencies
    this.bans = bans
    this.pairs = {
      add: (...pair) => people.restore(...pair),
      // There are no other nodes.
      note: () => undefined,
    }
    const outbox = new EventOutbox(onError)
    const clock: Pick<Clock, 'now' | 'after'> = {
      now: () => dependencies.clock.now(),
      after: (delayMs, callback) => dependencies.clock.after(delayMs, () => outbox.run(callback)),
    }
    const members = new Map<string, MemorySession>()
    const people = new People({
      clock,
      wallNow,
      // The rematch delay holds even if no partners are avoided.
      avoidMs: () =>
        avoidRecentCount() > 0 ? Math.max(avoidRecentMs(), rematchDelayMs()) : rematchDelayMs(),
      avoidCount: avoidRecentCount,
      blockMs,
      onPair: (...pair) => outbox.post(() => observer.onPair(...pair)),
    })
    const rooms: OpenRooms = new OpenRooms({
      maxRooms,
      createId,
      clock,
      wallNow,
      outbox,
      observer,
      people,
      onLeft: (pool, { person }) => matchmaker.handleLeft(pool, person),
      onFreed: () => matchmaker.handleRoomFreed(),
    })
    const matchmaker = new Matchmaker<Entry>({
      clock,
      people,
      scheduleOf,
      rematchDelayMs,
      fairLimits,
      canOpenRoom: () => rooms.canOpen,
      onMatch: (match) => outbox.run(() => rooms.open(match)),
      onSearching: ({ member: { listener, generation } }, search, isFirst) =>
        outbox.run(() => {
          if (isFirst) outbox.post(() => listener.handleEvent({ type: 'queued', generation }))
          outbox.post(() => listener.handleEvent({ type: 'searching', generation, ...search }))
        }),
    })
    const claims = new Claims({
      clock,
      wallNow,
      outbox,
      rooms,
      people,
      findMember: (sessionId) => members.get(sessionId),
      restoreLeftMs,
    })
    const places = new Places()
    this.#parts = { clock, outbox, matchmaker, rooms, claims, people, members, places }
  }

  get counts(): Engine['counts'] {
    const { matchmaker, rooms, members } = this.#parts
    return { waiting: matchmaker.size, rooms: rooms.size, users: members.size }
  }

  usersOf(site: string): number {
    return this.#parts.places.sizeOf(site)
  }

  async admit(profile: SessionProfile, limits: PlaceLimits): Promise<NoPlace | undefined> {
    const { members, places } = this.#parts
    const { sessionId } = profile.seat
    const member = members.get(sessionId)
    const former = member?.profile ?? this.#admitted.get(sessionId)
    const found = places.refuse(profile, limits, former)
    if (found) return found
    if (member) member.moveTo(profile.addressKey)
    else {
      if (former) places.delete(former)
      places.add(profile)
      const { site, addressKey } = profile
      this.#admitted.set(sessionId, { site, addressKey })
    }
    return undefined
  }

  cancel(sessionId: string): void {
    const place = this.#admitted.get(sessionId)
    if (!place) return
    this.#admitted.delete(sessionId)
    this.#parts.places.delete(place)
  }

  join(profile: SessionProfile, listener: EngineListener, isRestored: boolean): EngineSession {
    const { sessionId } = profile.seat
    this.cancel(sessionId)
    const session = new MemorySession(profile, listener, isRestored, this.#parts)
    this.#parts.members.set(sessionId, session)
    this.#parts.places.add(profile)
    return session
  }

  /** There is no other node. */
  confirm(): undefined {
    return undefined
  }

  async adopt(): Promise<undefined> {
    // There is no other node.
  }

  reload(): Promise<void> {
    return this.#parts.matchmaker.handleReload()
  }

  sweep(awayMs: number): Promise<void> {
    const { rooms, clock } = this.#parts
    return rooms.sweep(clock.now() - awayMs)
  }

  drain(): void {
    // There are no other nodes.
  }

  async close(): Promise<void> {
    // Every command is handled within its call.
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
  ticketSinceMs = 0
  pool: MemberPool | undefined
  readonly person: Person
  room: OpenRoom | undefined
  isClaimPending: boolean
  claim: WaitingClaim | undefined
  /** What the matchmaker knows of the session. */
  readonly #entry: Entry & { fairKeys: readonly string[] }
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
