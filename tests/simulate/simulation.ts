import type { EngineEvent } from '../../packages/buddy-server/src/engine/engine.ts'
import type { EngineDependencies } from '../../packages/buddy-server/src/engine/memory/memory-engine.ts'
import { MemoryEngine } from '../../packages/buddy-server/src/engine/memory/memory-engine.ts'
import type { Ticket } from '../../packages/buddy-server/src/engine/ticket.ts'
import { poolOf } from '../../packages/buddy-server/src/engine/ticket.ts'
import type { Random } from '../load/random.ts'
import { createRandom, seedOf } from '../load/random.ts'
import type { Arrival } from './arrival.ts'
import type { MatchingTimes } from './referee.ts'
import { Referee } from './referee.ts'
import type { KindFigures } from './tally.ts'
import { Tallies } from './tally.ts'
import { VirtualClock } from './virtual-clock.ts'
import type { VisitorObserver } from './visitor.ts'
import { Visitor } from './visitor.ts'

const noBans: EngineDependencies['bans'] = {
  size: 0,
  add: () => undefined,
  has: () => false,
  leftMs: () => 0,
  delete: () => undefined,
  keys: () => [].values(),
}

interface SimulationOptions {
  readonly arrivals: readonly Arrival[]
  readonly seed: number
  /** The simulation ends after this number of commands and events of visitors. */
  readonly maxSteps: number
  readonly maxRooms: number
  /** A change of the engine's dependencies, for tests of the simulation. */
  readonly alter?: (dependencies: EngineDependencies) => EngineDependencies
}

/** The result of a simulation. */
export interface SimulationResult {
  readonly steps: number
  readonly simulatedMs: number
  readonly kinds: readonly KindFigures[]
  /** Matches of two people who had met recently. */
  readonly repeats: number
  readonly matches: number
  /** The share of all matches in which the address with the most matches took part. */
  readonly largestShare: number
  /** The largest number of tickets that waited at the same time. */
  readonly maxWaiting: number
  /** The broken rules, each in one sentence. */
  readonly faults: readonly string[]
}

/** The defaults of the server's settings. */
const matchingTimes: MatchingTimes = {
  widenInterestsMs: 8000,
  widenLanguagesMs: 12_000,
  avoidRecentMs: 600_000,
  avoidRecentCount: 20,
}

/** After this number of steps, one waiting ticket is compared with all others of its pool. */
const stepsBetweenChecks = 2000

/** Simulates visitors of one server, with the real engine and a clock of its own. */
export class Simulation {
  readonly #options: SimulationOptions
  readonly #clock = new VirtualClock()
  readonly #referee = new Referee(matchingTimes)
  readonly #tallies = new Tallies()
  readonly #engine: MemoryEngine
  readonly #visitors = new Map<string, Visitor>()
  readonly #errors: string[] = []
  readonly #matchesByAddress = new Map<string, number>()
  readonly #random: Random
  readonly #observer: VisitorObserver
  #latestRoomId: string | undefined
  #steps = 0
  #matches = 0
  #nextId = 0
  #nextArrival = 0
  #maxWaiting = 0

