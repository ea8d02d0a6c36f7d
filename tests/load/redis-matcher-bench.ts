// npm run bench -- --scenario redis-matcher: the engine with a real Redis, without sockets. Prints how many matches it
// makes in a second, what a match costs Redis, and the bytes that Redis keeps.
import { RedisClient } from '../../packages/buddy-server/src/engine/redis/redis-client.ts'
import type { RedisServer } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { missingRedisMessage } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { measureBusyLobby } from './busy-lobby-bench.ts'
import type { Taste } from './drawn-criteria.ts'
import { tastes } from './drawn-criteria.ts'
import type { EngineCrowdOptions } from './engine-crowd.ts'
import { EngineCrowd } from './engine-crowd.ts'
import { asking, NodeProcess, urlOf, withServers } from './node-process.ts'
import { readRedisInfo } from './redis-info.ts'

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const withRedis = <T>(act: (server: RedisServer) => Promise<T>): Promise<T> =>
  withServers(1, ([server]) => act(server!))

/** Measures users who search again as soon as they are matched, at several nodes. */
async function measureMatches(
  taste: Taste,
  users: number,
  seconds: number,
  nodes: number,
  shards: number,
): Promise<Record<string, string>> {
  return withServers(shards, async (servers) => {
    const url = urlOf(servers)
    const perNode = Math.ceil(users / nodes)
    const processes = Array.from(
      { length: nodes },
      (_, node) => new NodeProcess({ url, node, users: perNode, taste, asking, shards }),
    )
    try {
      await Promise.all(processes.map((each) => each.ready()))
      for (const each of processes) each.start()
      // First the code is compiled, and the queue fills.
      await wait(Math.min(2000, seconds * 1000))
      const measure = async () => {
        const figures = await Promise.all(processes.map((each) => each.measure()))
        const infos = servers.map((server) => readRedisInfo(server))
        const sumOf = (name: 'cpuMicroseconds' | 'commands'): number =>
          infos.reduce((sum, info) => sum + info[name], 0)
        return {
          redis: { cpuMicroseconds: sumOf('cpuMicroseconds'), commands: sumOf('commands') },
          atMs: performance.now(),
          matches: figures.reduce((sum, { matches }) => sum + matches, 0),
          nodeCpu: figures.reduce((sum, { cpuMicroseconds }) => sum + cpuMicroseconds, 0),
        }
      }
      const before = await measure()
      await wait(seconds * 1000)
      const after = await measure()
      const matches = after.matches - before.matches
      if (matches === 0) throw new Error('no match')
      const perMatch = (name: 'cpuMicroseconds' | 'commands'): number =>
        (after.redis[name] - before.redis[name]) / matches
      return {
        'matches/s': ((matches * 1000) / (after.atMs - before.atMs)).toFixed(0),
        'Redis CPU µs/match': perMatch('cpuMicroseconds').toFixed(0),
        'matches/s of Redis CPU': (1e6 / perMatch('cpuMicroseconds')).toFixed(0),
        'commands/match': perMatch('commands').toFixed(0),
        'node CPU µs/match': ((after.nodeCpu - before.nodeCpu) / matches).toFixed(0),
      }
    } finally {
      await Promise.all(processes.map((each) => each.stop()))
    }
  })
}

/** Runs `act` with an engine in this process whose timers never fire. */
async function withCrowd<T>(
  options: Pick<EngineCrowdOptions, 'taste' | 'onMatched'>,
  act: (crowd: EngineCrowd, server: RedisServer) => Promise<T>,
): Promise<T> {
  return withRedis(async (server) => {
    let failure: unknown
    const client = new RedisClient({
      url: server.url,
      onUp: () => undefined,
      onDown: (error) => (failure ??= error),
    })
    const given = { clients: [client], nodeId: 'node', seed: 1, hasTimers: false }
    const crowd = new EngineCrowd({ ...given, ...options })
    await client.connect()
    try {
      return await act(crowd, server)
    } finally {
      client.close()
      if (failure) console.error(failure)
    }
  })
}

/** Lets the crowd act in parts, so that the calls to Redis are short. */
async function inParts<T>(
  crowd: EngineCrowd,
  list: readonly T[],
  act: (item: T) => void,
): Promise<void> {
  for (let from = 0; from < list.length; from += 256) {
    for (const item of list.slice(from, from + 256)) act(item)
    await crowd.settle()
  }
}

