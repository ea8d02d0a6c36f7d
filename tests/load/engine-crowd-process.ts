// A node of `npm run bench -- --scenario redis-matcher` in a process of its own: its users search again as soon as they
// are matched. Prints nothing; reports figures to the parent process on request.
import { RedisClient } from '../../packages/buddy-server/src/engine/redis/redis-client.ts'
import type { Shard } from '../../packages/buddy-server/src/engine/redis/shard.ts'
import { maxShards, shardsOf } from '../../packages/buddy-server/src/engine/redis/shard.ts'
import type { Taste } from './drawn-criteria.ts'
import { createRandom } from './drawn-criteria.ts'
import { EngineCrowd } from './engine-crowd.ts'

/** What the parent process passes as JSON. */
export interface EngineCrowdSetup {
  readonly url: string
  readonly node: number
  readonly users: number
  readonly taste: Taste
  /** How many tickets without an answer there are at most in each shard. */
  readonly asking: number
  readonly shards: number
}

/** The figures of a node since its start. */
export interface EngineCrowdFigures {
  readonly matches: number
  readonly cpuMicroseconds: number
}

const setup = JSON.parse(process.argv[2] ?? '') as EngineCrowdSetup

/** The users of one shard at this node. */
class ShardCrowd {
  matches = 0
  readonly #setup: EngineCrowdSetup
  readonly #client: RedisClient
  readonly #crowd: EngineCrowd
  readonly #random: () => number
  readonly #free: EngineCrowd['users'] = []
  #unanswered = 0
  #isRunning = false

  constructor(shard: Shard) {
    const { url, node, taste } = setup
    const seed = node * maxShards + shard.index + 1
    this.#setup = setup
    this.#random = createRandom(seed)
    this.#client = new RedisClient({
      url,
      shard,
      onUp: () => undefined,
      onDown: (error) => {
        throw error
      },
    })
    this.#crowd = new EngineCrowd({
      client: this.#client,
      nodeId: `node ${node}`,
      taste,
      seed,
      hasTimers: true,
      onMatched: (user, seat) => {
        // Both users of a match receive it.
        if (seat === 0) this.matches++
        this.#handleAnswer(user)
        this.#free.push(user)
        this.#searchOn()
      },
      onQueued: (user) => {
        this.#handleAnswer(user)
        this.#searchOn()
      },
    })
  }

  async prepare(): Promise<void> {
    const { users, shards } = this.#setup
    await this.#client.connect()
    this.#crowd.join(Math.ceil(users / shards))
    await this.#crowd.settle()
    this.#free.push(...this.#crowd.users)
  }

  start(): void {
    this.#isRunning = true
    this.#searchOn()
  }

  #handleAnswer(user: EngineCrowd['users'][number]): void {
    if (user.isAsking) this.#unanswered--
    user.isAsking = false
  }

  /** Lets free users search, in random order: otherwise the same two would meet again and again. */
  #searchOn(): void {
    if (!this.#isRunning) return
    const free = this.#free
    while (this.#unanswered < this.#setup.asking && free.length > 0) {
      const index = Math.floor(this.#random() * free.length)
      const user = free[index]!
      free[index] = free.at(-1)!
      free.pop()
      this.#unanswered++
      this.#crowd.enter(user)
    }
  }
}

const crowds = shardsOf(setup.shards).map((shard) => new ShardCrowd(shard))

process.on('message', (request: 'start' | 'measure') => {
  if (request === 'start') {
    for (const crowd of crowds) crowd.start()
    return
  }
  const { user, system } = process.cpuUsage()
  const matches = crowds.reduce((sum, crowd) => sum + crowd.matches, 0)
  const figures: EngineCrowdFigures = { matches, cpuMicroseconds: user + system }
  process.send?.(figures)
})
process.on('disconnect', () => process.exit())

await Promise.all(crowds.map((crowd) => crowd.prepare()))
process.send?.('ready')