  constructor(options: SimulationOptions) {
    this.#options = options
    this.#random = createRandom(seedOf(options.seed, 1))
    const clock = this.#clock
    this.#observer = {
      random: this.#random,
      now: () => clock.now(),
      after: (delayMs, callback) => void clock.after(delayMs, callback),
      onStep: () => void this.#steps++,
      onMatched: (visitor, event) => this.#handleMatched(visitor, event),
      onBlock: (visitor) => {
        const partner = this.#partnerOf(visitor)
        if (partner) this.#referee.handleBlock(visitor.arrival.person, partner.arrival.person)
      },
      onParted: (visitor) => {
        const partner = this.#partnerOf(visitor)
        if (!partner) return
        this.#referee.handleParted(visitor.arrival.person, partner.arrival.person, clock.now())
      },
      onGaveUp: (search, waitedMs) => this.#tallies.handleGaveUp(search, waitedMs),
      onGone: (visitor) => void this.#visitors.delete(visitor.sessionId),
    }
    const dependencies: EngineDependencies = {
      clock,
      wallNow: () => clock.now(),
      createId: () => `r${this.#nextId++}`,
      bans: noBans,
      onBanned: () => undefined,
      maxRooms: () => options.maxRooms,
      rematchDelayMs: () => 3000,
      scheduleOf: () => ({
        interestsMs: matchingTimes.widenInterestsMs,
        languagesMs: matchingTimes.widenLanguagesMs,
        regionMs: 0,
      }),
      avoidRecentMs: () => matchingTimes.avoidRecentMs,
      avoidRecentCount: () => matchingTimes.avoidRecentCount,
      blockMs: () => Infinity,
      fairLimits: () => ({ sharePercent: 25, matchesPerMinute: 12 }),
      restoreLeftMs: () => 0,
      observer: {
        onPair: () => undefined,
        onOpened: () => undefined,
        onRestored: () => undefined,
        onEnded: () => undefined,
      },
      onError: (error) => this.#errors.push(String(error)),
    }
    this.#engine = new MemoryEngine(options.alter?.(dependencies) ?? dependencies)
  }

  run(): SimulationResult {
    this.#scheduleArrival()
    let nextCheck = stepsBetweenChecks
    while (this.#steps < this.#options.maxSteps && this.#clock.step()) {
      this.#maxWaiting = Math.max(this.#maxWaiting, this.#engine.counts.waiting)
      if (this.#steps >= nextCheck) {
        nextCheck = this.#steps + stepsBetweenChecks
        this.#checkWaiting()
      }
    }
    const shares = [...this.#matchesByAddress.values()]
    return {
      steps: this.#steps,
      simulatedMs: this.#clock.now(),
      kinds: this.#tallies.figures(),
      repeats: this.#referee.repeats,
      matches: this.#matches,
      largestShare: this.#matches === 0 ? 0 : Math.max(...shares) / this.#matches,
      maxWaiting: this.#maxWaiting,
      faults: [...this.#referee.faults, ...this.#errors],
    }
  }

  #scheduleArrival(): void {
    const arrival = this.#options.arrivals[this.#nextArrival++]
    if (!arrival) return
    this.#clock.after(arrival.at * 1000 - this.#clock.now(), () => {
      this.#admit(arrival)
      this.#scheduleArrival()
    })
  }

  #admit(arrival: Arrival): void {
    const sessionId = `s${this.#nextId++}`
    const { person, address, lobby, mode, band, interests, languages, attributes, asks } = arrival
    const ticket: Ticket = {
      sessionId,
      site: '',
      lobby,
      mode,
      band,
      interests,
      interestKeys: interests,
      languages,
      attributes,
      region: '',
      asks,
      keepsInterests: arrival.keepsInterests,
      keepsLanguages: arrival.keepsLanguages,
      delayMs: 0,
    }
    const visitor = new Visitor(arrival, ticket, this.#observer)
    const seat = { sessionId, nodeId: 'node', name: '', subject: undefined, personKey: person }
    const profile = { seat, site: '', addressKey: address, personKey: person }
    this.#visitors.set(sessionId, visitor)
    visitor.start(this.#engine.join(profile, visitor, false))
  }

  #handleMatched(visitor: Visitor, event: EngineEvent & { readonly type: 'matched' }): void {
    const { room, interests, isRematch } = event
    const nowMs = this.#clock.now()
    const { search } = visitor
    const [one, other] = room.seats.map(({ sessionId }) => this.#visitors.get(sessionId))
    if (!search || !one || !other) {
      this.#errors.push(`${visitor.arrival.person} was matched without a search`)
      return
    }
    this.#tallies.handleMatch(search, nowMs - search.sinceMs, interests.length > 0)
    // Both sessions receive the event. The referee checks the match at the first event, while both still
    // search.
    if (this.#latestRoomId === room.id) return
    this.#latestRoomId = room.id
    this.#matches++
    if (one.room || other.room || !one.search || !other.search) {
      this.#errors.push(`${one.arrival.person} or ${other.arrival.person} is in two rooms`)
      return
    }
    this.#referee.judge(one.search, other.search, isRematch, nowMs)
    for (const { address } of new Set([one.arrival, other.arrival])) {
      this.#matchesByAddress.set(address, (this.#matchesByAddress.get(address) ?? 0) + 1)
    }
  }

  #partnerOf(visitor: Visitor): Visitor | undefined {
    return visitor.room?.seats
      .map(({ sessionId }) => this.#visitors.get(sessionId))
      .find((each) => each !== visitor)
  }

  /**
   * Compares one waiting search with all others. If a room is free, it is a fault if the rules allow two of
   * them to meet.
   */
  #checkWaiting(): void {
    const { rooms } = this.#engine.counts
    if (rooms >= this.#options.maxRooms) return
    const searches = [...this.#visitors.values()].flatMap(({ search }) => search ?? [])
    if (searches.length < 2) return
    const chosen = this.#random.pick(searches)
    const pool = poolOf(chosen.ticket)
    const nowMs = this.#clock.now()
    for (const other of searches) {
      if (other === chosen || poolOf(other.ticket) !== pool) continue
      if (!this.#referee.mayMeet(chosen, other, nowMs)) continue
      this.#errors.push(`${chosen.person} and ${other.person} both wait although they may meet`)
    }
  }
}
