// One address with many sessions cannot have most of the matches of a lobby.
import { expect, test } from 'vitest'
import type { User } from './matchmaker.fixture.ts'
import { MatchmakerWorld } from './matchmaker.fixture.ts'

const stepMs = 250

/** Users of one address, and after how many milliseconds they press Next in a call. */
interface Crowd {
  readonly count: number
  readonly addressOf: (index: number) => string
  readonly patienceMs: number
  /** Whether its users have blocked each other, so that they meet only strangers. */
  readonly isApart?: true
}

const strangers = (count: number): Crowd => ({
  count,
  addressOf: (index) => `address of stranger ${index}`,
  patienceMs: 30_000,
})
const behind = (address: string, count: number, patienceMs: number): Crowd => ({
  count,
  addressOf: () => address,
  patienceMs,
})
const attacker = (count: number): Crowd => ({ ...behind('attacker', count, 0), isApart: true })

/** What has happened to the users of one crowd. */
interface Result {
  /** Matches of its users, and those of them with a user of another crowd. */
  matches: number
  mixed: number
  /** The longest time that one of its users has waited. */
  longestWaitMs: number
}

/** Lets crowds use one lobby for this time. Everybody searches again as soon as a call has ended. */
function run(crowds: readonly Crowd[], durationMs: number, sharePercent = 25): readonly Result[] {
  const world = new MatchmakerWorld(0, Infinity, 0)
  world.rematchDelayMs = 0
  world.fairLimits = { matchesPerMinute: 12, sharePercent }
  const users = crowds.flatMap((crowd, number) =>
    Array.from({ length: crowd.count }, (_, index) => {
      const user = world.join(`${number} ${index}`)
      user.fairKeys = [crowd.addressOf(index)]
      return { user, crowd: number, patienceMs: crowd.patienceMs * (0.5 + (index % 10) / 10) }
    }),
  )
  for (const { user: one, crowd } of users) {
    if (!crowds[crowd]!.isApart) continue
    for (const { user: other, crowd: same } of users) if (same === crowd) world.block(one, other)
  }
  const results = crowds.map((): Result => ({ matches: 0, mixed: 0, longestWaitMs: 0 }))
  const crowdOf = new Map<User, number>(users.map(({ user, crowd }) => [user, crowd]))
  world.onOpen = (one, other) => {
    const [first, second] = [crowdOf.get(one)!, crowdOf.get(other)!]
    for (const crowd of [first, second]) {
      results[crowd]!.matches++
      if (first !== second) results[crowd]!.mixed++
    }
  }
  const calls = new Map<User, number>()
  for (let time = 0; time < durationMs; time += stepMs) {
    for (const { user, crowd, patienceMs } of users) {
      const result = results[crowd]!
      if (user.sinceMs !== undefined) {
        result.longestWaitMs = Math.max(result.longestWaitMs, world.clock.now() - user.sinceMs)
      }
      if (user.partner && calls.get(user) === undefined) calls.set(user, time)
      const isTired = user.partner && time - (calls.get(user) ?? time) >= patienceMs
      if (isTired || (!user.partner && user.sinceMs === undefined)) {
        calls.delete(user)
        if (user.partner) calls.delete(user.partner)
        world.enter(user, {})
      }
    }
    world.clock.advance(stepMs)
  }
  return results
}

const minutes = 60_000

test('an attacker with 40 sessions that presses Next at once has about its share of the strangers', () => {
  const share = ([stranger, other]: readonly Result[]): number =>
    other!.mixed / ((stranger!.matches - stranger!.mixed) / 2 + stranger!.mixed)
  const [limited, unlimited] = [25, 100].map((sharePercent) =>
    share(run([strangers(40), attacker(40)], 5 * minutes, sharePercent)),
  )
  // Without the limit, the attacker has almost every match. The 12 matches a minute are always allowed.
  expect(unlimited).toBeGreaterThan(0.85)
  expect(limited).toBeLessThan(0.35)
  expect(limited).toBeGreaterThan(0.1)
})

test('an attacker does not let the strangers wait', () => {
  const [stranger] = run([strangers(40), attacker(80)], 3 * minutes)
  expect(stranger!.longestWaitMs).toBeLessThanOrEqual(stepMs * 2)
})

test('users behind one address meet each other as often as they like', () => {
  const [school] = run([behind('school', 30, 500)], 2 * minutes)
  const [apart] = run([{ ...strangers(30), patienceMs: 500 }], 2 * minutes, 100)
  expect(school!.matches).toBe(apart!.matches)
  expect(school!.longestWaitMs).toBeLessThanOrEqual(stepMs * 2)
})

test('users behind one address that has had more than its share still meet each other', () => {
  const [, school] = run([strangers(10), behind('school', 30, 2000)], 3 * minutes)
  expect(school!.matches).toBeGreaterThan(1000)
  expect(school!.longestWaitMs).toBeLessThan(5000)
})

test('a household is never limited', () => {
  const [, home] = run([strangers(20), behind('home', 3, 30_000)], 5 * minutes)
  const [, free] = run([strangers(20), behind('home', 3, 30_000)], 5 * minutes, 100)
  expect(home).toEqual(free)
})

test("a slowed user's ticket waits for its delay, also when its address has had more than its share", () => {
  const world = new MatchmakerWorld(0)
  world.fairLimits = { matchesPerMinute: 0.5, sharePercent: 25 }
  const join = (name: string, address: string): User => {
    const user = world.join(name)
    user.fairKeys = [address]
    return user
  }
  const [slowed, one, other] = ['slowed', 'one', 'other'].map((name) => join(name, 'school'))
  world.enter(slowed!, { delayMs: 60_000 })
  world.enter(join('stranger', 'home'), {})
  world.enter(one!, {})
  expect(one!.partner).toBeDefined()
  world.enter(other!, {})
  expect([slowed!.partner, other!.partner]).toEqual([undefined, undefined])
})
