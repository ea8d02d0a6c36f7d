// npm run bench -- --scenario matcher: the matchmaker alone, without sessions and sockets. Prints how many
// matches it makes in a second, and the time of one operation while few and while many tickets wait.
import type { FairLimits } from '../../packages/buddy-server/src/engine/memory/fair-share.ts'
import type { Match } from '../../packages/buddy-server/src/engine/memory/matchmaker.ts'
import { Matchmaker } from '../../packages/buddy-server/src/engine/memory/matchmaker.ts'
import type { Person } from '../../packages/buddy-server/src/engine/memory/people.ts'
import { People } from '../../packages/buddy-server/src/engine/memory/people.ts'
import type { Entrant } from '../../packages/buddy-server/src/engine/memory/waiting.ts'
import type { Ticket } from '../../packages/buddy-server/src/engine/ticket.ts'
import { noCriteria } from '../../packages/buddy-server/src/engine/ticket.ts'

/** What the users of one row look for. */
interface Taste {
  readonly maxInterests: number
  readonly languages: number
}

const tastes: Readonly<Record<string, Taste>> = {
  'no criteria': { maxInterests: 0, languages: 0 },
  '0–10 interests': { maxInterests: 10, languages: 0 },
  '0–10 interests, 1 language': { maxInterests: 10, languages: 1 },
}
const vocabulary = Array.from({ length: 1000 }, (_, index) => `interest ${index}`)
const languages = ['en', 'de', 'fr', 'es', 'pt', 'pl', 'it', 'tr', 'ja', 'ko']
const fairLimits: FairLimits = { matchesPerMinute: 12, sharePercent: 25 }
/** Time passes by this much with each ticket, so that searches widen. */
const stepMs = 0.1
/** So many users search while the time is measured at a stretch. */
const batch = 1000

