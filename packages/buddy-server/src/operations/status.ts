import type { Clock } from '../clock.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { Counts } from '../core/counts.ts'
import type { Engine, NodeStatus } from '../engine/engine.ts'
import type { RedisState } from '../engine/redis/redis-client.ts'
import type { ServerObserver } from '../events.ts'
import type { Site } from '../sites/site.ts'
import { hasOtherKey } from './node-watch.ts'
import type { WaitPercentiles } from './wait-times.ts'
import { WaitTimes } from './wait-times.ts'

/** The present figures of one site at this node. Only a reader with the admin token gets them. */
export interface SiteStatus {
  /** The site's public key. Empty for the server's own pages. */
  readonly key: string
  readonly users: number
  /** The maximum number of users of the site, or that of the server if the site has none. */
  readonly max_users: number
  readonly waiting: number
  readonly rooms: number
  /** The users of the site at all nodes, which its `max_users` limits. Missing if there is one node. */
  readonly crowd_users?: number
}

/** The present figures of all nodes together. */
export interface CrowdFigures {
  /** The number of nodes that work. */
  readonly nodes: number
  readonly users: number
  readonly away: number
  readonly connections: number
  readonly waiting: number
  readonly rooms: number
}

/** What one node has reported. Only a reader with the admin token gets it. */
export interface NodeFigures {
  readonly id: string
  /** The setting `NODE_NAME` of that node, or else the host name of its machine and its port. */
  readonly name: string
  /** Whether this node has answered the request. */
  readonly is_this: boolean
  /** `lost` if the other nodes have declared it dead, for ten minutes. */
  readonly state: 'healthy' | 'draining' | 'lost'
  /** Whether its `SECRET_KEY` differs from that of this node, which is a mistake. */
  readonly has_other_key: boolean
  readonly version: string
  readonly uptime_seconds: number
  readonly users: number
  readonly away: number
  readonly max_users: number
  readonly load_percent: number
  readonly connections: number
  readonly waiting: number
  readonly rooms: number
  /** The time since it last reported to Redis that it works. */
  readonly last_beat_ms: number
}

/** Whether this node can use Redis. */
interface RedisFigures {
  readonly state: 'up' | 'down'
  /** Why it cannot, in one word; null if it can, or if the reason is not known yet. */
  readonly problem: string | null
  /** Since when, in milliseconds since 1970. */
  readonly since_ms: number
  /** The shards that do not answer, if there are several. */
  readonly down_shards?: readonly number[]
  /** The reason in a sentence that says what to do. Only a reader with the admin token gets it. */
  readonly message?: string
}

/** The present figures of the server, as `/status` returns them: of this node, if there are several. */
export interface Status {
  readonly status: 'healthy' | 'draining'
  readonly version: string
  readonly uptime_seconds: number
  readonly users: number
  /** How many of the users have lost their connection and may still resume. */
  readonly away: number
  readonly max_users: number
  /** Users in percent of the maximum. */
  readonly load_percent: number
  readonly waiting: number
  readonly rooms: number
  /** The maximum number of rooms at all nodes. */
  readonly max_rooms: number
  /** The rooms of all nodes in percent of the maximum. */
  readonly room_percent: number
  /** The number of rooms opened since the start. */
  readonly matches: number
  readonly wait_ms: WaitPercentiles
  /** Present only with the admin token. */
  readonly sites?: readonly SiteStatus[]
  /** Missing if the server shares no Redis with others. */
  readonly crowd?: CrowdFigures
  /** Missing if the server uses no Redis. */
  readonly redis?: RedisFigures
  /** Present only with the admin token, and if the server shares a Redis. */
  readonly nodes?: readonly NodeFigures[]
}

/** What a node knows of all nodes. */
export interface CrowdSource {
  /** Returns the counts of all nodes. */
  readonly counts: () => Counts
  /** Returns the nodes; none if there is only this one. */
  readonly nodes: () => readonly NodeStatus[]
  readonly usersOf: Engine['usersOf']
  /** The id of this node. */
  readonly nodeId: string
  /** Returns the mark of the secret key of this node. */
  readonly keyMark: () => string
}

