// npm run bench -- --scenario matcher: the matchmaker alone, without sessions and sockets. Prints how many
// matches it makes in a second, and the time of one operation while few and while many tickets wait.
import type { FairLimits } from '../../packages/buddy-server/src/engine/memory/fair-share.ts'
import type { Match } from '../../packages/buddy-server/src/engine/memory/match.ts'
import { Matchmaker } from '../../packages/buddy-server/src/engine/memory/matchmaker.ts'
import { People } from '../../packages/buddy-server/src/engine/memory/people.ts'
import type { Entrant } from '../../packages/buddy-server/src/engine/memory/waiting.ts'
import { createTicket } from '../../packages/buddy-server/src/engine/ticket.fixture.ts'
import type { Ticket } from '../../packages/buddy-server/src/engine/ticket.ts'
import type { DrawnCriteria, Taste } from './drawn-criteria.ts'
import { createRandom, drawCriteria, tastes } from './drawn-criteria.ts'

const fairLimits: FairLimits = { matchesPerMinute: 12, sharePercent: 25 }
/** Time passes by this much with each ticket, so that searches widen. */
const stepMs = 0.1
/** How often the costs of operations are measured, for each second of a measurement. */
const roundsPerSecond = 40
/** So many users search while the time is measured at a stretch. */
const batch = 1000

/** A user, with one session, which searches again and again. */
interface User extends Entrant {
  readonly index: number
  readonly criteria: DrawnCriteria
  /** The pool in which the session is present. */
  pool: Match<User>['pool'] | undefined
}

/** A user who searches. Like after a message, the ticket is new. */
interface Arrival {
  readonly user: User
  readonly ticket: Ticket
}