/** Returns the bytes that Redis keeps for a session, and in addition for its ticket or for a room. */
async function measureBytes(taste: Taste, users: number): Promise<Record<string, string>> {
  return withCrowd({ taste }, async (crowd, server) => {
    const bytes = (): number => readRedisInfo(server).usedBytes
    const empty = bytes()
    for (let from = 0; from < users; from += 256) {
      crowd.join(Math.min(256, users - from))
      await crowd.settle()
    }
    const joined = bytes()
    crowd.maxRooms = 0
    await inParts(crowd, crowd.users, (user) => crowd.enter(user))
    const waiting = bytes()
    await inParts(crowd, crowd.users, (user) => crowd.leave(user))
    const left = bytes()
    crowd.maxRooms = 1_000_000
    let rooms = 0
    await inParts(crowd, crowd.users, (user) => {
      // The two users of a room have a lobby of their own, so all of them are matched.
      crowd.enter(user, String(rooms++ >> 1))
    })
    const matched = bytes()
    return {
      session: ((joined - empty) / users).toFixed(0),
      'waiting ticket': ((waiting - joined) / users).toFixed(0),
      'left over': ((left - joined) / users).toFixed(0),
      'room, pool and 2 encounters': ((matched - left) / (users / 2)).toFixed(0),
    }
  })
}

/** Returns what an operation costs Redis while a number of tickets waits, in microseconds of its CPU time. */
async function measureCosts(taste: Taste, waiting: number): Promise<Record<string, string>> {
  let matches = 0
  const onMatched = (): void => void matches++
  return withCrowd({ taste, onMatched }, async (crowd, server) => {
    crowd.maxRooms = 0
    for (let from = 0; from < waiting; from += 256) {
      crowd.join(Math.min(256, waiting - from))
      for (const user of crowd.users.slice(from)) crowd.enter(user)
      await crowd.settle()
    }
    // So few that the number of those who wait stays about the same.
    const acts = Math.min(2000, Math.ceil(waiting / 10))
    const newcomers = crowd.users.length
    crowd.join(acts)
    await crowd.settle()
    const users = crowd.users.slice(newcomers)
    const measure = async (act: (user: EngineCrowd['users'][number]) => void): Promise<string> => {
      const before = readRedisInfo(server)
      await inParts(crowd, users, act)
      const after = readRedisInfo(server)
      const us = (after.cpuMicroseconds - before.cpuMicroseconds) / acts
      return `${us.toFixed(0)} µs, ${((after.commands - before.commands) / acts).toFixed(0)} commands`
    }
    const enter = await measure((user) => crowd.enter(user))
    const leave = await measure((user) => crowd.leave(user))
    crowd.maxRooms = 1_000_000
    matches = 0
    const match = await measure((user) => crowd.enter(user))
    return { enter, leave, match, matched: `${Math.round((matches * 50) / acts)} %` }
  })
}

/** Measures the engine with Redis, and prints three tables. */
export async function benchRedisMatcher({
  users = 4000,
  seconds = 5,
  waiting,
  nodes,
  shards = 1,
}: {
  readonly users?: number | undefined
  readonly seconds?: number | undefined
  readonly waiting: readonly number[]
  readonly nodes: number
  /** The number of shards, each at a Redis server of its own. Above 1, one is measured as well, and nothing else. */
  readonly shards?: number | undefined
}): Promise<void> {
  if (missingRedisMessage) throw new Error(missingRedisMessage)
  const table = async (
    entries: readonly (readonly [string, () => Promise<Record<string, string>>])[],
  ): Promise<void> => {
    const rows: Record<string, Record<string, string>> = {}
    for (const [name, measure] of entries) rows[name] = await measure()
    console.table(rows)
  }
  if (shards > 1) {
    console.log(`\nredis-matcher: ${users} users at ${nodes} nodes press Next, by shards`)
    const taste = tastes['0–10 interests, 1 language']!
    const numbers = [1, shards]
    await table(
      numbers.map((number) => [
        `${number} shards`,
        () => measureMatches(taste, users, seconds, nodes, number),
      ]),
    )
    console.log('\nredis-matcher: a lobby, while another lobby of its site is busy')
    await table([
      ['not busy', () => measureBusyLobby(taste, 0, seconds, 1)],
      ...numbers.map((number): [string, () => Promise<Record<string, string>>] => [
        `${number} shards`,
        () => measureBusyLobby(taste, users, seconds, number),
      ]),
    ])
    return
  }
  console.log(`\nredis-matcher: ${users} users at ${nodes} nodes press Next, ${seconds} s`)
  await table(
    Object.entries(tastes).map(([name, taste]) => [
      name,
      () => measureMatches(taste, users, seconds, nodes, 1),
    ]),
  )
  const taste = tastes['0–10 interests, 1 language']!
  console.log('\nredis-matcher: bytes in Redis, with 0–10 interests and 1 language')
  await table([[`${users} users`, () => measureBytes(taste, users)]])
  console.log(
    '\nredis-matcher: CPU time of Redis while tickets wait, with 0–10 interests and 1 language',
  )
  await table(waiting.map((count) => [`${count} waiting`, () => measureCosts(taste, count)]))
}
