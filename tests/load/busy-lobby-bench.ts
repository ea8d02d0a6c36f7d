// How long a match takes in a lobby, while another lobby of the same site is busy.
import { RedisClient } from '../../packages/buddy-server/src/engine/redis/redis-client.ts'
import { shardIndexOf, shardsOf } from '../../packages/buddy-server/src/engine/redis/shard.ts'
import type { Taste } from './drawn-criteria.ts'
import { tastes } from './drawn-criteria.ts'
import { EngineCrowd } from './engine-crowd.ts'
import { asking, NodeProcess, urlOf, withServers } from './node-process.ts'

const busyLobby = 'busy'
/** How many users the quiet lobby has. They meet in pairs, one pair after the other. */
const quietUsers = 200
const pauseMs = 10
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Measures the quiet lobby, with shards at Redis servers of their own.
 * @param users the users of the busy lobby, who search again as soon as they are matched. With 0 it does not exist
 */
export async function measureBusyLobby(
  taste: Taste,
  users: number,
  seconds: number,
  shards: number,
): Promise<Record<string, string>> {
  return withServers(shards, async (servers) => {
    const url = urlOf(servers)
    const setup = { url, node: 0, users, taste, asking, shards, lobby: busyLobby }
    const busy = users === 0 ? undefined : new NodeProcess(setup)
    const clients = shardsOf(shards).map(
      (shard) =>
        new RedisClient({
          url,
          shard,
          onUp: () => undefined,
          onDown: (error) => {
            throw error
          },
        }),
    )
    try {
      await busy?.ready()
      const crowd = await QuietCrowd.create(clients)
      busy?.start()
      // This time is not measured: the code is compiled in it, and the queue of the busy lobby fills.
      await crowd.meetFor(Math.min(2000, seconds * 1000))
      const before = await busy?.measure()
      const beganAtMs = performance.now()
      const waitsMs = (await crowd.meetFor(seconds * 1000)).toSorted((one, other) => one - other)
      const after = await busy?.measure()
      const passedSeconds = (performance.now() - beganAtMs) / 1000
      const matches = (after?.matches ?? 0) - (before?.matches ?? 0)
      await crowd.close()
      const at = (share: number): string => waitsMs[Math.floor(waitsMs.length * share)]!.toFixed(1)
      return {
        'busy: matches/s': (matches / passedSeconds).toFixed(0),
        'quiet: median ms': at(0.5),
        'quiet: 95 % ms': at(0.95),
        'quiet: matches': String(waitsMs.length),
      }
    } finally {
      for (const client of clients) client.close()
      await busy?.stop()
    }
  })
}

/** Users of the quiet lobby. If there are several shards, it is in another one than the busy lobby. */
class QuietCrowd {
  readonly #crowd: EngineCrowd
  readonly #lobby: string
  #onMatched: () => void = () => undefined
  #onQueued: () => void = () => undefined
  #pairs = 0

  private constructor(clients: readonly RedisClient[]) {
    const { length } = clients
    const names = Array.from({ length: 100 }, (_, number) => `quiet ${number}`)
    const isElsewhere = (lobby: string): boolean =>
      shardIndexOf('', lobby, length) !== shardIndexOf('', busyLobby, length)
    this.#lobby = names.find(isElsewhere) ?? names[0]!
    this.#crowd = new EngineCrowd({
      clients,
      nodeId: 'quiet',
      // Any two users fit, so that only Redis is measured.
      taste: tastes['no criteria']!,
      seed: 1,
      hasTimers: true,
      onMatched: () => this.#onMatched(),
      onQueued: () => this.#onQueued(),
    })
  }

  /** Resolves when the sessions are in the shard of their lobby, and no user waits in the lobby. */
  static async create(clients: readonly RedisClient[]): Promise<QuietCrowd> {
    const quiet = new QuietCrowd(clients)
    await Promise.all(clients.map((client) => client.connect()))
    quiet.#crowd.join(quietUsers)
    for (const user of quiet.#crowd.users) quiet.#crowd.enter(user, quiet.#lobby)
    await wait(500)
    for (const user of quiet.#crowd.users) quiet.#crowd.leave(user)
    await quiet.#crowd.settle()
    return quiet
  }

  /** Lets pairs meet. Resolves with the times from the second ticket of a pair to its match, in milliseconds. */
  async meetFor(ms: number): Promise<readonly number[]> {
    const waitsMs: number[] = []
    const endsAtMs = performance.now() + ms
    do {
      waitsMs.push(await this.#meet())
      await wait(pauseMs)
    } while (performance.now() < endsAtMs)
    return waitsMs
  }

  close(): Promise<void> {
    return this.#crowd.close()
  }

  async #meet(): Promise<number> {
    const { users } = this.#crowd
    // Each user meets all others of the other half before anyone meets the same person again.
    const round = Math.floor(this.#pairs / (quietUsers / 2))
    const index = this.#pairs++ % (quietUsers / 2)
    const one = users[index]!
    const other = users[quietUsers / 2 + ((index + round) % (quietUsers / 2))]!
    const isQueued = new Promise<void>((resolve) => (this.#onQueued = resolve))
    this.#crowd.enter(one, this.#lobby)
    await isQueued
    const isMatched = new Promise<void>((resolve) => (this.#onMatched = resolve))
    const beganAtMs = performance.now()
    this.#crowd.enter(other, this.#lobby)
    await isMatched
    const waitMs = performance.now() - beganAtMs
    for (const user of [one, other]) this.#crowd.leave(user)
    return waitMs
  }
}