interface StatusReporterDependencies {
  readonly settings: () => Pick<ResolvedServerOptions, 'maxUsers' | 'maxRooms'>
  readonly clock: Pick<Clock, 'now'>
  readonly version: string
  readonly isDraining: () => boolean
  /** Returns the counts of this node. */
  readonly counts: () => Counts
  readonly countsBySite: () => ReadonlyMap<string, Counts>
  readonly crowd: CrowdSource
  /** Returns whether this node can use Redis; undefined if it uses none. */
  readonly redis: () => RedisState | undefined
  readonly sites: () => Iterable<Pick<Site, 'key' | 'maxUsers'>>
}

/** Puts the figures of `/status` together: what there is now, and what was counted since the start. */
export class StatusReporter {
  /** Counts what has happened since the start. */
  readonly observer: ServerObserver
  readonly #dependencies: StatusReporterDependencies
  readonly #startedAtMs: number
  readonly #waits = new WaitTimes()
  #matches = 0

  constructor(dependencies: StatusReporterDependencies) {
    this.#dependencies = dependencies
    this.#startedAtMs = dependencies.clock.now()
    this.observer = {
      matched: ({ waitsMs }) => {
        this.#matches++
        for (const waitMs of waitsMs) this.#waits.add(waitMs)
      },
    }
  }

  /** Returns the present figures. Pass `isAdmin` only if the reader has the admin token. */
  read(isAdmin: boolean): Status {
    const { version, clock, isDraining, counts, settings, crowd } = this.#dependencies
    const { users, away, waiting, rooms } = counts()
    const { maxUsers, maxRooms } = settings()
    const nodes = crowd.nodes()
    const hasNodes = nodes.length > 0
    const redis = this.#dependencies.redis()
    return {
      status: isDraining() ? 'draining' : 'healthy',
      version,
      uptime_seconds: Math.floor((clock.now() - this.#startedAtMs) / 1000),
      users,
      away,
      max_users: maxUsers,
      load_percent: percent(users, maxUsers),
      waiting,
      rooms,
      max_rooms: maxRooms,
      room_percent: percent(crowd.counts().rooms, maxRooms),
      matches: this.#matches,
      wait_ms: this.#waits.percentiles,
      ...(hasNodes && { crowd: this.#crowd(nodes) }),
      ...(redis && { redis: redisFigures(redis, isAdmin) }),
      ...(isAdmin && { sites: this.#sites(hasNodes) }),
      ...(isAdmin && hasNodes && { nodes: nodes.map((node) => this.#node(node)) }),
    }
  }

  #crowd(nodes: readonly NodeStatus[]): CrowdFigures {
    const living = nodes.filter(({ isLost }) => !isLost)
    const connections = living.reduce((sum, node) => sum + node.connections, 0)
    return { nodes: living.length, connections, ...this.#dependencies.crowd.counts() }
  }

  #node(node: NodeStatus): NodeFigures {
    const { users, away, connections, waiting, rooms, maxUsers, version, isLost, isDraining } = node
    return {
      id: node.id,
      name: node.name,
      is_this: node.id === this.#dependencies.crowd.nodeId,
      has_other_key: hasOtherKey(node, this.#dependencies.crowd.keyMark()),
      state: isLost ? 'lost' : isDraining ? 'draining' : 'healthy',
      version,
      uptime_seconds: Math.max(0, Math.floor((Date.now() - node.startedAtMs) / 1000)),
      users,
      away,
      max_users: maxUsers,
      load_percent: percent(users, maxUsers),
      connections,
      waiting,
      rooms,
      last_beat_ms: node.beatAgoMs,
    }
  }

  #sites(hasNodes: boolean): readonly SiteStatus[] {
    const { settings, countsBySite, sites, crowd } = this.#dependencies
    const counts = countsBySite()
    return [...sites()].map(({ key, maxUsers }) => {
      const { users, waiting, rooms } = counts.get(key) ?? { users: 0, waiting: 0, rooms: 0 }
      const figures = { key, users, max_users: maxUsers ?? settings().maxUsers, waiting, rooms }
      return hasNodes ? { ...figures, crowd_users: crowd.usersOf(key) } : figures
    })
  }
}

function redisFigures(
  { isUp, fault, sinceMs, downShards }: RedisState,
  isAdmin: boolean,
): RedisFigures {
  return {
    state: isUp ? 'up' : 'down',
    problem: fault?.problem ?? null,
    since_ms: sinceMs,
    ...(downShards.length > 0 && { down_shards: downShards }),
    ...(isAdmin && fault && { message: fault.message }),
  }
}

/** Returns a share in percent, rounded to one decimal. */
export function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 1000) / 10
}