/** A matchmaker whose time passes only by its own calls. */
class Lobby {
  readonly matchmaker: Matchmaker<User>
  readonly people: People
  canOpenRoom = true
  onMatch: (match: Match<User>) => void = () => undefined
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
    this.matchmaker = new Matchmaker<User>({
      clock,
      people,
      scheduleOf: () => ({ interestsMs: 8000, languagesMs: 12_000, regionMs: 0 }),
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
  enter({ user, ticket }: Arrival): Match<User> | undefined {
    const pool = this.matchmaker.poolOf(ticket)
    this.matchmaker.handleVisit(user.pool, pool)
    user.pool = pool
    return this.matchmaker.enter(user, ticket)
  }

  /** The user leaves the queue, and is no longer present. */
  forget(user: User): void {
    this.matchmaker.withdraw(user)
    this.matchmaker.handleVisit(user.pool, undefined)
    this.people.leave(user.person)
  }

  /** Returns a new user. */
  createUser(index: number, taste: Taste): User {
    const criteria = drawCriteria(this.#random, taste)
    const person = this.people.join(`person ${index}`)
    return { index, person, fairKeys: [`address ${index}`], criteria, pool: undefined }
  }
}

function arrivalOf(user: User): Arrival {
  const { index, criteria } = user
  const ticket = createTicket({
    sessionId: `session ${index}`,
    interests: [...criteria.interests],
    interestKeys: [...criteria.interestKeys],
    languages: [...criteria.languages],
  })
  return { user, ticket }
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
    free.push(waited.entrant, arrived.entrant)
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

function median(list: readonly number[]): number {
  return list.toSorted((one, other) => one - other)[list.length >> 1]!
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
  // So few that the number of those who wait stays about the same, and the same number in all for each row.
  const acts = Math.min(500, Math.ceil(waiting / 20))
  const measure = (name: keyof Costs, act: (index: number) => void): void => {
    const cpuUs = measureCpu(() => {
      for (let index = 0; index < acts; index++) act(index)
    })
    times[name].push(cpuUs / acts)
  }
  let created = waiting
  const createArrivals = (): readonly Arrival[] =>
    Array.from({ length: acts }, () => arrivalOf(lobby.createUser(created++, taste)))
  for (let left = rounds * 500; left > 0; left -= acts) {
    const newcomers = createArrivals()
    measure('enter', (index) => void lobby.enter(newcomers[index]!))
    measure('leave', (index) => matchmaker.withdraw(newcomers[index]!.user))
    lobby.canOpenRoom = true
    const matches: Match<User>[] = []
    measure('match', (index) => {
      const match = lobby.enter(newcomers[index]!)
      if (match) matches.push(match)
    })
    lobby.canOpenRoom = false
    // Those who were matched wait again, so that their number stays the same.
    for (const { user } of newcomers) matchmaker.withdraw(user)
    for (const { waited, arrived, pool } of matches) {
      for (const { entrant } of [waited, arrived]) matchmaker.handleLeft(pool, entrant.person)
      lobby.enter(arrivalOf(waited.entrant))
    }
    for (const { user } of newcomers) lobby.forget(user)
  }
  return { enter: median(times.enter), leave: median(times.leave), match: median(times.match) }
}

/** The CPU times of single accesses in nanoseconds, which no matchmaker can be faster than. */
interface Floor {
  /** A `Map.get` by a string, and one field of the value. */
  readonly 'Map.get': number
  /** Reading one number of an array that has 64 bytes for each entry. */
  readonly array: number
}

/** Returns the time to access random ones of so many entries. */
function measureFloor(entries: number): Floor {
  const accesses = 200_000
  const map = new Map(
    Array.from({ length: entries }, (_, index) => [`session ${index}`, { value: index }]),
  )
  const keys = [...map.keys()]
  // Without numbers in it, all of it would be one page of the memory.
  const array = new Int32Array(entries * 16).fill(2)
  const random = createRandom()
  // The order is read one after the other, so that it costs little itself.
  const order = Uint32Array.from({ length: accesses }, () => Math.floor(random() * entries))
  const orderedKeys = Array.from(order, (index) => keys[index]!)
  let sum = 0
  const measure = (act: () => void): number => {
    const times = Array.from({ length: 11 }, () => measureCpu(act))
    return (median(times) * 1000) / accesses
  }
  const floor = {
    'Map.get': measure(() => {
      for (const key of orderedKeys) sum += map.get(key)!.value
    }),
    // Each position depends on the value before, so that the accesses do not overlap.
    array: measure(() => {
      for (const index of order) sum = (sum + array[((index + (sum & 1)) % entries) * 16]!) | 0
    }),
  }
  if (Number.isNaN(sum)) throw new Error('nothing was read')
  return floor
}

/** Measures the matchmaker, and prints its tables. */
export function benchMatcher({
  users,
  seconds = 5,
  waiting,
}: {
  readonly users?: number | undefined
  readonly seconds?: number | undefined
  readonly waiting: readonly number[]
}): void {
  for (const count of users === undefined ? [1000, 20_000] : [users]) {
    console.log(`\nmatcher: matches in a second of CPU time; ${count} users, ${seconds} s`)
    const results = Object.entries(tastes).map(([name, taste]) => [
      name,
      measureMatches(taste, count, seconds),
    ])
    console.table(Object.fromEntries(results))
  }
  console.log(`\nmatcher: µs of CPU time of an operation while tickets wait, with 0–10 interests.`)
  console.log(
    'Floor: ns of one access to a random one of so many entries. × is against the first row.',
  )
  const taste = tastes['0–10 interests']!
  const rows = waiting.map((count) => ({
    ...measureCosts(count, taste, Math.ceil(seconds * roundsPerSecond)),
    ...measureFloor(count),
  }))
  const first: Readonly<Record<string, number>> = rows[0]!
  console.table(
    Object.fromEntries(
      rows.map((row, index) => [
        `${waiting[index]} waiting`,
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            `${value.toFixed(2)} (${(value / first[name]!).toFixed(2)}×)`,
          ]),
        ),
      ]),
    ),
  )
}
