import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Counts } from '../core/counts.ts'
import type { CrowdSource } from './status.ts'
import type { RedisState } from '../engine/redis/redis-client.ts'
import type { ServerObserver } from '../events.ts'
import type { WebhookEvent } from '../config/webhook-events.ts'
import type { WebhookOutcome } from './webhooks/lane.ts'

/** The values that the gauges read at each scrape. */
export interface MetricsSource {
  /** Returns the counts of this node. */
  readonly counts: () => Counts
  readonly crowd: Pick<CrowdSource, 'counts' | 'nodes'>
  /** Returns whether this node can use Redis; undefined if it uses none. */
  readonly redis: () => RedisState | undefined
  readonly connections: () => number
  readonly sockets: () => number
  readonly maxSockets: () => number
  readonly maxUsers: () => number
  readonly maxRooms: () => number
  readonly version: string
}

/**
 * Only one of this many frames is timed, because adding to a histogram takes longer than relaying a frame.
 */
const relaySampling = 16

/** The Prometheus metrics of a server. `docs/monitoring.md` lists them. */
export interface Metrics {
  readonly registry: Registry
  readonly observer: ServerObserver
  /**
   * Call this for each relayed frame. It only counts the frame, because it is called very often. The counts
   * are published at the next scrape. If `handlingMs` is undefined, the frame is not timed.
   */
  readonly onRelayed: (bytes: number, handlingMs: (() => number) | undefined) => void
  readonly onWebhook: (outcome: WebhookOutcome, event: WebhookEvent) => void
  /** The number of relayed frames and bytes since the start. */
  readonly relayed: { readonly frames: number; readonly bytes: number }
}

let processRegistry: Registry | undefined

/**
 * Returns the metrics of the process: memory, handles, garbage collection and event-loop lag. All servers in
 * one process share them, because their measurement cannot be stopped.
 */
function processMetrics(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry()
    collectDefaultMetrics({ register: processRegistry })
  }
  return processRegistry
}

/**
 * Creates the metrics of one server. Each server has its own registry, so that a program can run several
 * servers.
 */
