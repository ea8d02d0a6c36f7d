import { maxOpenReports } from './store.ts'
import type { ReportState } from './moderation.ts'
import type {
  AuditLine,
  AuditMark,
  PersonReports,
  PlacedReport,
  PurgeLimits,
  Store,
  StoredMeasure,
  StoredPair,
  StoredPerson,
  StoredReport,
  StoredTally,
} from './store.ts'

/** The limits of a {@link MemoryStore}. Beyond them, it drops the oldest entries. It never drops measures. */
const maxItems = {
  reports: 10_000,
  /** A picture has up to 30 kB. */
  stills: 200,
  persons: 10_000,
  pairs: 100_000,
  tallies: 50_000,
  audit: 10_000,
} as const

/** A store in the memory of the process, with limits. Everything in it ends with the process. */
export class MemoryStore implements Store {
  readonly isLasting = false
  /** The latest one is last, in every map here. */
  readonly #reports = new Map<string, StoredReport>()
  readonly #stills = new Map<string, Uint8Array>()
  readonly #places = new Map<string, number>()
  #lastPlace = 0
  /** The number of reports by reporter and reported person. */
  readonly #reported = new Map<string, number>()
  readonly #reportsOf = new Map<string, Set<string>>()
  readonly #persons = new Map<string, StoredPerson>()
  readonly #personOfSession = new Map<string, string>()
  readonly #measures = new Map<string, StoredMeasure>()
  readonly #pairs = new Map<string, StoredPair>()
  readonly #tallies = new Map<string, StoredTally>()
  #audit: AuditLine[] = []
  #auditAnchor: AuditMark | undefined
  #logPosition: string | undefined

  transact(_isDurable: boolean, write: () => void): void {
    write()
  }

