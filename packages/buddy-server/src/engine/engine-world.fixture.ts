import type { LeaveReason } from '@buddy-chat/protocol'
import { ManualClock } from '../clock.fixture.ts'
import { Bans } from '../limits/bans.ts'
import type { NoPlace, Place, PlaceLimits } from './places.ts'
import type {
  Engine,
  EngineEvent,
  EngineListener,
  EngineObserver,
  EngineSession,
  Handover,
  SearchState,
  SessionProfile,
} from './engine.ts'
import type { EngineDependencies } from './memory/memory-engine.ts'
import type { WidenSchedule } from './may-meet.ts'
import type { FairLimits } from './memory/fair-share.ts'
import type { Room, RoomClaim } from './room.ts'
import type { Ticket } from './ticket.ts'
import { createTicket } from './ticket.fixture.ts'

/**
 * An engine of any kind, with functions that deliver its pending commands and events. An engine that delivers
 * within the call never has any.
 */
export interface EngineUnderTest {
  readonly engine: Engine
  /** Delivers one pending command or event. */
  step(): void
  /** Delivers all pending commands and events, also those that they cause. */
  settle(): void | Promise<void>
}

/**
 * A node's part of one session, for tests. Like a real one, it increases the generation with each command
 * that has one, and drops events of earlier generations.
 */
export class ContractSession implements EngineListener {
  readonly id: string
  /** Events of the current generation and answers to reports, since the last {@link take}. */
  events: EngineEvent[] = []
  generation = 0
  /** Called with each event of the present generation; it may send commands. */
  onEvent: (event: EngineEvent) => void = () => undefined
  isPresent = true
  isSearching = false
  /** The latest state of the search that the session has received. */
  search: SearchState | undefined
  isClaiming = false
  /** Whether another node has taken the session over. */
  isTaken = false
  /** How many welcomes the client of the other node knows of. */
  takenFor: number | undefined
  /** What the node gives to another one that takes the session over. */
  handover: Handover = { frames: [], sentBefore: 0, received: 0 }
  room: Room | undefined
  /** Frames that the partner has sent in the present room. */
  frames: Uint8Array[] = []
  readonly #engine: EngineSession
  #ticket: Ticket | undefined

  constructor(
    id: string,
    engine: Engine,
    isRestored = false,
    personKey = `person ${id}`,
    place: Place = { site: '', addressKey: `address of ${id}` },
  ) {
    this.id = id
    this.#engine = engine.join(profileOf(id, personKey, place), this, isRestored)
  }

  enter(criteria: Partial<Ticket> = {}, offer?: Uint8Array): void {
    this.#exit()
    this.isSearching = true
    this.#ticket = createTicket({ sessionId: this.id, ...keysOf(criteria), ...criteria })
    this.#engine.enter(this.#ticket, ++this.generation, offer)
  }

  leave(reason: LeaveReason = 'left'): void {
    this.#exit()
    this.#engine.leave(reason, ++this.generation)
  }

  pass(...bytes: readonly number[]): void {
    this.#engine.pass(Uint8Array.from(bytes))
  }

  keep(sentBefore: number, ...bytes: readonly number[]): void {
    this.#engine.keep([Uint8Array.from(bytes)], sentBefore)
  }

  /** The client resumes the session, and is welcomed for this number of times. */
  welcome(number: number): void {
    this.#engine.welcome(number)
  }

  /** The client has received the latest welcome. */
  confirmWelcome(): void {
    this.#engine.confirmWelcome()
  }

  away(): void {
    this.isPresent = false
    this.#engine.away()
  }

  back(addressKey = `address of ${this.id}`): void {
    this.isPresent = true
    this.#engine.back(addressKey)
  }

