import { cleanText, reportReasons } from '@buddy-chat/protocol'
import type { AuditLog } from './audit-log.ts'
import { decisionIn, verifyAudit } from './audit-log.ts'
import type { Decisions } from './decisions.ts'
import { countReasons } from './decisions.ts'
import { isMeasureDuration, measureDurationRule } from './measure-duration.ts'
import type { DecisionEntry, SafetyLog } from './log-entry.ts'
import type { Measures } from './measures.ts'
import type {
  BanEntry,
  Decision,
  DecisionRequest,
  Moderation,
  ReportEntry,
  ReportGroup,
  ReportState,
  Restriction,
} from './moderation.ts'
import { decisionKinds, ModerationError } from './moderation.ts'
import type { People } from './people.ts'
import { weigh } from './reporter-weight.ts'
import {
  banCursorIn,
  banCursorText,
  compareBans,
  groupCursorIn,
  groupCursorText,
} from './cursor.ts'
import type { PersonReports, Store, StoredMeasure, StoredPerson, StoredReport } from './store.ts'

/** The dependencies of {@link createModeration}. The functions return the present parts. */
interface ModerationDependencies {
  readonly store: () => Store
  readonly audit: () => AuditLog
  readonly measures: () => Measures
  readonly decisions: () => Decisions
  readonly log: () => SafetyLog
  /** Whether a measure is stored. */
  readonly isStored: (measureId: string) => boolean
  readonly people: People
  /** Returns how long a search is slowed if the operator names no time. */
  readonly slowMsOf: (site: string) => number
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
}

/** How many reports a group contains at most. */
const maxReportsOfGroup = 20
/** How much JSON one page of groups has at most, besides its first group, in bytes. */
const maxPageBytes = 256 * 1024
/** How many reports are read for one page at most, besides those of its first group. */
const maxReportsRead = 5000
const maxNoteBytes = 500
const maxByBytes = 64

/** Creates the functions for operators. */
export function createModeration(dependencies: ModerationDependencies): Moderation {
  const { store, audit, measures, decisions, log, people, slowMsOf, wallNow } = dependencies

  /** Returns the person of a group, with the latest address. */
  const personOf = (personId: string): StoredPerson => {
    const person = store().findPerson(personId) ?? restrictedPerson(personId)
    if (!person) throw new ModerationError('unknown-person', 'nobody was reported with this id')
    const live = people.sessionsOf(person)
    const latest = live.find(({ id }) => id === person.sessionId) ?? live.at(-1)
    return latest ? people.personOf(latest, person.atMs) : person
  }

  /** Returns a person without reports who is restricted. */
  const restrictedPerson = (personId: string): StoredPerson | undefined => {
    const [measure] = measures().of(personId, 'ban', 'slow')
    if (!measure) return undefined
    const { site, visitorKey, addressHash, atMs } = measure
    return { personId, site, visitorKey, addressHash: addressHash ?? '', sessionId: '', atMs }
  }

  const groupOf = (
    { personId, place, total }: PersonReports,
    state: ReportState,
    { online, upTo }: { online: Set<string>; upTo: number },
  ): ReportGroup => {
    const reports = store().reportsOf(personId, state)
    return {
      personId,
      site: reports[0]?.site ?? '',
      state,
      isOnline: online.has(personId),
      sessionIds: [...new Set(reports.map(({ sessionId }) => sessionId))].slice(
        0,
        maxReportsOfGroup,
      ),
      latestAtMs: reports[0]?.atMs ?? 0,
      counts: countReasons(reports),
      ...weigh(reports),
      restrictions: measures().of(personId, 'ban', 'slow').map(restrictionOf),
      reports: reports.slice(0, maxReportsOfGroup).map(entryOf),
      total: Math.max(total, reports.length),
      cursor: groupCursorText({ upTo, before: place }),
    }
  }

  /** Lifts a measure, unless it has ended. */
  const lift = (measureId: string, by: string): Promise<DecisionEntry | undefined> =>
    log().propose((id) => {
      const measure = measures().find(measureId)
      if (!measure) return undefined
      return decisions().lift(measure, by, store().reportsOf(measure.personId, 'open'), id)
    })

  return {
    reports: ({ site, state = 'open', limit = 50, before } = {}) => {
      const cursor =
        before === undefined ? { upTo: store().lastPlace, before: Infinity } : groupCursorIn(before)
      const common = { online: people.online(), upTo: cursor.upTo }
      const groups: ReportGroup[] = []
      let bytes = 0
      let read = 0
      for (const person of store().groups({ site, state, limit: clamp(limit, 200), cursor })) {
        const group = groupOf(person, state, common)
        bytes += Buffer.byteLength(JSON.stringify(group))
        read += group.total
        if (groups.length > 0 && (bytes > maxPageBytes || read > maxReportsRead)) break
        groups.push(group)
      }
      return groups
    },
    decide: async (personId, request, by) => {
      const checked = checkedRequest(request)
      const name = checkedName(by)
      const isLimited = request.kind === 'slow' || request.kind === 'ban'
      const nowMs = wallNow()
      const made = log().propose((id) => {
        const person = personOf(personId)
        const durationMs =
          request.kind === 'slow'
            ? (request.durationMs ?? slowMsOf(person.site))
            : request.durationMs
        const untilMs = isLimited && durationMs !== null ? nowMs + durationMs : null
        const reports = store().reportsOf(personId, 'open')
        const verdict = { ...checked, person, untilMs, by: name, isAutomatic: false, reports }
        return decisions().make(verdict, id)
      })
      if (request.kind !== 'dismiss') return decisionOf(await made)
      // If the operator dismisses the reports, the measure that a rule has taken because of them ends too.
      const lifted = measures()
        .of(personId, 'ban', 'slow', 'warning')
        .filter(({ isAutomatic }) => isAutomatic)
        .map(({ id }) => lift(id, name))
      const [decision] = await Promise.all([made, ...lifted])
      return decisionOf(decision)
    },
    bans: ({ site, limit = Infinity, before } = {}) => {
      const cursor = before === undefined ? undefined : banCursorIn(before)
      return measures()
        .bans()
        .filter((ban) => site === undefined || ban.site === site)
        .filter((ban) => !cursor || compareBans(ban, cursor) > 0)
        .slice(0, limit)
        .map((ban) => banEntryOf(ban, dependencies.isStored(ban.id)))
    },
    lift: async (banId, by) => {
      const name = checkedName(by)
      const entry = await lift(banId, name)
      if (!entry) throw new ModerationError('unknown-ban', 'no ban in force has this id')
      return decisionOf(entry)
    },
    decisions: ({ limit = 100, before = Infinity } = {}) =>
      audit().decisions(clamp(limit, 1000), before),
    still: (reportId) => store().still(reportId),
    verifyAudit: () => verifyAudit(store()),
    exportAudit: (after = 0) => audit().lines(after),
  }
}