/** Returns pseudorandom numbers from 0 to below 1 (mulberry32), the same in every run. */
function createRandom(): () => number {
  let state = 1
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A user, with one session. */
interface User {
  readonly index: number
  readonly person: Person
  readonly criteria: Pick<Ticket, 'interests' | 'interestKeys' | 'languages'>
  /** The pool in which the session is present. */
  pool: Match<Arrival>['pool'] | undefined
}

/** A user who searches. Like after a message, ticket and keys are new. */
interface Arrival extends Entrant {
  readonly user: User
}

/** A matchmaker whose time passes only by its own calls. */
class Lobby {
  readonly matchmaker: Matchmaker<Arrival>
  readonly people: People
  canOpenRoom = true
  onMatch: (match: Match<Arrival>) => void = () => undefined
  nowMs = 0
  readonly #random = createRandom()
  #timer: { readonly atMs: number; readonly callback: () => void } | undefined

  constructor() {
    const clock = {
      now: () => this.nowMs,
      after: (delayMs: number, callback: () => void) => {
        const timer = { atMs: this.nowMs + delayMs, callback }
        this.#timer = timer
        return () => {
          if (this.#timer === timer) this.#timer = undefined
        }
      },
    }
    this.people = new People({
      clock,
      wallNow: () => this.nowMs,
      avoidMs: () => 600_000,
      avoidCount: () => 20,
      blockMs: () => 1,
      onPair: () => undefined,
    })
    const { people } = this
    this.matchmaker = new Matchmaker<Arrival>({
      clock,
      people,
      scheduleOf: () => ({ interestsMs: 8000, languagesMs: 12_000 }),
      rematchDelayMs: () => 3000,
      fairLimits: () => fairLimits,
      canOpenRoom: () => this.canOpenRoom,
      onMatch: (match) => this.onMatch(match),
      onSearching: () => undefined,
    })
  }

  /** Lets time pass. Fires the timer, if it is due. */
  pass(ms: number): void {
    this.nowMs += ms
    while (this.#timer && this.#timer.atMs <= this.nowMs) {
      const { callback } = this.#timer
      this.#timer = undefined
      callback()
    }
  }

  /** Lets the user search, as a session does. A session stays present in the pool of its latest ticket. */
  enter(arrival: Arrival): Match<Arrival> | undefined {
    const { user, ticket } = arrival
    const pool = this.matchmaker.poolOf(ticket)
    this.matchmaker.handleVisit(user.pool, pool)
    user.pool = pool
    return this.matchmaker.enter(arrival)
  }

  /** The user leaves the room or the queue, and is no longer present. */
  forget({ user }: Arrival): void {
    this.matchmaker.handleVisit(user.pool, undefined)
    this.people.leave(user.person)
  }

  /** Returns a new user. Some interests are more frequent than others, as in real data. */
  createUser(index: number, { maxInterests, languages: languageCount }: Taste): User {
    const keys = new Set<string>()
    const count = Math.floor(this.#random() * (maxInterests + 1))
    while (keys.size < count) keys.add(vocabulary[Math.floor(this.#random() ** 3 * 1000)]!)
    const criteria = {
      interests: [...keys],
      interestKeys: [...keys],
      languages: languages.slice(0, languageCount && 1 + Math.floor(this.#random() ** 2 * 2)),
    }
    return { index, person: this.people.join(`person ${index}`), criteria, pool: undefined }
  }
}

/** Returns a new ticket of the user. */
function arrivalOf(user: User): Arrival {
  const { index, person, criteria } = user
  const ticket: Ticket = {
    ...noCriteria,
    sessionId: `session ${index}`,
    site: '',
    lobby: '',
    mode: 'video',
    band: '',
    attributes: {},
    delayMs: 0,
    interests: [...criteria.interests],
    interestKeys: [...criteria.interestKeys],
    languages: [...criteria.languages],
  }
  return { ticket, person, fairKeys: [`address ${index}`], user }
}

/** What one measurement has found. */
interface Throughput {
  readonly 'matches/s': number
  /** How many tickets waited at the end. */
  readonly waiting: number
}

/**
 * Returns the matches in a second of CPU time. Each match ends at once. Of the users who are in no queue, one
 * after the other searches, in random order: otherwise the same two would meet again and again. Their tickets
 * are created before the time is measured.
 */
function measureMatches(taste: Taste, users: number, seconds: number): Throughput {
  const lobby = new Lobby()
  const random = createRandom()
  const free = Array.from({ length: users }, (_, index) => lobby.createUser(index, taste))
  let matches = 0
  lobby.onMatch = ({ waited, arrived, pool }) => {
    matches++
    lobby.matchmaker.handleLeft(pool, waited.entrant.person)
    lobby.matchmaker.handleLeft(pool, arrived.entrant.person)
    free.push(waited.entrant.user, arrived.entrant.user)
  }
  /** Removes a number of users from those that are free. */
  const pick = (count: number): Arrival[] =>
    Array.from({ length: Math.min(count, free.length) }, () => {
      const index = Math.floor(random() * free.length)
      const user = free[index]!
      free[index] = free.at(-1)!
      free.pop()
      return arrivalOf(user)
    })
  /** Returns the CPU time in microseconds. */
  const run = (untilMs: number): number => {
    let cpuUs = 0
    while (performance.now() < untilMs) {
      // So few users that others are free, however many of them wait.
      const arrivals = pick(Math.min(batch, users >> 1))
      cpuUs += measureCpu(() => {
        for (const arrival of arrivals) {
          lobby.pass(stepMs)
          const match = lobby.enter(arrival)
          if (match) lobby.onMatch(match)
        }
      })
      // If nobody is free, time passes nevertheless.
      if (arrivals.length === 0) lobby.pass(stepMs)
    }
    return cpuUs
  }
  // First the code is compiled, and the queue fills.
  run(performance.now() + Math.min(2000, seconds * 1000))
  matches = 0
  const cpuUs = run(performance.now() + seconds * 1000)
  return { 'matches/s': Math.round((matches * 1e6) / cpuUs), waiting: lobby.matchmaker.size }
}

/** Returns the CPU time of the process in microseconds, with that of the garbage collector's threads. */
function measureCpu(act: () => void): number {
  const before = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** The CPU times of operations in microseconds, while a number of tickets waits. */
interface Costs {
  readonly enter: number
  readonly leave: number
  readonly match: number
}

/** Returns the CPU time of each operation while so many tickets wait. The median of many measurements. */
function measureCosts(waiting: number, taste: Taste, rounds: number): Costs {
  const lobby = new Lobby()
  const { matchmaker } = lobby
  lobby.canOpenRoom = false
  for (let index = 0; index < waiting; index++) {
    lobby.enter(arrivalOf(lobby.createUser(index, taste)))
    lobby.nowMs += 0.001
  }
  const times: Record<keyof Costs, number[]> = { enter: [], leave: [], match: [] }
  // So few that the number of those who wait stays about the same.
  const acts = Math.min(500, Math.ceil(waiting / 20))
  const measure = (name: keyof Costs, act: (index: number) => void): void => {
    const cpuUs = measureCpu(() => {
      for (let index = 0; index < acts; index++) act(index)
    })
    times[name].push(cpuUs / acts)
  }
  for (let round = 0; round < rounds; round++) {
    const newcomers = Array.from({ length: acts }, (_, index) =>
      arrivalOf(lobby.createUser(waiting + round * acts + index, taste)),
    )
    measure('enter', (index) => void lobby.enter(newcomers[index]!))
    measure('leave', (index) => matchmaker.withdraw(newcomers[index]!.ticket.sessionId))
    lobby.canOpenRoom = true
    const matches: Match<Arrival>[] = []
    measure('match', (index) => {
      const match = lobby.enter(newcomers[index]!)
      if (match) matches.push(match)
    })
    lobby.canOpenRoom = false
    // Those who were matched wait again, so that their number stays the same.
    for (const arrival of newcomers) matchmaker.withdraw(arrival.ticket.sessionId)
    for (const { waited, arrived, pool } of matches) {
      for (const { entrant } of [waited, arrived]) matchmaker.handleLeft(pool, entrant.person)
      lobby.enter(arrivalOf(waited.entrant.user))
    }
    for (const arrival of newcomers) lobby.forget(arrival)
  }
  const median = (list: readonly number[]): number =>
    list.toSorted((one, other) => one - other)[list.length >> 1]!
  return { enter: median(times.enter), leave: median(times.leave), match: median(times.match) }
}

/** Measures the matchmaker, and prints both tables. */
export function benchMatcher({
  users = 20_000,
  seconds = 5,
  rounds = 200,
  waiting,
}: {
  readonly users?: number | undefined
  readonly seconds?: number | undefined
  readonly rounds?: number
  readonly waiting: readonly number[]
}): void {
  console.log(`\nmatcher: matches in a second of CPU time; ${users} users, ${seconds} s`)
  console.table(
    Object.fromEntries(
      Object.entries(tastes).map(([name, taste]) => [name, measureMatches(taste, users, seconds)]),
    ),
  )
  console.log(`\nmatcher: µs of CPU time of an operation while tickets wait, with 0–10 interests`)
  const taste = tastes['0–10 interests']!
  console.table(
    Object.fromEntries(
      waiting.map((count) => {
        const costs = Object.entries(measureCosts(count, taste, rounds))
        return [
          `${count} waiting`,
          Object.fromEntries(costs.map(([name, us]) => [name, us.toFixed(2)])),
        ]
      }),
    ),
  )
}