export function createMetrics(source: MetricsSource): Metrics {
  const registry = new Registry()
  const registers = [registry]

  const gauge = (name: string, help: string, read: () => number): void => {
    const created: Gauge = new Gauge({ name, help, registers, collect: () => created.set(read()) })
  }
  gauge('buddy_users', 'Sessions, connected or away.', () => source.counts().users)
  gauge(
    'buddy_users_away',
    'Sessions without a connection, within their grace time.',
    () => source.counts().away,
  )
  gauge('buddy_users_max', 'The maximum number of sessions.', source.maxUsers)
  gauge(
    'buddy_waiting',
    'Tickets in the queue, of sessions of this node.',
    () => source.counts().waiting,
  )
  gauge('buddy_rooms', 'Open rooms, each counted at one node.', () => source.counts().rooms)
  gauge('buddy_rooms_max', 'The maximum number of rooms of all nodes.', source.maxRooms)
  const { crowd } = source
  gauge('buddy_nodes', 'Nodes that work, as this one knows them: the same at every node.', () => {
    const nodes = crowd.nodes()
    return nodes.length === 0 ? 1 : nodes.filter(({ isLost }) => !isLost).length
  })
  gauge(
    'buddy_crowd_users',
    'Sessions of all nodes: the same at every node.',
    () => crowd.counts().users,
  )
  gauge(
    'buddy_crowd_waiting',
    'Tickets in the queue of all nodes: the same at every node.',
    () => crowd.counts().waiting,
  )
  gauge(
    'buddy_crowd_rooms',
    'Open rooms of all nodes: the same at every node.',
    () => crowd.counts().rooms,
  )
  gauge('buddy_connections', 'Open WebSockets.', source.connections)
  gauge('buddy_sockets', 'Open TCP connections, each an open file.', source.sockets)
  gauge(
    'buddy_sockets_max',
    'How many TCP connections the limit of open files allows.',
    source.maxSockets,
  )
  const info = new Gauge({
    name: 'buddy_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version'],
    registers,
  })
  info.set({ version: source.version }, 1)

  const counter = <const Label extends string>(name: string, help: string, label: Label) =>
    new Counter({ name, help, labelNames: [label], registers })
  const sessions = counter('buddy_sessions_ended_total', 'Sessions ended, by reason.', 'reason')
  const rooms = counter('buddy_rooms_ended_total', 'Rooms ended, by reason.', 'reason')
  const refusals = counter('buddy_refusals_total', 'Connections refused, by error code.', 'code')
  const cuts = counter(
    'buddy_cuts_total',
    'Connections closed for their behaviour, by close code.',
    'code',
  )
  const reports = counter('buddy_reports_total', 'Partners reported, by reason.', 'reason')
  const failures = counter(
    'buddy_call_failures_total',
    'Calls without a path, and faults that clients found, by reason, as reported by clients.',
    'reason',
  )
  const webhooks = new Counter({
    name: 'buddy_webhooks_total',
    help: 'Webhook deliveries, by outcome and event.',
    labelNames: ['outcome', 'event'],
    registers,
  })
  const joins = new Counter({ name: 'buddy_sessions_total', help: 'Sessions begun.', registers })
  const losses = new Counter({
    name: 'buddy_sessions_away_total',
    help: 'Lost connections whose session continued.',
    registers,
  })
  const resumes = new Counter({
    name: 'buddy_sessions_resumed_total',
    help: 'Sessions resumed by a new connection.',
    registers,
  })
  const restores = new Counter({
    name: 'buddy_sessions_restored_total',
    help: 'Sessions of a previous process that were restored.',
    registers,
  })
  const matches = new Counter({ name: 'buddy_matches_total', help: 'Rooms opened.', registers })
  const drops = counter(
    'buddy_store_dropped_total',
    'Changes that were dropped because the data folder could not be written, by kind.',
    'kind',
  )
  const failing = new Gauge({
    name: 'buddy_store_failing',
    help: '1 while the data folder cannot be read or written.',
    registers,
  })
  const bans = new Counter({ name: 'buddy_bans_total', help: 'Bans.', registers })
  const waits = new Histogram({
    name: 'buddy_wait_seconds',
    help: 'Time from ticket to match, one observation for each user.',
    buckets: [0.005, 0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  })
  const durations = new Histogram({
    name: 'buddy_room_seconds',
    help: 'How long rooms last.',
    buckets: [1, 5, 15, 60, 300, 900, 3600],
    registers,
  })
  const relays = new Histogram({
    name: 'buddy_relay_seconds',
    help: 'Time from reading a frame to queueing it for the partner, without hooks; one frame in sixteen.',
    buckets: [0.000_01, 0.000_025, 0.000_1, 0.000_25, 0.001, 0.01, 0.1],
    registers,
  })

  const relayed = { frames: 0, bytes: 0 }
  const total = (name: string, help: string, read: () => number): void => {
    const created: Counter = new Counter({
      name,
      help,
      registers,
      collect: () => {
        created.reset()
        created.inc(read())
      },
    })
  }
  total('buddy_relayed_frames_total', 'Frames relayed to a partner.', () => relayed.frames)
  total('buddy_relayed_bytes_total', 'Bytes relayed to a partner.', () => relayed.bytes)
  gauge('buddy_redis_up', '0 while this node cannot use Redis.', () =>
    source.redis()?.isUp === false ? 0 : 1,
  )
  total(
    'buddy_redis_outages_total',
    'How often this node has lost Redis.',
    () => source.redis()?.outages ?? 0,
  )

  return {
    registry: Registry.merge([processMetrics(), registry]),
    relayed,
    onRelayed: (bytes, handlingMs) => {
      relayed.frames++
      relayed.bytes += bytes
      if (handlingMs && relayed.frames % relaySampling === 0) relays.observe(handlingMs() / 1000)
    },
    onWebhook: (outcome, event) => webhooks.inc({ outcome, event }),
    observer: {
      joined: () => joins.inc(),
      away: () => losses.inc(),
      back: () => resumes.inc(),
      restored: () => restores.inc(),
      ended: ({ reason }) => sessions.inc({ reason }),
      matched: ({ waitsMs }) => {
        matches.inc()
        for (const waitMs of waitsMs) waits.observe(waitMs / 1000)
      },
      parted: ({ reason, durationMs }) => {
        rooms.inc({ reason })
        durations.observe(durationMs / 1000)
      },
      refused: ({ code }) => refusals.inc({ code }),
      cut: ({ code }) => cuts.inc({ code }),
      reported: ({ reason }) => reports.inc({ reason }),
      diagnosed: ({ reason }) => failures.inc({ reason }),
      banned: () => bans.inc(),
      storeFailed: () => failing.set(1),
      storeRecovered: () => failing.set(0),
      storeDropped: ({ kind }) => drops.inc({ kind }),
    },
  }
}
