// Users of an engine with Redis, without sockets.
import type {
  Engine,
  EngineEvent,
  EngineSession,
} from '../../packages/buddy-server/src/engine/engine.ts'
import { connectEngine } from '../../packages/buddy-server/src/engine/redis/connect-engine.ts'
import type { RedisClient } from '../../packages/buddy-server/src/engine/redis/redis-client.ts'
import type { ShardedEngineDependencies } from '../../packages/buddy-server/src/engine/redis/sharded-engine.ts'
import { ShardedEngine } from '../../packages/buddy-server/src/engine/redis/sharded-engine.ts'
import { createTicket } from '../../packages/buddy-server/src/engine/ticket.fixture.ts'
import type { DrawnCriteria, Taste } from './drawn-criteria.ts'
import { createRandom, drawCriteria } from './drawn-criteria.ts'

/** The first part of all names in the Redis of a benchmark. */
const prefix = 'bench:'

/** A user with one session. */
interface User {
  readonly id: string
  readonly criteria: DrawnCriteria
  readonly engine: EngineSession
  generation: number
  /** Whether the engine has not answered the latest ticket yet. */
  isAsking: boolean
}

/** The dependencies of {@link EngineCrowd}. */
export interface EngineCrowdOptions {
  /** The connections, for each shard. */
  readonly clients: readonly RedisClient[]
  readonly nodeId: string
  readonly taste: Taste
  readonly seed: number
  /** Whether timers fire. Without them, no ticket widens, and nothing is repeated. */
  readonly hasTimers: boolean
  /** Called when a user is matched. */
  readonly onMatched?: (user: User, seat: 0 | 1) => void
  /** Called when a ticket waits for the first time. */
  readonly onQueued?: (user: User) => void
}

/** The users of one node. */
export class EngineCrowd {
  maxRooms = 1_000_000
  readonly users: User[] = []
  readonly #engine: Engine
  readonly #random: () => number
  readonly #options: EngineCrowdOptions
  #isClosed = false

  constructor(options: EngineCrowdOptions) {
    const { clients, nodeId, seed, hasTimers } = options
    this.#options = options
    this.#random = createRandom(seed)
    const ids = createRandom(seed)
    const dependencies = {
      clock: {
        now: () => performance.now(),
        after: (delayMs: number, callback: () => void) => {
          const act = (): void => {
            if (!this.#isClosed) callback()
          }
          const timer = hasTimers ? setTimeout(act, delayMs) : undefined
          return () => clearTimeout(timer)
        },
      },
      wallNow: () => Date.now(),
      createId: () => `${nodeId} ${Math.floor(ids() * 2 ** 52).toString(36)}`,
      bans: {
        size: 0,
        add: () => undefined,
        delete: () => undefined,
        has: () => false,
        leftMs: () => 0,
        keys: () => new Set<string>().values(),
      },
      maxRooms: () => this.maxRooms,
      scheduleOf: () => ({ interestsMs: 8000, languagesMs: 12_000, regionMs: 0 }),
      avoidRecentMs: () => 600_000,
      avoidRecentCount: () => 20,
      rematchDelayMs: () => 3000,
      blockMs: () => 1,
      fairLimits: () => ({ matchesPerMinute: 12, sharePercent: 25 }),
      restoreLeftMs: () => 0,
      observer: {
        onOpened: () => undefined,
        onRestored: () => undefined,
        onEnded: () => undefined,
        onPair: () => undefined,
      },
      onError: fail,
      onBanned: () => undefined,
      onDataLost: () => fail(new Error('Redis has lost its data')),
      nodeId,
      graceMs: () => 30_000,
      maxHeldBytes: () => 65_536,
      report: () => ({
        name: '',
        keyMark: '',
        version: '',
        startedAtMs: 0,
        isDraining: false,
        users: this.users.length,
        away: 0,
        maxUsers: Infinity,
        connections: 0,
        waiting: 0,
        rooms: 0,
      }),
      isLocalAllowed: () => false,
    }
    const createEngine: ShardedEngineDependencies['createEngine'] = (index, given) =>
      connectEngine(clients[index]!, { ...dependencies, ...given }, prefix)
    const count = clients.length
    this.#engine =
      count === 1
        ? connectEngine(clients[0]!, dependencies, prefix)
        : new ShardedEngine({ ...dependencies, count, createEngine })
  }

  /** Adds users without a ticket. */
  join(count: number): void {
    const { nodeId, taste } = this.#options
    for (let added = 0; added < count; added++) {
      const index = this.users.length
      const id = `${nodeId} session ${index}`
      const seat = { sessionId: id, nodeId, name: '', subject: undefined, personKey: `p ${id}` }
      const profile = { seat, site: '', addressKey: `a ${id}`, personKey: seat.personKey }
      const handleEvent = (event: EngineEvent): void => this.#handle(user, event)
      const user: User = {
        id,
        criteria: drawCriteria(this.#random, taste),
        engine: this.#engine.join(profile, { handleEvent }, false),
        generation: 0,
        isAsking: false,
      }
      this.users.push(user)
    }
  }

  /** Leaves the room, if the user is in one, and searches. */
  enter(user: User, lobby = ''): void {
    const ticket = createTicket({ sessionId: user.id, lobby, ...user.criteria })
    user.isAsking = true
    user.engine.enter(ticket, ++user.generation)
  }

  leave(user: User): void {
    user.engine.leave('left', ++user.generation)
  }

  /** Resolves when all commands so far have been handled. */
  async settle(): Promise<void> {
    await this.#engine.sweep(Number.MAX_SAFE_INTEGER)
  }

  /** From now on timers do nothing. Resolves when the commands that were sent before have been handled. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.settle()
  }

  #handle(user: User, event: EngineEvent): void {
    if (event.generation !== user.generation) return
    if (event.type === 'matched') this.#options.onMatched?.(user, event.seat)
    else if (event.type === 'queued') this.#options.onQueued?.(user)
  }
}

function fail(error: unknown): never {
  throw error
}
