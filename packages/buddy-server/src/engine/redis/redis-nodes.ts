import type { Clock } from '../../clock.ts'
import type { NodeReport, NodeStatus } from '../engine.ts'
import type { NodeList } from './wire.ts'

/** The time between two reports of a node, in milliseconds. A beat may be slightly early. */
const reportIntervalMs = 1000
const earlyMs = 100

/** What the nodes report with their beats. */
export class RedisNodes {
  readonly #clock: Pick<Clock, 'now'>
  readonly #report: () => NodeReport
  #list: NodeList = { nodes: [], sites: [] }
  #users: ReadonlyMap<string, number> = new Map()
  #reportedAtMs = -Infinity
  #receivedAtMs = 0

  /** @param report returns the present figures of this node */
  constructor(clock: Pick<Clock, 'now'>, report: () => NodeReport) {
    this.#clock = clock
    this.#report = report
  }

  /** Returns what a beat contains, if it is time for a report. */
  fields(): { readonly report?: NodeReport } {
    const nowMs = this.#clock.now()
    if (nowMs - this.#reportedAtMs < reportIntervalMs - earlyMs) return {}
    this.#reportedAtMs = nowMs
    return { report: this.#report() }
  }

  /** Call this with the answer to a beat with a report. */
  handleList(list: NodeList): void {
    this.#list = list
    this.#users = new Map(list.sites)
    this.#receivedAtMs = this.#clock.now()
  }

  /** Returns the nodes, oldest first. Those that were lost are included for some minutes. */
  get all(): readonly NodeStatus[] {
    const sinceMs = this.#clock.now() - this.#receivedAtMs
    return this.#list.nodes
      .map(({ id, ago, isLost, report }) => ({
        ...report,
        id,
        isLost,
        beatAgoMs: Math.round(ago + sinceMs),
      }))
      .toSorted((one, other) => one.startedAtMs - other.startedAtMs || (one.id < other.id ? -1 : 1))
  }

  /** Returns how many sessions a site has at all nodes. */
  usersOf(site: string): number {
    return this.#users.get(site) ?? 0
  }
}
