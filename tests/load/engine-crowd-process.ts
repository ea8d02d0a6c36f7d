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
  /** The lobby of all users. If it is undefined, each shard has the same number of users. */
  readonly lobby?: string
}

/** The figures of a node since its start. */
export interface EngineCrowdFigures {
  readonly matches: number
  readonly cpuMicroseconds: number
}

const setup = JSON.parse(process.argv[2] ?? '') as EngineCrowdSetup

/** Users of this node, who search again as soon as they are matched. */
class SearchingCrowd {
  matches = 0
  readonly #setup: EngineCrowdSetup
  readonly #clients: readonly RedisClient[]
  readonly #crowd: EngineCrowd
  readonly #random: () => number
  readonly #free: EngineCrowd['users'] = []
  #unanswered = 0
  #isRunning = false

  /** @param shards the shards of the users */
  constructor(shards: readonly Shard[]) {
    const { url, node, taste } = setup
    const seed = node * maxShards + shards[0]!.index + 1
    this.#setup = setup
    this.#random = createRandom(seed)
    this.#clients = shards.map(
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
    this.#crowd = new EngineCrowd({
      clients: this.#clients,
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
    await Promise.all(this.#clients.map((client) => client.connect()))
    this.#crowd.join(Math.ceil((users * this.#clients.length) / shards))
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
      this.#crowd.enter(user, this.#setup.lobby)
    }
  }
}

const shards = shardsOf(setup.shards)
const crowds =
  setup.lobby === undefined
    ? shards.map((shard) => new SearchingCrowd([shard]))
    : [new SearchingCrowd(shards)]

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