  /**
   * Claims the room that the session had with this partner in an earlier process. If no partner is given,
   * tells the engine that the session claims no room.
   */
  claim(partner?: string, roomId = 'former', lobby = ''): void {
    this.isClaiming = partner !== undefined
    const claim: RoomClaim | undefined =
      partner === undefined
        ? undefined
        : {
            roomId,
            sessionId: this.id,
            partnerId: partner,
            mode: 'video',
            lobby,
            openedAtMs: 0,
            partnerKey: `person ${partner}`,
          }
    this.#engine.claimRoom(claim, ++this.generation)
  }

  /** Replaces these fields of the ticket that is queued. */
  change(criteria: Partial<Ticket>): void {
    this.#ticket = { ...this.#ticket!, ...criteria, ...keysOf(criteria) }
    this.#engine.change(this.#ticket)
  }
  block(roomId: string): void {
    this.#engine.block(roomId)
  }
  report(roomId: string | null = null): void {
    this.#engine.report(roomId, 'spam')
  }

  release(): void {
    this.#exit()
    this.generation++
    this.#engine.release(this.handover)
  }

  end(reason: LeaveReason = 'left'): void {
    this.#exit()
    this.generation++
    this.#engine.end(reason)
  }

  /** Returns the events since `take` was last called, without their generation. */
  take(): readonly object[] {
    const events = this.events.splice(0).map((event) => Object.entries(event))
    return events.map((fields) =>
      Object.fromEntries(fields.filter(([name]) => name !== 'generation')),
    )
  }

  handleTaken(welcomes: number): Handover {
    this.isTaken = true
    this.takenFor = welcomes
    this.#exit()
    return this.handover
  }

  handleEvent(event: EngineEvent): void {
    const isTimeless = event.type === 'reported' || event.type === 'blocked'
    if (event.generation !== this.generation && !isTimeless) {
      // Only this session increases the generation, so the engine cannot have a later one.
      if (event.generation > this.generation) throw new Error('an event of a later generation')
      return
    }
    if (event.type === 'searching') {
      if (!this.isSearching) throw new Error('searching without a ticket')
      this.search = event
      return
    }
    this.events.push(event)
    if (event.type === 'queued' && !this.isSearching) throw new Error('queued without a ticket')
    if (event.type === 'matched') {
      if (!this.isSearching || this.room) throw new Error('matched without a ticket')
      this.#open(event.room)
    } else if (event.type === 'restored') {
      if (!this.isClaiming || this.room) throw new Error('restored without a claim')
      this.#open(event.room)
    } else if (event.type === 'frame') {
      if (!this.room) throw new Error('a frame outside a room')
      this.frames.push(event.frame)
    } else if (event.type === 'parted') this.#exit()
    this.onEvent(event)
  }

  #open(room: Room): void {
    if (room.seats.every(({ sessionId }) => sessionId !== this.id)) throw new Error('a wrong room')
    this.#exit()
    this.room = room
  }

  #exit(): void {
    this.room = undefined
    this.frames = []
    this.isSearching = false
    this.isClaiming = false
  }
}

function profileOf(sessionId: string, personKey: string, place: Place): SessionProfile {
  const name = `name of ${sessionId}`
  const seat = { sessionId, nodeId: 'node', name, subject: undefined, personKey }
  return { seat, ...place, personKey }
}

/** Returns the keys of the interests, which differ from their spelling in case only. */
function keysOf({ interests }: Partial<Ticket>): Partial<Ticket> {
  return interests ? { interestKeys: interests.map((interest) => interest.toLowerCase()) } : {}
}

/** As many sessions as ids were passed. The type has four, so that a test can destructure up to four. */
type SessionList = readonly [ContractSession, ContractSession, ContractSession, ContractSession]

