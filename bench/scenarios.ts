import type { BuddyServerOptions } from '@buddy-chat/server'
import { createRandom } from '../tests/load/random.ts'
import type { User, Wire } from './crowd.ts'
import { Crowd } from './crowd.ts'
import { BenchError } from './measured-process.ts'
import type { MeasuredServer } from './node-group.ts'
import { anybody, createTastes } from './tastes.ts'

/** What a scenario is run with. */
interface Run {
  readonly server: MeasuredServer
  /** Whether the two users of a pair are at different nodes. @default false */
  readonly isAcrossNodes?: boolean
  readonly wire: Wire
  /** The number of users. Even, because users are matched in pairs. */
  readonly users: number
  readonly seconds: number
  /**
   * The maximum number of interests of a user. 0: users look for anybody, and each pair has a lobby of its
   * own in `connect`.
   */
  readonly maxInterests: number
}

/** Measured figures by name. The name contains the unit. */
export type Figures = Readonly<Record<string, number>>

/** A workload that is measured for each server. */
export interface Scenario {
  /** The description that is printed. */
  readonly what: string
  /** Whether the bare relays support this workload. They do not support `next`. */
  readonly isForBareRelays: boolean
  /** The default number of users, chosen so that a run takes a few seconds. */
  readonly users: number
  /** The default duration. */
  readonly seconds: number
  /** Options of Buddy that the workload needs. */
  readonly options?: BuddyServerOptions
  run(run: Run): Promise<Figures>
}

/** Frames that a client sends at once, as a browser emits candidates in bursts. */
const burstFrames = 8
/** 5 × 8 frames a second are below the rate limit for signals. */
const burstsPerSecond = 5
/** Below the rate limit for `next`, which is 2 a second. */
const nextEveryMs = 600

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const pairOf = (index: number): string => String(Math.floor(index / 2))
const mb = (bytes: number): number => bytes / 1e6

/** Runs `act` with a crowd, and closes its connections at the end. */
async function withCrowd<T>(
  { server, wire, seconds, isAcrossNodes = false }: Run,
  act: (crowd: Crowd) => Promise<T>,
): Promise<T> {
  const { ports } = server
  const portOf = (index: number): number =>
    ports[(isAcrossNodes ? index : index >> 1) % ports.length]!
  const crowd = new Crowd(portOf, wire)
  try {
    const limitMs = 120_000 + seconds * 3000
    return await server.within('finish', crowd.unlessFailed(act(crowd)), limitMs)
  } finally {
    crowd.terminate()
  }
}

/** Users who arrive in pairs. Both users of a pair look for the same, and are matched at once. */
function pairs({ users: count, maxInterests }: Run): {
  readonly count: number
  readonly lobbyOf: (index: number) => string
  readonly tasteOf: ReturnType<typeof createTastes>
} {
  const tasteOf = maxInterests === 0 ? () => anybody : createTastes(maxInterests)
  return { count, lobbyOf: pairOf, tasteOf: (index) => tasteOf(Math.floor(index / 2)) }
}

/** Users who arrive in one lobby, and look for partners with common interests. */
function strangers({ users: count, maxInterests }: Run): ReturnType<typeof pairs> {
  const tasteOf = maxInterests === 0 ? () => anybody : createTastes(maxInterests)
  return { count, lobbyOf: () => '', tasteOf }
}

/** All pairs exchange small signals. */
const relay: Scenario = {
  what: 'pairs exchange signals of 193 bytes, in bursts of 8',
  isForBareRelays: true,
  users: 400,
  seconds: 5,
  run: (run) =>
    withCrowd(run, async (crowd) => {
      const signal = crowd.numberOf('signal')
      const bursts = Math.ceil(burstsPerSecond * run.seconds)
      const expected = run.users * burstFrames * bursts
      let received = 0
      let onDelivered: () => void = () => undefined
      const delivered = new Promise<void>((resolve) => (onDelivered = resolve))
      await crowd.arrive({
        ...pairs(run),
        onFrame: (_user, number) => {
          if (number === signal && ++received === expected) onDelivered()
        },
      })
      const frame = run.wire.encode({
        type: 'signal',
        description: { type: 'offer', sdp: 'x'.repeat(185) },
        candidates: [],
        sending: null,
        generation: null,
      })
      const before = await run.server.usage()
      const startedAtMs = performance.now()
      for (let turn = 0; turn < bursts; turn++) {
        const next = wait(1000 / burstsPerSecond)
        for (const user of crowd.users) {
          for (let index = 0; index < burstFrames; index++) user.send(frame)
        }
        await next
      }
      await run.server.within('deliver every frame', delivered)
      const seconds = (performance.now() - startedAtMs) / 1000
      const after = await run.server.usage()
      const redisCpu = (after.redisCpuMicroseconds ?? NaN) - (before.redisCpuMicroseconds ?? NaN)
      return {
        'CPU µs/frame': (after.cpuMicroseconds - before.cpuMicroseconds) / expected,
        ...(!Number.isNaN(redisCpu) && { 'Redis CPU µs/frame': redisCpu / expected }),
        'frames/s': expected / seconds,
        'RSS MB': mb(after.residentBytes),
      }
    }),
}

/** Words of texts. Most texts of 14 words have so many letters that the server compares them. */
const words =
  'hello hi so where are you from what do you like music football games it is cold here today really nice to meet you tell me something about your city family work holiday why not maybe later'.split(
    ' ',
  )
/** The rate limit for texts allows 3 a second. */
const textsPerSecond = 3

