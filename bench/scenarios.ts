import type { User, Wire } from './crowd.ts'
import { Crowd } from './crowd.ts'
import { BenchError, type MeasuredProcess } from './measured-process.ts'

/** What a scenario is run with. */
interface Run {
  readonly server: MeasuredProcess
  readonly wire: Wire
  /** Even. */
  readonly users: number
  readonly seconds: number
}

/** Figures by their names, units included. */
export type Figures = Readonly<Record<string, number>>

/** One thing that is measured, for each server. */
export interface Scenario {
  readonly what: string
  /** Whether the bare relays can do it: they know no Next. */
  readonly isForBareRelays: boolean
  /** Chosen so that a run takes some seconds. */
  readonly users: number
  readonly seconds: number
  run(run: Run): Promise<Figures>
}

/** Frames a client sends at a time: a browser's candidates come in such bursts. */
const burstFrames = 8
/** 5 × 8 frames a second stay below the rate of signals that Buddy allows a client. */
const burstsPerSecond = 5
/** Below the rate of `next` that Buddy allows a client, which is 2 a second. */
const nextEveryMs = 600

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const pairOf = (index: number): string => String(Math.floor(index / 2))
const mb = (bytes: number): number => bytes / 1e6

/** Runs `act` with a crowd, which leaves at the end. */
async function withCrowd<T>(
  { server, wire, seconds }: Run,
  act: (crowd: Crowd) => Promise<T>,
): Promise<T> {
  const crowd = new Crowd(server.port, wire)
  try {
    const limitMs = 120_000 + seconds * 3000
    return await server.within('finish', crowd.unlessFailed(act(crowd)), limitMs)
  } finally {
    crowd.leave()
  }
}

/** Every pair exchanges small signals. */
const relay: Scenario = {
  what: 'pairs exchange signals of 193 bytes, in bursts of 8',
  isForBareRelays: true,
  users: 400,
  seconds: 5,
  run: (run) =>
    withCrowd(run, async (crowd) => {
      const signal = crowd.numberOf('signal')
      const expected = run.users * burstFrames * burstsPerSecond * run.seconds
      let received = 0
      let onDelivered: () => void = () => undefined
      const delivered = new Promise<void>((resolve) => (onDelivered = resolve))
      await crowd.arrive({
        count: run.users,
        lobbyOf: pairOf,
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
      for (let turn = 0; turn < run.seconds * burstsPerSecond; turn++) {
        const next = wait(1000 / burstsPerSecond)
        for (const user of crowd.users) {
          for (let index = 0; index < burstFrames; index++) user.send(frame)
        }
        await next
      }
      await run.server.within('deliver every frame', delivered)
      const after = await run.server.usage()
      return {
        'CPU µs/frame': (after.cpuMicroseconds - before.cpuMicroseconds) / expected,
        'RSS MB': mb(after.residentBytes),
      }
    }),
}

/** Users arrive as fast as they are admitted. */
const connect: Scenario = {
  what: 'users arrive: connection, hello, ticket, match',
  isForBareRelays: true,
  users: 3000,
  seconds: 1,
  run: (run) =>
    withCrowd(run, async (crowd) => {
      const before = await run.server.usage()
      const startedAtMs = performance.now()
      await crowd.arrive({ count: run.users, lobbyOf: pairOf })
      const seconds = (performance.now() - startedAtMs) / 1000
      const after = await run.server.usage()
      return {
        'CPU µs/connect': (after.cpuMicroseconds - before.cpuMicroseconds) / run.users,
        'connects/s': run.users / seconds,
      }
    }),
}

/** Every user presses Next as often as the rate allows. */
const churn: Scenario = {
  what: 'every user presses Next all the time',
  isForBareRelays: false,
  users: 1000,
  seconds: 10,
  run: (run) =>
    withCrowd(run, async (crowd) => {
      const next = run.wire.encode({ type: 'next', offer: null })
      const [matched, left] = [crowd.numberOf('matched'), crowd.numberOf('partner-left')]
      /** Users in a room, each with the timer of its Next; whatever comes to others is late. */
      const timers = new Map<User, NodeJS.Timeout>()
      const press = (user: User): void => {
        clearTimeout(timers.get(user))
        timers.delete(user)
        user.send(next)
      }
      let [matches, isOver] = [0, false]
      try {
        await crowd.arrive({
          count: run.users,
          lobbyOf: () => '',
          onFrame: (user, number) => {
            if (isOver) return
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
        // Each match is counted by both of its users.
        const done = (matches - matchesBefore) / 2
        if (done === 0) throw new BenchError(`${run.server.name}: Next led to no match`)
        return {
          'CPU µs/match': (after.cpuMicroseconds - before.cpuMicroseconds) / done,
          'matches/s': done / run.seconds,
          'RSS MB at half': mb(half.residentBytes),
          'RSS MB': mb(after.residentBytes),
        }
      } finally {
        isOver = true
        for (const timer of timers.values()) clearTimeout(timer)
      }
    }),
}

/** Matched users do nothing. */
const idle: Scenario = {
  what: 'matched users do nothing, through one heartbeat of 5 s',
  isForBareRelays: true,
  users: 4000,
  seconds: 7,
  run: (run) =>
    withCrowd(run, async (crowd) => {
      const before = await run.server.usage({ collect: true })
      await crowd.arrive({ count: run.users, lobbyOf: pairOf })
      // What arriving has cost, and the collection itself, are no part of an idle user.
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

/** Everything `npm run bench` measures, by name. */
export const scenarios = { relay, connect, churn, idle } as const satisfies Record<string, Scenario>