/** An engine with its dependencies, which a test controls. */
export class EngineWorld {
  readonly clock = new ManualClock()
  readonly engine: Engine
  /** The calls of the observer: `opened`, `restored` or `ended`, the room, and other arguments. */
  readonly observed: (readonly [event: string, room: Room, ...rest: unknown[]])[] = []
  /** The pairs that the observer has received. */
  readonly pairs: Parameters<EngineObserver['onPair']>[] = []
  /** The keys that nodes have received as banned by another node. */
  readonly banned: string[] = []
  readonly errors: unknown[] = []
  maxRooms = 1000
  schedule: WidenSchedule = { interestsMs: 8000, languagesMs: 12_000, regionMs: 4000 }
  avoidRecentMs = 0
  avoidRecentCount = 20
  rematchDelayMs = 0
  blockMs = 1_000_000
  fairLimits: FairLimits = { matchesPerMinute: 12, sharePercent: 100 }
  restoreLeftMs = 30_000
  readonly #underTest: EngineUnderTest
  #nextId = 0

  constructor(createEngine: (dependencies: EngineDependencies) => EngineUnderTest) {
    this.#underTest = createEngine({
      clock: this.clock,
      wallNow: () => this.clock.now(),
      createId: () => `room ${this.#nextId++}`,
      bans: new Bans(() => this.clock.now()),
      onBanned: (keys) => this.banned.push(...keys),
      maxRooms: () => this.maxRooms,
      scheduleOf: () => this.schedule,
      avoidRecentMs: () => this.avoidRecentMs,
      avoidRecentCount: () => this.avoidRecentCount,
      rematchDelayMs: () => this.rematchDelayMs,
      blockMs: () => this.blockMs,
      fairLimits: () => this.fairLimits,
      restoreLeftMs: () => this.restoreLeftMs,
      observer: {
        onOpened: (room, waitsMs) => this.observed.push(['opened', room, waitsMs]),
        onRestored: (room) => this.observed.push(['restored', room]),
        onEnded: (room, ...rest) => this.observed.push(['ended', room, ...rest]),
        onPair: (...pair) => this.pairs.push(pair),
      },
      onError: (error) => this.errors.push(error),
    })
    this.engine = this.#underTest.engine
  }

  /** Creates new sessions with these ids. */
  join(...ids: readonly string[]): SessionList {
    return ids.map((id) => new ContractSession(id, this.engine)) as unknown as SessionList
  }

  /** Takes a place for a session, or moves it to another address. */
  admit(id: string, place: Place, limits: Partial<PlaceLimits>): Promise<NoPlace | undefined> {
    const all = { maxOfSite: Infinity, maxOfAddress: Infinity, ...limits }
    return this.engine.admit(profileOf(id, `person ${id}`, place), all)
  }

  /** Takes a place for a session and creates it. @throws Error if there is no place */
  async enroll(id: string, place: Place, limits: Partial<PlaceLimits>): Promise<ContractSession> {
    const found = await this.admit(id, place, limits)
    if (found) throw new Error(`no place for ${id}: ${found.full}`)
    return new ContractSession(id, this.engine, false, `person ${id}`, place)
  }

  /** Creates restored sessions with these ids. */
  joinRestored(...ids: readonly string[]): SessionList {
    return ids.map((id) => new ContractSession(id, this.engine, true)) as unknown as SessionList
  }

  step(): void {
    this.#underTest.step()
  }

  /** Delivers all pending commands and events. Throws if a session or the observer has thrown. */
  async settle(): Promise<void> {
    await this.#underTest.settle()
    for (const error of this.errors) throw error
  }

  async advance(ms: number): Promise<void> {
    await this.settle()
    this.clock.advance(ms)
    await this.settle()
  }

  /**
   * Returns two sessions that are in one room. The first one waited in the queue, and so has seat 0. Both
   * have no pending events.
   */
  async pair(
    ...ids: readonly [string, string]
  ): Promise<readonly [ContractSession, ContractSession]> {
    const [one, other] = this.join(...ids)
    for (const session of [one, other]) {
      session.enter({ lobby: ids.join(' and ') })
      await this.settle()
      session.take()
    }
    one.take()
    return [one, other]
  }
}
