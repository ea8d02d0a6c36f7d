// A node of `npm run bench -- --scenario redis-matcher` in a process of its own: its users search again as soon as they are
// matched. Prints nothing; reports figures to the parent process on request.
import { RedisClient } from '../../packages/buddy-server/src/engine/redis/redis-client.ts'
import type { Taste } from './drawn-criteria.ts'
import { createRandom } from './drawn-criteria.ts'
import { EngineCrowd } from './engine-crowd.ts'

/** What the parent process passes as JSON. */
export interface EngineCrowdSetup {
  readonly url: string
  readonly node: number
  readonly users: number
  readonly taste: Taste
  /** How many tickets without an answer there are at most. */
  readonly asking: number
}

/** The figures of a node since its start. */
export interface EngineCrowdFigures {
  readonly matches: number
  readonly cpuMicroseconds: number
}

const { url, node, users, taste, asking } = JSON.parse(process.argv[2] ?? '') as EngineCrowdSetup
const client = new RedisClient({
  url,
  onUp: () => undefined,
  onDown: (error) => {
    throw error
  },
})
const random = createRandom(node + 1)
const free: EngineCrowd['users'] = []
let matches = 0
let unanswered = 0
let isRunning = false

function handleAnswer(user: EngineCrowd['users'][number]): void {
  if (user.isAsking) unanswered--
  user.isAsking = false
}

const crowd = new EngineCrowd({
  client,
  nodeId: `node ${node}`,
  taste,
  seed: node + 1,
  hasTimers: true,
  onMatched: (user, seat) => {
    // Both users of a match receive it.
    if (seat === 0) matches++
    handleAnswer(user)
    free.push(user)
    searchOn()
  },
  onQueued: (user) => {
    handleAnswer(user)
    searchOn()
  },
})

/** Lets free users search, in random order: otherwise the same two would meet again and again. */
function searchOn(): void {
  if (!isRunning) return
  while (unanswered < asking && free.length > 0) {
    const index = Math.floor(random() * free.length)
    const user = free[index]!
    free[index] = free.at(-1)!
    free.pop()
    unanswered++
    crowd.enter(user)
  }
}

process.on('message', (request: 'start' | 'measure') => {
  if (request === 'start') {
    isRunning = true
    searchOn()
    return
  }
  const { user, system } = process.cpuUsage()
  const figures: EngineCrowdFigures = { matches, cpuMicroseconds: user + system }
  process.send?.(figures)
})
process.on('disconnect', () => process.exit())

await client.connect()
crowd.join(users)
await crowd.settle()
free.push(...crowd.users)
process.send?.('ready')
