import type { Cancel, Clock } from '../clock.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { Counts } from '../core/counts.ts'
import type { RedisState } from '../engine/redis/redis-client.ts'
import type { ServerObserver } from '../events.ts'
import type { Site } from '../sites/site.ts'
import type { DashboardData } from './dashboard/data.ts'
import type { Log } from './log/create-log.ts'
import type { Metrics } from './metrics.ts'
import { createMetrics } from './metrics.ts'
import type { OpenFiles } from './open-files.ts'
import { RefusalCount } from './refusal-count.ts'
import { Sampler } from './dashboard/sampler.ts'
import type { CrowdSource, Status } from './status.ts'
import { StatusReporter } from './status.ts'
import { createEventLog } from './log/event-log.ts'
import { createWebhookObserver } from './webhooks/observer.ts'
import { Webhooks } from './webhooks/webhooks.ts'

/** The time between two samples for the dashboard. */
const sampleIntervalMs = 2000
/** When the load reaches one of these percentages, the log line with the load is a warning. */
const warnPercents = [95, 80]

interface OperationsDependencies {
  readonly settings: () => ResolvedServerOptions
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  readonly isDraining: () => boolean
  readonly connections: () => number
  readonly openFiles: Pick<OpenFiles, 'sockets' | 'maxSockets'>
  /** Returns the counts of this node. */
  readonly counts: () => Counts
  readonly crowd: CrowdSource
  /** Returns whether this node can use Redis; undefined if it uses none. */
  readonly redis: () => RedisState | undefined
  readonly countsBySite: () => ReadonlyMap<string, Counts>
  readonly sites: () => Iterable<Pick<Site, 'key' | 'maxUsers'>>
}

/**
 * What an operator sees of a server: figures, log lines and webhooks. It observes the server, and changes
 * nothing in it.
 */
export class Operations {
  readonly observers: readonly ServerObserver[]
  readonly metrics: Metrics
  readonly #dependencies: OperationsDependencies
  readonly #status: StatusReporter
  readonly #refusals: RefusalCount
  readonly #webhooks: Webhooks | undefined
  readonly #sampler: Sampler
  #cancels: Cancel[] = []

  constructor(dependencies: OperationsDependencies) {
    const { settings, clock, log, version, connections, openFiles, counts, crowd, redis } =
      dependencies
    this.#dependencies = dependencies
    this.#status = new StatusReporter(dependencies)
    this.metrics = createMetrics({
      counts,
      crowd,
      redis,
      connections,
      sockets: () => openFiles.sockets,
      maxSockets: () => openFiles.maxSockets,
      maxUsers: () => settings().maxUsers,
      maxRooms: () => settings().maxRooms,
      version,
    })
    this.#refusals = new RefusalCount(log, Date.now)
    this.#sampler = new Sampler(
      () => this.#read(),
      Date.now,
      () => clock.now(),
    )
    const { webhookUrl: url, webhookSecret: secret, webhookEvents: events } = settings()
    const { areNotesInWebhooks } = settings()
    if (url) {
      const { onWebhook: onOutcome } = this.metrics
      this.#webhooks = new Webhooks({ url, secret, events, version, clock, log, onOutcome })
    }
    const webhooks = this.#webhooks
    this.observers = [
      this.#status.observer,
      createEventLog(log),
      this.#refusals.observer,
      this.metrics.observer,
      ...(webhooks
        ? [createWebhookObserver((event, data) => webhooks.send(event, data), areNotesInWebhooks)]
        : []),
    ]
  }

  /** Starts to log the load and to take samples. */
  start(): void {
    const { clock, settings } = this.#dependencies
    this.#sampler.start()
    this.#cancels = [
      clock.every(settings().monitoringIntervalMs, () => this.#monitor()),
      // Samples are taken only if there is an admin token, because without one there is no dashboard.
      clock.every(sampleIntervalMs, () => settings().adminToken && this.#sampler.sample()),
    ]
  }

  /** Logs the refusals since they were last logged. */
  reportRefusals(): void {
    this.#refusals.report()
  }

  /** See {@link StatusReporter.read}. */
  status(isAdmin: boolean): Status {
    return this.#status.read(isAdmin)
  }

  /** Returns the keys of all sites. */
  siteKeys(): readonly string[] {
    return Array.from(this.#dependencies.sites(), ({ key }) => key)
  }

  /** Returns the data of the dashboard. */
  dashboard(): DashboardData {
    return {
      nowMs: Date.now(),
      intervalMs: sampleIntervalMs,
      status: this.status(true),
      samples: this.#sampler.samples,
      refusals: this.#refusals.recent,
    }
  }

  /** Stops, logs the last refusals, and sends the queued webhooks for up to `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    for (const cancel of this.#cancels.splice(0)) cancel()
    this.#refusals.report()
    this.#sampler.close()
    await this.#webhooks?.drain(timeoutMs)
  }

  #read(): ReturnType<ConstructorParameters<typeof Sampler>[0]> {
    const { frames, bytes } = this.metrics.relayed
    const { matches, wait_ms: waits } = this.status(false)
    return {
      ...this.#dependencies.counts(),
      matches,
      waitP95Ms: waits.p95,
      relayedFrames: frames,
      relayedBytes: bytes,
    }
  }

  #monitor(): void {
    const { settings, log } = this.#dependencies
    if (!settings().isMonitoringEnabled) return
    const { users, away, waiting, rooms, load_percent, room_percent, matches, wait_ms } =
      this.status(false)
    const residentBytes = process.memoryUsage.rss()
    const figures = { users, away, waiting, rooms, load_percent, room_percent, matches, wait_ms }
    const line = { ...figures, resident_bytes: residentBytes }
    const level = warnPercents.find((percents) => Math.max(load_percent, room_percent) >= percents)
    if (level === undefined) log.info(line, 'load')
    else log.warn(line, `load is above ${level} % of capacity`)
  }
}
