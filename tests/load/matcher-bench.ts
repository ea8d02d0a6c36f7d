// npm run bench -- --scenario matcher: the matchmaker alone, without sessions and sockets. Prints how many
// matches it makes in a second, and the time of one operation while few and while many tickets wait.
import type { FairLimits } from '../../packages/buddy-server/src/engine/memory/fair-share.ts'
import type { Match } from '../../packages/buddy-server/src/engine/memory/matchmaker.ts'
import { Matchmaker } from '../../packages/buddy-server/src/engine/memory/matchmaker.ts'
import { People } from '../../packages/buddy-server/src/engine/memory/people.ts'
import type { Entrant } from '../../packages/buddy-server/src/engine/memory/waiting.ts'
import type { Ticket } from '../../packages/buddy-server/src/engine/ticket.ts'
import { noCriteria } from '../../packages/buddy-server/src/engine/ticket.ts'

/** The criteria of the users of one row. */
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
/** The number of operations between two readings of the time. */
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

/** A matchmaker whose time passes only by its own calls. */
class Lobby {
  readonly matchmaker: Matchmaker<Entrant>
  readonly people: People
  canOpenRoom = true
  onMatch: (match: Match<Entrant>) => void = () => undefined
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
    this.matchmaker = new Matchmaker<Entrant>({
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

  /** Returns the ticket of a new user. Some interests are more frequent than others, as in real data. */
  createEntrant(index: number, { maxInterests, languages: languageCount }: Taste): Entrant {
    const keys = new Set<string>()
    const count = Math.floor(this.#random() * (maxInterests + 1))
    while (keys.size < count) keys.add(vocabulary[Math.floor(this.#random() ** 3 * 1000)]!)
    const ticket: Ticket = {
      ...noCriteria,
      sessionId: `session ${index}`,
      site: '',
      lobby: '',
      mode: 'video',
      band: '',
      attributes: {},
      delayMs: 0,
      interests: [...keys],
      interestKeys: [...keys],
      languages: languages.slice(0, languageCount && 1 + Math.floor(this.#random() ** 2 * 2)),
    }
    return { ticket, person: this.people.join(`person ${index}`), fairKeys: [`address ${index}`] }
  }
}

/**
 * Returns the matches in a second of CPU time. Each match ends at once, and both users search again after the
 * others, so that a ticket always arrives.
 */
function measureMatches(taste: Taste, users: number, seconds: number): number {
  const lobby = new Lobby()
  const free = Array.from({ length: users }, (_, index) => lobby.createEntrant(index, taste))
  let next = 0
  let matches = 0
  lobby.onMatch = ({ waited, arrived, pool }) => {
    matches++
    for (const { entrant } of [waited, arrived]) {
      lobby.matchmaker.handleLeft(pool, entrant.person)
      free.push(entrant)
    }
  }
  const run = (untilMs: number): void => {
    while (performance.now() < untilMs) {
      for (let count = 0; count < batch; count++) {
        const entrant = free[next]
        lobby.pass(stepMs)
        if (!entrant) continue
        next++
        const match = lobby.matchmaker.enter(entrant)
        if (match) lobby.onMatch(match)
      }
      free.splice(0, next)
      next = 0
    }
  }
  // The first part is not measured: the code is compiled, and the queue fills.
  run(performance.now() + Math.min(2000, seconds * 1000))
  matches = 0
  const before = process.cpuUsage()
  run(performance.now() + seconds * 1000)
  const { user, system } = process.cpuUsage(before)
  return (matches * 1e6) / (user + system)
}

/** The times of operations in microseconds, while a number of tickets waits. */
interface Costs {
  readonly enter: number
  readonly leave: number
  readonly match: number
}

/** Returns the median time of each operation while this number of tickets waits. */
function measureCosts(waiting: number, taste: Taste, rounds: number): Costs {
  const lobby = new Lobby()
  const { matchmaker } = lobby
  lobby.canOpenRoom = false
  for (let index = 0; index < waiting; index++) {
    matchmaker.enter(lobby.createEntrant(index, taste))
    lobby.nowMs += 0.001
  }
  const times: Record<keyof Costs, number[]> = { enter: [], leave: [], match: [] }
  const measure = (name: keyof Costs, acts: number, act: (index: number) => void): void => {
    const startedAt = process.hrtime.bigint()
    for (let index = 0; index < acts; index++) act(index)
    times[name].push(Number(process.hrtime.bigint() - startedAt) / acts / 1000)
  }
  const acts = 500
  for (let round = 0; round < rounds; round++) {
    const newcomers = Array.from({ length: acts }, (_, index) =>
      lobby.createEntrant(waiting + round * acts + index, taste),
    )
    measure('enter', acts, (index) => void matchmaker.enter(newcomers[index]!))
    measure('leave', acts, (index) => matchmaker.withdraw(newcomers[index]!.ticket.sessionId))
    lobby.canOpenRoom = true
    const matches: Match<Entrant>[] = []
    measure('match', acts, (index) => {
      const match = matchmaker.enter(newcomers[index]!)
      if (match) matches.push(match)
      else matchmaker.withdraw(newcomers[index]!.ticket.sessionId)
    })
    lobby.canOpenRoom = false
    // Matched users search again, so that the number of waiting tickets stays the same.
    for (const { waited, arrived, pool } of matches) {
      for (const { entrant } of [waited, arrived]) matchmaker.handleLeft(pool, entrant.person)
      lobby.people.leave(arrived.entrant.person)
      matchmaker.enter(waited.entrant)
    }
  }
  const median = (list: readonly number[]): number =>
    list.toSorted((one, other) => one - other)[list.length >> 1]!
  return { enter: median(times.enter), leave: median(times.leave), match: median(times.match) }
}

/** Measures the matchmaker, and prints both tables. */
export function benchMatcher({
  users = 20_000,
  seconds = 5,
  rounds = 50,
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
      Object.entries(tastes).map(([name, taste]) => [
        name,
        { 'matches/s': Math.round(measureMatches(taste, users, seconds)) },
      ]),
    ),
  )
  console.log(`\nmatcher: µs of an operation while tickets wait, with 0–10 interests`)
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
