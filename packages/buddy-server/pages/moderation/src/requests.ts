// The requests of this page to its server. None of them rejects.
import type { ReportReason } from '@buddy-chat/protocol'
import { hasFields, loadJson, serverUrl, type LoadResult } from '../../shared/load-json.ts'
import type {
  AuditVerdict,
  BansAnswer,
  DecisionAnswer,
  DecisionKind,
  DecisionsAnswer,
  ReportsAnswer,
  ReportState,
} from './data.ts'

/** A decision about a person. */
export interface DecisionInput {
  readonly personId: string
  readonly kind: DecisionKind
  readonly reason: ReportReason
  readonly durationMs: number | null
  readonly note?: string
}

const isReports = (body: unknown): body is ReportsAnswer => hasFields(body, 'groups', 'nextBefore')
const isBans = (body: unknown): body is BansAnswer => hasFields(body, 'bans')
const isDecisions = (body: unknown): body is DecisionsAnswer => hasFields(body, 'decisions')
const isVerdict = (body: unknown): body is AuditVerdict => hasFields(body, 'isIntact')
const isDecision = (body: unknown): body is DecisionAnswer => hasFields(body, 'decision')

/** Loads a page of the reports of a site; of every site if `site` is undefined. */
export function loadReports(
  state: ReportState,
  site: string | undefined,
  before: string | undefined,
): Promise<LoadResult<ReportsAnswer>> {
  const query = new URLSearchParams({ state })
  if (site !== undefined) query.set('site', site)
  if (before !== undefined) query.set('before', before)
  return loadJson(`moderation/reports?${query}`, isReports)
}

/** Loads the latest bans in force at a site; at every site if `site` is undefined. */
export function loadBans(site: string | undefined): Promise<LoadResult<BansAnswer>> {
  const query = site === undefined ? '' : `?${new URLSearchParams({ site })}`
  return loadJson(`moderation/bans${query}`, isBans)
}

/** Loads the latest decisions, or those with a lower number than `before`. */
export function loadDecisions(before?: number): Promise<LoadResult<DecisionsAnswer>> {
  return loadJson(
    `moderation/decisions${before === undefined ? '' : `?before=${before}`}`,
    isDecisions,
  )
}

/** Lets the server check the hashes of the audit log. */
export const loadVerdict = (): Promise<LoadResult<AuditVerdict>> =>
  loadJson('moderation/audit/verdict', isVerdict)

/** Decides about a person. */
export const decide = (input: DecisionInput): Promise<LoadResult<DecisionAnswer>> =>
  loadJson('moderation/decide', isDecision, input)

/** Lifts a ban. */
export const lift = (banId: string): Promise<LoadResult<DecisionAnswer>> =>
  loadJson('moderation/lift', isDecision, { banId })

/** Returns the URL of the picture of a report. */
export const stillUrl = (reportId: string): string =>
  serverUrl(`moderation/still?report=${encodeURIComponent(reportId)}`).href