/** All pairs write texts of different lengths, each another one. */
const text: Scenario = {
  what: 'pairs exchange texts of 1 to 24 words, 3 a second',
  isForBareRelays: true,
  users: 2000,
  seconds: 5,
  run: (run) =>
    withCrowd(run, async (crowd) => {
      const number = crowd.numberOf('text')
      const turns = Math.ceil(textsPerSecond * run.seconds)
      const expected = run.users * turns
      let received = 0
      let onDelivered: () => void = () => undefined
      const delivered = new Promise<void>((resolve) => (onDelivered = resolve))
      await crowd.arrive({
        ...pairs(run),
        onFrame: (_user, of) => {
          if (of === number && ++received === expected) onDelivered()
        },
      })
      const random = createRandom(1)
      const frames = Array.from({ length: expected }, () => {
        const length = 1 + Math.floor((random.below(1000) / 1000) ** 2 * 24)
        const said = Array.from({ length }, () => random.pick(words)).join(' ')
        return run.wire.encode({ type: 'text', text: said })
      })
      const before = await run.server.usage()
      for (let turn = 0; turn < turns; turn++) {
        const next = wait(1000 / textsPerSecond)
        for (const user of crowd.users) user.send(frames.pop()!)
        await next
      }
      await run.server.within('deliver every text', delivered)
      const after = await run.server.usage()
      return {
        'CPU µs/text': (after.cpuMicroseconds - before.cpuMicroseconds) / expected,
        'RSS MB': mb(after.residentBytes),
      }
    }),
}

/** Users connect as fast as the server admits them, leave, and come back. */
const connect: Scenario = {
  what: 'users arrive: connection, hello, ticket, match or wait; then leave and return',
  isForBareRelays: true,
  users: 3000,
  seconds: 1,
  run: async (run) => {
    const measure = async (
      crowd: Crowd,
      visitorTokenOf: (index: number) => string | null,
    ): Promise<{ cpu: number; perSecond: number }> => {
      const before = await run.server.usage()
      const startedAtMs = performance.now()
      const isForInterests = run.maxInterests > 0
      await crowd.arrive({
        ...(isForInterests ? strangers(run) : pairs(run)),
        mayWait: isForInterests,
        visitorTokenOf,
      })
      const seconds = (performance.now() - startedAtMs) / 1000
      const after = await run.server.usage()
      const cpu = (after.cpuMicroseconds - before.cpuMicroseconds) / run.users
      return { cpu, perSecond: run.users / seconds }
    }
    const { first, tokens } = await withCrowd(run, async (crowd) => {
      const measured = await measure(crowd, () => null)
      await crowd.leave()
      return { first: measured, tokens: crowd.users.map(({ visitorToken }) => visitorToken) }
    })
    const again = await withCrowd(run, (crowd) => measure(crowd, (index) => tokens[index] ?? null))
    return {
      'CPU µs/connect': first.cpu,
      'connects/s': first.perSecond,
      'CPU µs/return': again.cpu,
      'returns/s': again.perSecond,
    }
  },
}

/** Every user presses Next as often as the rate limit allows. */
const churn: Scenario = {
  what: 'users press Next as often as the rate limit allows',
  isForBareRelays: false,
  users: 1000,
  seconds: 10,
  // The users are no new visitors, who may press Next less often.
  options: { newVisitorMs: 0 },
  run: (run) =>
    withCrowd(run, async (crowd) => {
      const next = run.wire.encode({ type: 'next', offer: null })
      const [matched, left] = [crowd.numberOf('matched'), crowd.numberOf('partner-left')]
      /**
       * For each user in a room, the timer after which the user sends `next`. Users without a timer are
       * skipped.
       */
      const timers = new Map<User, NodeJS.Timeout>()
      const press = (user: User): void => {
        clearTimeout(timers.get(user))
        timers.delete(user)
        user.send(next)
      }
      let [matches, hasEnded] = [0, false]
      try {
        await crowd.arrive({
          ...strangers(run),
          mayWait: true,
          onFrame: (user, number) => {
            if (hasEnded) return
            if (number === matched) {
              matches++
              timers.set(
                user,
                setTimeout(() => press(user), nextEveryMs),
              )
            } else if (number === left && timers.has(user)) press(user)
          },
        })
        const before = await run.server.usage()
        const matchesBefore = matches
        await wait(run.seconds * 500)
        const half = await run.server.usage()
        await wait(run.seconds * 500)
        const after = await run.server.usage()
        // Both users of a room have counted the match.
        const done = (matches - matchesBefore) / 2
        if (done === 0) throw new BenchError(`${run.server.name}: no match after Next`)
        return {
          'CPU µs/match': (after.cpuMicroseconds - before.cpuMicroseconds) / done,
          'matches/s': done / run.seconds,
          'RSS MB at half': mb(half.residentBytes),
          'RSS MB': mb(after.residentBytes),
        }
      } finally {
        hasEnded = true
        for (const timer of timers.values()) clearTimeout(timer)
      }
    }),
}

/** Matched users are idle. */
const idle: Scenario = {
  what: 'matched users are idle, with heartbeats of 5 s',
  isForBareRelays: true,
  users: 4000,
  seconds: 7,
  run: (run) =>
    withCrowd(run, async (crowd) => {
      const before = await run.server.usage({ collect: true })
      await crowd.arrive(pairs(run))
      // Collect garbage and reset the turn measurement, so that only the idle time is measured.
      await run.server.usage({ collect: true })
      await wait(100)
      await run.server.usage()
      await wait(run.seconds * 1000)
      const { longestTurnMs } = await run.server.usage()
      const after = await run.server.usage({ collect: true })
      return {
        'kB/user': (after.residentBytes - before.residentBytes) / run.users / 1000,
        'RSS MB': mb(after.residentBytes),
        'longest turn ms': longestTurnMs,
      }
    }),
}

/** All scenarios of `npm run bench`, by name. */
export const scenarios = { relay, text, connect, churn, idle } as const satisfies Record<
  string,
  Scenario
>