/** A draft that throws or decides resolves with an entry. */
function decisionOf(entry: DecisionEntry | undefined): Decision {
  if (!entry) throw new Error('no decision was made')
  return decisionIn(entry.line)
}

const clamp = (limit: number, max: number): number =>
  Math.max(1, Math.min(max, Math.floor(limit) || 1))

const invalid = (message: string): ModerationError =>
  new ModerationError('invalid-decision', message)

/** Returns the valid parts of a request, which may come from another program. */
function checkedRequest(
  request: DecisionRequest,
): Pick<Decision, 'note'> & Pick<DecisionRequest, 'kind' | 'reason'> {
  const { kind, reason, durationMs, note } = request
  if (!decisionKinds.includes(kind))
    throw invalid(`kind must be one of ${decisionKinds.join(', ')}`)
  if (!Object.hasOwn(reportReasons, reason)) {
    throw invalid(`reason must be one of ${Object.keys(reportReasons).join(', ')}`)
  }
  if (durationMs !== null && !isMeasureDuration(durationMs)) {
    throw invalid(`durationMs: ${measureDurationRule}`)
  }
  if (note !== undefined && (typeof note !== 'string' || Buffer.byteLength(note) > maxNoteBytes)) {
    throw invalid(`note must be a text of at most ${maxNoteBytes} bytes`)
  }
  return { kind, reason, note: cleanText(note ?? '') || null }
}

function checkedName(by: string): string {
  const name = typeof by === 'string' ? cleanText(by) : ''
  if (name === '' || Buffer.byteLength(name) > maxByBytes) {
    throw invalid(`by must be a name of 1 to ${maxByBytes} bytes`)
  }
  return name
}

function entryOf(report: StoredReport): ReportEntry {
  const { id, atMs, reason, note, hasStill, room, mode, lobby, sessionId, reporterId, weight } =
    report
  return { id, atMs, reason, note, hasStill, room, mode, lobby, sessionId, reporterId, weight }
}

function restrictionOf({ id, kind, untilMs, decisionId }: StoredMeasure): Restriction {
  return { id, kind: kind === 'ban' ? 'ban' : 'slow', untilMs, decisionId }
}

function banEntryOf(ban: StoredMeasure, isStored: boolean): BanEntry {
  const { id, personId, site, atMs, untilMs, reason, isAutomatic, by, decisionId } = ban
  const holdsForAddress = ban.addressHash !== null
  return {
    id,
    personId,
    site,
    atMs,
    untilMs,
    reason,
    isAutomatic,
    by,
    decisionId,
    holdsForAddress,
    isStored,
    cursor: banCursorText(ban),
  }
}
