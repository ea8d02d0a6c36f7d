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
import { Claims } from './claims.ts'
import type { MatchmakerDependencies } from './matchmaker.ts'
import { Matchmaker } from './matchmaker.ts'
import type { Entry } from './member.ts'
import type { MemoryEngineParts } from './memory-session.ts'
import { MemorySession } from './memory-session.ts'
import { OpenRooms } from './open-rooms.ts'
import { EventOutbox } from './event-outbox.ts'
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
  readonly #parts: MemoryEngineParts
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
