import type { Clock } from '../clock.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { BanList } from '../engine/engine.ts'
import type { Notify } from '../events.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { SafetyRules } from '../sites/site.ts'
import { Arrivals } from './arrivals.ts'
import { AuditLog } from './audit-log.ts'
import { Decisions } from './decisions.ts'
import type { SafetyLog } from './log-entry.ts'
import { Measures } from './measures.ts'
import type { People } from './people.ts'
import type { PersonKeys } from './person-keys.ts'
import type { RedisLog } from './redis-log.ts'
import type { Store, StoredMeasure, StoredPair } from './store.ts'
import { StoreHealth } from './store-health.ts'
import { StoreWriter } from './store-writer.ts'
import { Tallies } from './tallies.ts'

/** The dependencies of the safety of a server. */
export interface SafetyDependencies {
  readonly settings: () => Pick<
    ResolvedServerOptions,
    'retentionDays' | 'auditRetentionDays' | 'slowedSearchMs' | 'addressBanMs' | 'areStillsKept'
  >
  readonly rulesOf: (site: string) => SafetyRules
  readonly clock: Clock
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly createId: () => string
  readonly keys: PersonKeys
  readonly bans: BanList
  readonly sessions: Pick<Sessions, 'find' | 'end'> & Iterable<Session>
  readonly notify: Notify
  /** Called with each block that this server or another one has made. */
  readonly onBlocked: (pair: StoredPair) => void
  readonly onError: (error: unknown) => void
  /** The log that several servers share. @default this server is alone */
  readonly shared?:
    Pick<ConstructorParameters<typeof RedisLog>[0], 'link' | 'prefix' | 'nodeId'> | undefined
}

/** The parts that depend on the store. */
export interface SafetyState {
  readonly store: Store
  readonly health: StoreHealth
  readonly writer: StoreWriter
  readonly audit: AuditLog
  readonly measures: Measures
  readonly tallies: Tallies
  readonly decisions: Decisions
  readonly arrivals: Arrivals
}

/** What the parts of the safety of a server have in common. */
export interface SafetyParts {
  readonly dependencies: SafetyDependencies
  readonly people: People
  /** Returns the present state. Opening a store replaces it. */
  readonly state: () => SafetyState
  /** Returns the present log. */
  readonly log: () => SafetyLog
  /** Reads from the store; returns `fallback` if that fails. */
  read<T>(fallback: T, read: (state: SafetyState) => T): T
}

/** Creates the parts that depend on a store. */
export function createState(
  store: Store,
  people: People,
  dependencies: SafetyDependencies,
  onWarned: (warning: StoredMeasure) => void,
): SafetyState {
  const { clock, wallNow, bans, rulesOf, settings, notify, onBlocked, onError } = dependencies
  const health = new StoreHealth({
    clock,
    onFailed: (error) => notify('storeFailed', { error }),
    onRecovered: () => notify('storeRecovered', {}),
    onError,
  })
  const writer = new StoreWriter({
    clock,
    store,
    onFailed: (error) => health.handleWriteFailed(error),
    onRecovered: () => health.handleWriteRecovered(),
    onDropped: (kind) => notify('storeDropped', { kind }),
    onError,
  })
  const audit = new AuditLog(store)
  const measures = new Measures({ bans, wallNow })
  const tallies = new Tallies({ store, writer, wallNow })
  const addressBanMs = (): number => settings().addressBanMs
  const decisions = new Decisions({
    wallNow,
    measures,
    audit,
    writer,
    rulesOf,
    addressBanMs,
    notify,
  })
  const arrivals = new Arrivals({
    store,
    health,
    writer,
    audit,
    measures,
    people,
    rulesOf,
    isShared: dependencies.shared !== undefined,
    wallNow,
    notify,
    onBlocked,
    onWarned,
  })
  return { store, health, writer, audit, measures, tallies, decisions, arrivals }
}
