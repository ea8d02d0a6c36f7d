import type { SQLInputValue } from 'node:sqlite'
import type { ReportState } from './moderation.ts'
import type { Row } from './sqlite-queries.ts'
import { SqliteQueries } from './sqlite-queries.ts'
import { maxOpenReports } from './store.ts'
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

/** The limits of the file. Beyond them, the oldest pictures and reports are dropped. */
const defaultMax = { reports: 100_000, stills: 5000 }

/** A store in the file `buddy.sqlite` of a data folder. */
export class SqliteStore implements Store {
  readonly isLasting = true
  readonly #queries: SqliteQueries
  readonly #max: typeof defaultMax
  /** Counting them for each report would read a whole index. Undefined if not known. */
  #reportCount: number | undefined

  /** @throws StoreError if the folder or the file cannot be used */
  constructor(dataDir: string, max: Partial<typeof defaultMax> = {}) {
    this.#queries = new SqliteQueries(dataDir)
    this.#max = { ...defaultMax, ...max }
  }

  transact(isDurable: boolean, write: () => void): void {
    try {
      this.#queries.transact(isDurable, write)
    } catch (error) {
      this.#reportCount = undefined
      throw error
    }
  }

  addReport(report: StoredReport, still: Uint8Array | undefined): void {
    this.#queries.write(
      `INSERT INTO reports VALUES ($id, $atMs, $site, $personId, $sessionId, $reporterId,
        $reporterAddress, $reporterSinceMs, $reporterMet, $weight, $reason, $note, $room, $mode, $lobby,
        $decisionId)`,
      without(report, 'hasStill'),
    )
    this.#dropExcessReports(report)
    if (!still) return
    const { id, atMs, reporterAddress } = report
    this.#queries.write('INSERT INTO stills VALUES ($id, $reporterAddress, $atMs, $still)', {
      id,
      atMs,
      reporterAddress,
      still,
    })
    const stills = Number(this.#queries.first('SELECT COUNT(*) AS n FROM stills', {})?.['n'])
    this.#dropOldest('stills', 'report_id', stills - this.#max.stills)
  }

  hasReport(reporterId: string, personId: string): boolean {
    const query = 'SELECT 1 FROM reports WHERE reporter_id = $reporterId AND person_id = $personId'
    return this.#queries.first(query, { reporterId, personId }) !== undefined
  }

  groups({ site, state, limit, cursor }: Parameters<Store['groups']>[0]): PersonReports[] {
    const { upTo, before } = cursor
    // A row id grows with each report, and no two have the same, unlike their times. The plus keeps SQLite from
    // reading the table in the order of the row ids instead of an index.
    return this.#queries.all(
      `SELECT person_id AS personId, MAX(rowid) AS place, COUNT(*) AS total FROM reports
        WHERE ${inState(state)} AND +rowid <= $upTo ${site === undefined ? '' : 'AND site = $site'}
        GROUP BY person_id HAVING place < $before ORDER BY place DESC LIMIT $limit`,
      { upTo: finite(upTo), before: finite(before), limit, ...(site !== undefined && { site }) },
    ) as unknown as PersonReports[]
  }

  get lastPlace(): number {
    return Number(
      this.#queries.first('SELECT COALESCE(MAX(rowid), 0) AS n FROM reports', {})?.['n'],
    )
  }

  reportsOf(personId: string, state: ReportState): StoredReport[] {
    const rows = this.#queries.all(
      `SELECT ${reportColumns}, EXISTS (SELECT 1 FROM stills WHERE report_id = id) AS hasStill
        FROM reports WHERE person_id = $personId AND ${inState(state)} ORDER BY rowid DESC LIMIT $limit`,
      { personId, limit: maxOpenReports },
    )
    return rows.map((row) => ({
      ...(row as unknown as StoredReport),
      hasStill: row['hasStill'] === 1,
    }))
  }

  reportsAfter(place: number, limit: number): PlacedReport[] {
    const rows = this.#queries.all(
      `SELECT ${reportColumns}, rowid AS place, EXISTS (SELECT 1 FROM stills WHERE report_id = id) AS hasStill
        FROM reports WHERE rowid > $place ORDER BY rowid LIMIT $limit`,
      { place, limit },
    )
    return rows.map(({ place: found, ...row }) => ({
      place: Number(found),
      report: { ...(row as unknown as StoredReport), hasStill: row['hasStill'] === 1 },
    }))
  }

  still(reportId: string): Uint8Array | undefined {
    const row = this.#queries.first('SELECT jpeg FROM stills WHERE report_id = $reportId', {
      reportId,
    })
    return row?.['jpeg'] as Uint8Array | undefined
  }

  decideReports(personId: string, decisionId: string): void {
    this.#queries.write(
      `UPDATE reports SET decision_id = $decisionId
        WHERE person_id = $personId AND decision_id IS NULL`,
      { personId, decisionId },
    )
  }

  stillsFrom(reporterAddress: string): number {
    const query = 'SELECT COUNT(*) AS n FROM stills WHERE reporter_address = $reporterAddress'
    return Number(this.#queries.first(query, { reporterAddress })?.['n'])
  }

  putPerson(person: StoredPerson): void {
    this.#queries.write(
      `INSERT OR REPLACE INTO persons VALUES ($personId, $site, $visitorKey, $addressHash, $sessionId, $atMs)`,
      { ...person },
    )
  }

  findPerson(personId: string): StoredPerson | undefined {
    const row = this.#queries.first('SELECT * FROM persons WHERE person_id = $personId', {
      personId,
    })
    return row && (camelCased(row) as unknown as StoredPerson)
  }

  findPersonOf(sessionId: string): StoredPerson | undefined {
    const query = 'SELECT * FROM persons WHERE session_id = $sessionId'
    const row = this.#queries.first(query, { sessionId })
    return row && (camelCased(row) as unknown as StoredPerson)
  }

  putMeasure(measure: StoredMeasure): void {
    this.#queries.write(
      `INSERT OR REPLACE INTO measures VALUES ($id, $kind, $personId, $site, $visitorKey, $addressHash,
        $addressUntilMs, $atMs, $untilMs, $reason, $isAutomatic, $by, $decisionId, $statement)`,
      { ...measure, isAutomatic: measure.isAutomatic ? 1 : 0 },
    )
  }

  deleteMeasure(id: string): void {
    this.#queries.write('DELETE FROM measures WHERE id = $id', { id })
  }

  measures(): StoredMeasure[] {
    return this.#queries.all('SELECT * FROM measures ORDER BY at_ms, rowid', {}).map((row) => {
      const { madeBy, ...measure } = camelCased(row)
      return {
        ...(measure as unknown as StoredMeasure),
        by: String(madeBy),
        isAutomatic: measure['isAutomatic'] === 1,
      }
    })
  }

  putPair({ kind, personA, personB, untilMs }: StoredPair): void {
    const [one, other] = [personA, personB].sort() as [string, string]
    this.#queries.write('INSERT OR REPLACE INTO pairs VALUES ($kind, $one, $other, $untilMs)', {
      kind,
      one,
      other,
      untilMs: finite(untilMs),
    })
  }

  *pairs(): Iterable<StoredPair> {
    for (const row of this.#queries.rows('SELECT * FROM pairs')) {
      yield camelCased(row) as unknown as StoredPair
    }
  }

  putTally(tally: StoredTally): void {
    this.#queries.write(
      'INSERT OR REPLACE INTO tallies VALUES ($personId, $met, $reported, $atMs)',
      {
        ...tally,
      },
    )
  }

  findTally(personId: string): StoredTally | undefined {
    const row = this.#queries.first('SELECT * FROM tallies WHERE person_id = $personId', {
      personId,
    })
    return row && (camelCased(row) as unknown as StoredTally)
  }

  appendAudit(line: AuditLine): void {
    this.#queries.write('INSERT INTO audit VALUES ($number, $atMs, $text, $hash)', { ...line })
    this.#mark('head', line)
  }

  beginAudit(after: AuditMark): void {
    this.#queries.write('DELETE FROM audit WHERE number > $number', {
      number: Number.MIN_SAFE_INTEGER,
    })
    this.#mark('anchor', after)
    this.#mark('head', after)
  }

  get logPosition(): string | undefined {
    return this.#queries.first('SELECT position FROM log_position', {})?.['position'] as
      string | undefined
  }

  putLogPosition(position: string): void {
    this.#queries.write('INSERT OR REPLACE INTO log_position VALUES (1, $position)', { position })
  }

  audit(limit: number, before: number): AuditLine[] {
    return this.#queries
      .all('SELECT * FROM audit WHERE number < $before ORDER BY number DESC LIMIT $limit', {
        limit,
        before: finite(before),
      })
      .map((row) => camelCased(row) as unknown as AuditLine)
  }

  auditAfter(after: number, limit: number): AuditLine[] {
    return this.#queries.all(
      `SELECT number, at_ms AS atMs, text, hash FROM audit WHERE number > $after
        ORDER BY number LIMIT $limit`,
      { after, limit },
    ) as unknown as AuditLine[]
  }

  get auditHead(): AuditMark | undefined {
    return this.#markOf('head')
  }

  get auditAnchor(): AuditMark | undefined {
    return this.#markOf('anchor')
  }

  purge({ nowMs, reportsBeforeMs, warningsBeforeMs, auditBeforeMs }: PurgeLimits): void {
    this.#reportCount = undefined
    this.#queries.write('DELETE FROM reports WHERE at_ms < $reportsBeforeMs', { reportsBeforeMs })
    this.#queries.write('DELETE FROM persons WHERE at_ms < $reportsBeforeMs', { reportsBeforeMs })
    this.#queries.write('DELETE FROM tallies WHERE at_ms < $reportsBeforeMs', { reportsBeforeMs })
    this.#queries.write('DELETE FROM pairs WHERE until_ms <= $nowMs', { nowMs })
    this.#queries.write(
      `DELETE FROM measures WHERE until_ms <= $nowMs OR (kind = 'warning' AND at_ms < $warningsBeforeMs)`,
      { nowMs, warningsBeforeMs },
    )
    // Only entries from before the first one that stays, so that the log has no gap if the clock was set back.
    const last = this.#queries.first(
      `SELECT number, hash FROM audit WHERE number < COALESCE(
        (SELECT MIN(number) FROM audit WHERE at_ms >= $auditBeforeMs), 9e15)
        ORDER BY number DESC LIMIT 1`,
      { auditBeforeMs },
    )
    if (!last) return
    const anchor = { number: Number(last['number']), hash: String(last['hash']) }
    this.#queries.write('DELETE FROM audit WHERE number <= $number', { number: anchor.number })
    this.#mark('anchor', anchor)
  }

  close(): void {
    this.#queries.close()
  }

  #mark(name: 'head' | 'anchor', { number, hash }: AuditMark): void {
    this.#queries.write('INSERT OR REPLACE INTO audit_marks VALUES ($name, $number, $hash)', {
      name,
      number,
      hash,
    })
  }

  #markOf(name: 'head' | 'anchor'): AuditMark | undefined {
    const row = this.#queries.first('SELECT number, hash FROM audit_marks WHERE name = $name', {
      name,
    })
    return row && (camelCased(row) as unknown as AuditMark)
  }

  /** Call this after a report was added. */
  #dropExcessReports({ personId }: StoredReport): void {
    this.#reportCount ??=
      Number(this.#queries.first('SELECT COUNT(*) AS n FROM reports', {})?.['n']) - 1
    this.#reportCount++
    this.#reportCount -= this.#dropOldest('reports', 'id', this.#reportCount - this.#max.reports)
    const ofPerson = 'person_id = $personId AND decision_id IS NULL'
    const open = this.#queries.first(`SELECT COUNT(*) AS n FROM reports WHERE ${ofPerson}`, {
      personId,
    })
    if (Number(open?.['n']) <= maxOpenReports) return
    this.#reportCount -= this.#queries.write(
      `DELETE FROM reports WHERE id = (SELECT id FROM reports WHERE ${ofPerson} AND reporter_address =
        (SELECT reporter_address FROM reports WHERE ${ofPerson}
          GROUP BY reporter_address ORDER BY COUNT(*) DESC, MIN(rowid) LIMIT 1)
        ORDER BY rowid LIMIT 1)`,
      { personId },
    )
  }

  /** Returns how many were dropped. */
  #dropOldest(table: 'reports' | 'stills', key: string, excess: number): number {
    if (excess <= 0) return 0
    return this.#queries.write(
      `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} ORDER BY at_ms, rowid LIMIT $excess)`,
      { excess },
    )
  }
}

const inState = (state: ReportState): string =>
  `decision_id IS ${state === 'open' ? '' : 'NOT '}NULL`

/** The fields of a {@link StoredReport} that are columns. */
const reportColumns = `id, at_ms AS atMs, site, person_id AS personId, session_id AS sessionId,
  reporter_id AS reporterId, reporter_address AS reporterAddress, reporter_since_ms AS reporterSinceMs,
  reporter_met AS reporterMet, weight, reason, note, room, mode, lobby, decision_id AS decisionId`

/** SQLite has no infinite integers. */
const finite = (value: number): number => Math.min(value, Number.MAX_SAFE_INTEGER)

function camelCased(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  )
}

function without<T extends object, K extends keyof T>(
  value: T,
  name: K,
): Record<string, SQLInputValue> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)) as Record<
    string,
    SQLInputValue
  >
}
