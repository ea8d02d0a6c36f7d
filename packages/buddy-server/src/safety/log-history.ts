import { createHash } from 'node:crypto'
import { decisionIn, genesis } from './audit-log.ts'
import type { DecisionEntry, Fact } from './log-entry.ts'
import type { Store, StoredPerson, StoredReport } from './store.ts'

/** What a server knew before it shared a log with others. */
export interface LogHistory {
  /** The same for two stores with the same reports and decisions, so that a copy of a folder is not shared again. */
  readonly id: string
  /** Past decisions, oldest first. Each begins again the measure of it that is still in force. */
  readonly decisions: Iterable<DecisionEntry>
  /** Reports, oldest first, with their pictures, and then blocks. */
  readonly facts: Iterable<{ readonly fact: Fact; readonly still: Uint8Array | undefined }>
}

/** How many rows are read from the store at once. */
const sliceSize = 200

/** Returns what a store knows; undefined if it knows nothing that the others need. */
export function historyOf(store: Store, nowMs: number): LogHistory | undefined {
  const { auditHead = genesis, lastPlace } = store
  const blocks = [...store.pairs()].filter(
    ({ kind, untilMs }) => kind === 'blocked' && untilMs > nowMs,
  )
  if (auditHead.number === 0 && lastPlace === 0 && blocks.length === 0) return undefined
  const hash = createHash('sha256').update(auditHead.hash)
  for (const { id } of reportsOf(store)) hash.update(` ${id}`)
  return {
    id: hash.digest('base64url'),
    decisions: decisionsOf(store),
    facts: factsOf(store, blocks),
  }
}

function* decisionsOf(store: Store): Iterable<DecisionEntry> {
  const measures = new Map(store.measures().map((measure) => [measure.decisionId, measure]))
  let previousHash = (store.auditAnchor ?? genesis).hash
  for (let last = 0; ;) {
    const lines = store.auditAfter(last, sliceSize)
    for (const line of lines) {
      const { id, personId, site } = decisionIn(line)
      const added = measures.get(id) ?? null
      const { visitorKey = personId } = added ?? {}
      const unknown = { personId, site, visitorKey, addressHash: '', sessionId: '', atMs: 0 }
      const person = store.findPerson(personId) ?? unknown
      // Each report says itself which decision has closed it.
      const effects = { added, removed: [], closesReports: false }
      yield { kind: 'decision', id, line, previousHash, person, ...effects }
      previousHash = line.hash
    }
    last = lines.at(-1)?.number ?? last
    if (lines.length < sliceSize) return
  }
}

function* factsOf(store: Store, blocks: readonly (Fact & { kind: 'block' })['pair'][]) {
  for (const report of reportsOf(store)) {
    const still = report.hasStill ? store.still(report.id) : undefined
    const person = store.findPerson(report.personId) ?? personIn(report)
    yield { fact: { kind: 'report', report, person } as const, still }
  }
  for (const pair of blocks) yield { fact: { kind: 'block', pair } as const, still: undefined }
}

function* reportsOf(store: Store): Iterable<StoredReport> {
  for (let place = 0; ;) {
    const slice = store.reportsAfter(place, sliceSize)
    for (const { report } of slice) yield report
    place = slice.at(-1)?.place ?? place
    if (slice.length < sliceSize) return
  }
}

/** Returns the person of a report whose keys are no longer kept. */
const personIn = ({ personId, site, sessionId, atMs }: StoredReport): StoredPerson => ({
  personId,
  site,
  visitorKey: personId,
  addressHash: '',
  sessionId,
  atMs,
})