  addReport(report: StoredReport, still: Uint8Array | undefined): void {
    this.#reports.set(report.id, report)
    this.#places.set(report.id, ++this.#lastPlace)
    if (still) put(this.#stills, report.id, still, maxItems.stills)
    const pair = pairKey(report.reporterId, report.personId)
    this.#reported.set(pair, (this.#reported.get(pair) ?? 0) + 1)
    const ids = this.#reportsOf.get(report.personId) ?? new Set()
    this.#reportsOf.set(report.personId, ids.add(report.id))
    const [oldest] = this.#reports.values()
    if (this.#reports.size > maxItems.reports && oldest) this.#deleteReport(oldest)
    const open = this.#allOf(report.personId, 'open')
    if (open.length > maxOpenReports) this.#deleteReport(oldestOfBusiestAddress(open))
  }

  get lastPlace(): number {
    return this.#lastPlace
  }

  hasReport(reporterId: string, personId: string): boolean {
    return this.#reported.has(pairKey(reporterId, personId))
  }

  groups({ site, state, limit, cursor }: Parameters<Store['groups']>[0]): PersonReports[] {
    const groups: PersonReports[] = []
    for (const personId of this.#reportsOf.keys()) {
      const reports = this.#allOf(personId, state)
      const places = reports
        .map(({ id }) => this.#places.get(id) ?? 0)
        .filter((place) => place <= cursor.upTo)
      const place = places.at(-1)
      if (place === undefined || place >= cursor.before) continue
      if (site !== undefined && reports[0]?.site !== site) continue
      groups.push({ personId, place, total: places.length })
    }
    return groups.sort((one, other) => other.place - one.place).slice(0, limit)
  }

  reportsOf(personId: string, state: ReportState): StoredReport[] {
    return this.#allOf(personId, state)
      .slice(-maxOpenReports)
      .map((report) => ({ ...report, hasStill: this.#stills.has(report.id) }))
      .toReversed()
  }

  /** Returns all reports of a person, latest last. */
  #allOf(personId: string, state: ReportState): StoredReport[] {
    return [...(this.#reportsOf.get(personId) ?? [])]
      .map((id) => this.#reports.get(id))
      .filter((report) => report !== undefined)
      .filter(({ decisionId }) => (decisionId === null) === (state === 'open'))
  }

  reportsAfter(place: number, limit: number): PlacedReport[] {
    return [...this.#reports.values()]
      .map((report) => ({ place: this.#places.get(report.id) ?? 0, report }))
      .filter((each) => each.place > place)
      .toSorted((one, other) => one.place - other.place)
      .slice(0, limit)
  }

  still(reportId: string): Uint8Array | undefined {
    return this.#stills.get(reportId)
  }

  decideReports(personId: string, decisionId: string): void {
    for (const report of this.#allOf(personId, 'open')) {
      this.#reports.set(report.id, { ...report, decisionId })
    }
  }

  stillsFrom(reporterAddress: string): number {
    let count = 0
    for (const id of this.#stills.keys()) {
      if (this.#reports.get(id)?.reporterAddress === reporterAddress) count++
    }
    return count
  }

  putPerson(person: StoredPerson): void {
    const known = this.#persons.get(person.personId)
    if (known) this.#personOfSession.delete(known.sessionId)
    this.#personOfSession.set(person.sessionId, person.personId)
    put(this.#persons, person.personId, person, maxItems.persons, ({ sessionId }) =>
      this.#personOfSession.delete(sessionId),
    )
  }

  findPerson(personId: string): StoredPerson | undefined {
    return this.#persons.get(personId)
  }

  findPersonOf(sessionId: string): StoredPerson | undefined {
    const personId = this.#personOfSession.get(sessionId)
    return personId === undefined ? undefined : this.#persons.get(personId)
  }

  putMeasure(measure: StoredMeasure): void {
    this.#measures.set(measure.id, measure)
  }

  deleteMeasure(id: string): void {
    this.#measures.delete(id)
  }

  measures(): StoredMeasure[] {
    return [...this.#measures.values()]
  }

  putPair(pair: StoredPair): void {
    const [personA, personB] = [pair.personA, pair.personB].sort() as [string, string]
    const key = `${pair.kind} ${pairKey(personA, personB)}`
    put(this.#pairs, key, { ...pair, personA, personB }, maxItems.pairs)
  }

  pairs(): Iterable<StoredPair> {
    return this.#pairs.values()
  }

  putTally(tally: StoredTally): void {
    put(this.#tallies, tally.personId, tally, maxItems.tallies)
  }

  findTally(personId: string): StoredTally | undefined {
    return this.#tallies.get(personId)
  }

  appendAudit(line: AuditLine): void {
    this.#audit.push(line)
    if (this.#audit.length > maxItems.audit) this.#auditAnchor = this.#audit.shift()
  }

  beginAudit(after: AuditMark): void {
    this.#audit = []
    this.#auditAnchor = after
  }

  get logPosition(): string | undefined {
    return this.#logPosition
  }

  putLogPosition(position: string): void {
    this.#logPosition = position
  }

  audit(limit: number, before: number): AuditLine[] {
    return this.#audit
      .filter(({ number }) => number < before)
      .slice(-limit)
      .toReversed()
  }

  auditAfter(after: number, limit: number): AuditLine[] {
    const start = this.#audit.findIndex(({ number }) => number > after)
    return start === -1 ? [] : this.#audit.slice(start, start + limit)
  }

  get auditHead(): AuditMark | undefined {
    return this.#audit.at(-1) ?? this.#auditAnchor
  }

  get auditAnchor(): AuditMark | undefined {
    return this.#auditAnchor
  }

  purge({ nowMs, reportsBeforeMs, warningsBeforeMs, auditBeforeMs }: PurgeLimits): void {
    for (const report of this.#reports.values()) {
      if (report.atMs < reportsBeforeMs) this.#deleteReport(report)
    }
    for (const { personId, sessionId, atMs } of this.#persons.values()) {
      if (atMs >= reportsBeforeMs) continue
      this.#persons.delete(personId)
      this.#personOfSession.delete(sessionId)
    }
    for (const { personId, atMs } of this.#tallies.values()) {
      if (atMs < reportsBeforeMs) this.#tallies.delete(personId)
    }
    for (const [key, { untilMs }] of this.#pairs) if (untilMs <= nowMs) this.#pairs.delete(key)
    for (const { id, kind, atMs, untilMs } of this.#measures.values()) {
      const isOver = kind === 'warning' ? atMs < warningsBeforeMs : (untilMs ?? Infinity) <= nowMs
      if (isOver) this.#measures.delete(id)
    }
    const kept = this.#audit.findIndex(({ atMs }) => atMs >= auditBeforeMs)
    const purged = this.#audit.splice(0, kept === -1 ? this.#audit.length : kept)
    this.#auditAnchor = purged.at(-1) ?? this.#auditAnchor
  }

  close(): void {}

  #deleteReport({ id, reporterId, personId }: StoredReport): void {
    this.#reports.delete(id)
    this.#places.delete(id)
    this.#stills.delete(id)
    const pair = pairKey(reporterId, personId)
    const left = (this.#reported.get(pair) ?? 1) - 1
    if (left > 0) this.#reported.set(pair, left)
    else this.#reported.delete(pair)
    const ids = this.#reportsOf.get(personId)
    ids?.delete(id)
    if (ids?.size === 0) this.#reportsOf.delete(personId)
  }
}

/** Returns the oldest report, which comes first, from the address that sent most of them. */
function oldestOfBusiestAddress(reports: readonly StoredReport[]): StoredReport {
  const counts = new Map<string, number>()
  for (const { reporterAddress } of reports) {
    counts.set(reporterAddress, (counts.get(reporterAddress) ?? 0) + 1)
  }
  const most = Math.max(...counts.values())
  const isBusiest = ({ reporterAddress }: StoredReport) => counts.get(reporterAddress) === most
  return reports.find(isBusiest)!
}

/** Keys of persons contain no spaces. */
const pairKey = (one: string, other: string): string => `${one} ${other}`

/** Puts a value at the end of a map. If there are too many, deletes the first one. */
function put<T>(
  map: Map<string, T>,
  key: string,
  value: T,
  max: number,
  onDropped: (dropped: T) => void = () => undefined,
): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= max) return
  const [first] = map
  if (!first) return
  map.delete(first[0])
  onDropped(first[1])
}
