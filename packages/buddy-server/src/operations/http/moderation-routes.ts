// The endpoints of the moderation page, the commands and an operator's scripts.
import type {
  BanEntry,
  Decision,
  Moderation,
  ModerationProblem,
  ReportGroup,
} from '../../safety/moderation.ts'
import { ModerationError } from '../../safety/moderation.ts'
import type { HttpRequest, HttpResponse } from '../../transport/transport.ts'
import { operatorName } from './admin-access.ts'
import type { TokenCheck } from './behind-token.ts'
import { behindToken, refuseWithoutToken } from './behind-token.ts'
import type { InputProblem } from './moderation-input.ts'
import {
  auditQuery,
  bansQuery,
  decideBody,
  decisionsQuery,
  InputError,
  liftBody,
  noQuery,
  parseBody,
  parseQuery,
  reportsQuery,
  stillQuery,
} from './moderation-input.ts'
import type { Answer, Route } from './responses.ts'
import { commonHeaders, ownJson } from './responses.ts'
import { refuseWithoutProof } from './same-origin.ts'

/** The parts of the server that the moderation endpoints use. */
export interface ModerationRouteDependencies extends TokenCheck {
  readonly moderation: Moderation
  /** Whether reports, bans and decisions outlive a restart, because `DATA_DIR` is set. */
  readonly isPersistent: () => boolean
  /** Returns the keys of all sites. The server's own site has the empty key. */
  readonly siteKeys: () => readonly string[]
}

/** The response of `GET /moderation/reports`. */
export interface ReportsAnswer {
  readonly groups: readonly ReportGroup[]
  /** The value of `before` for the next page; null if this is the last. */
  readonly nextBefore: string | null
  /** The server's time, in milliseconds since 1970. */
  readonly nowMs: number
  readonly isPersistent: boolean
  /** The name that the server writes into the audit log for decisions of this operator. */
  readonly operator: string
  /** The keys of all sites. The server's own site has the empty key. */
  readonly sites: readonly string[]
}

/** The response of `GET /moderation/bans`. */
export interface BansAnswer {
  readonly bans: readonly BanEntry[]
  /** The value of `before` for the next page; null if this is the last. */
  readonly nextBefore: string | null
}

/** The response of `GET /moderation/decisions`. */
export interface DecisionsAnswer {
  readonly decisions: readonly Decision[]
  /** The value of `before` for the next page; null if this is the last. */
  readonly nextBefore: number | null
}

/** The response of `POST /moderation/decide` and `POST /moderation/lift`. */
export interface DecisionAnswer {
  readonly decision: Decision
}

/** Answers the requests for one path that changes something. */
type Change = (request: HttpRequest, body: Uint8Array | undefined) => Promise<HttpResponse>

/** The routes of moderation, by path. */
interface ModerationRoutes {
  /** Routes that change nothing. */
  readonly reads: Readonly<Record<string, Route>>
  /** Routes that change something, for POST. */
  readonly changes: Readonly<Record<string, Change>>
  /** Returns why a request may not change anything; undefined if it may. */
  readonly refuseChange: (request: HttpRequest) => HttpResponse | undefined
}

const defaultReportsLimit = 50
const defaultDecisionsLimit = 100
const defaultBansLimit = 200
/** How many entries of the audit log one response has at most: about 10 MB. */
const maxAuditEntries = 10_000
/** The maximum length of the name of an operator in the audit log. */
const maxNameBytes = 64

/** Pages of other origins can neither read nor display what operators see. */
const ownOnly = { 'Cross-Origin-Resource-Policy': 'same-origin' }

const statuses: Readonly<Record<InputProblem | ModerationProblem, number>> = {
  'body-too-large': 413,
  'invalid-json': 400,
  'invalid-field': 400,
  'invalid-query': 400,
  'invalid-decision': 400,
  'unknown-person': 404,
  'unknown-ban': 404,
  'store-failed': 503,
  'log-unreachable': 503,
}

/** Returns the answer that names the fault of a request. @throws any other error again */
function refusalOf(error: unknown): HttpResponse {
  if (!(error instanceof InputError || error instanceof ModerationError)) throw error
  const { code, message } = error
  return ownJson(statuses[code], { error: code, message }, ownOnly)
}

/** Returns the start of `name` that fits into the audit log. */
function nameInLog(name: string): string {
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(maxNameBytes))
  return name.slice(0, read) || 'operator'
}

/** Returns `last` if there may be more items after it. */
const nextPage = <Cursor>(
  items: readonly unknown[],
  limit: number,
  last: Cursor | undefined,
): Cursor | null => (items.length < limit ? null : (last ?? null))

/** Creates the routes of moderation. */
export function createModerationRoutes(
  dependencies: ModerationRouteDependencies,
): ModerationRoutes {
  const { moderation, isPersistent, siteKeys } = dependencies
  const read = (act: (request: HttpRequest) => Answer): Route =>
    behindToken(dependencies, async (request) => {
      try {
        return await act(request)
      } catch (error) {
        return refusalOf(error)
      }
    })
  const change =
    (act: (body: Uint8Array | undefined, operator: string) => Promise<Decision>): Change =>
    async (request, body) => {
      try {
        const result: DecisionAnswer = { decision: await act(body, operatorName(request)) }
        return ownJson(200, result, ownOnly)
      } catch (error) {
        return refusalOf(error)
      }
    }

  return {
    reads: {
      '/moderation/reports': read((request) => {
        const query = parseQuery(reportsQuery, request.query)
        const { limit = defaultReportsLimit } = query
        const groups = moderation.reports({ ...query, limit })
        const last = groups.at(-1)?.cursor
        // A page of large groups has fewer than `limit`.
        const hasMore =
          last !== undefined && moderation.reports({ ...query, limit: 1, before: last }).length > 0
        const result: ReportsAnswer = {
          groups,
          nextBefore: hasMore ? last : null,
          nowMs: Date.now(),
          isPersistent: isPersistent(),
          operator: nameInLog(operatorName(request)),
          sites: siteKeys(),
        }
        return ownJson(200, result, ownOnly)
      }),
      '/moderation/bans': read((request) => {
        const query = parseQuery(bansQuery, request.query)
        const { limit = defaultBansLimit } = query
        const bans = moderation.bans({ ...query, limit })
        const result: BansAnswer = { bans, nextBefore: nextPage(bans, limit, bans.at(-1)?.cursor) }
        return ownJson(200, result, ownOnly)
      }),
      '/moderation/decisions': read((request) => {
        const query = parseQuery(decisionsQuery, request.query)
        const { limit = defaultDecisionsLimit } = query
        const decisions = moderation.decisions({ ...query, limit })
        const result: DecisionsAnswer = {
          decisions,
          nextBefore: nextPage(decisions, limit, decisions.at(-1)?.number),
        }
        return ownJson(200, result, ownOnly)
      }),
      '/moderation/still': read(({ query }) => {
        const bytes = moderation.still(parseQuery(stillQuery, query).report)
        if (!bytes) {
          const message = 'this report has no picture, or it has expired'
          return ownJson(404, { error: 'unknown-still', message }, ownOnly)
        }
        return {
          status: 200,
          headers: {
            ...commonHeaders,
            ...ownOnly,
            'Content-Type': 'image/jpeg',
            'Cache-Control': 'no-store',
            // A visitor has sent the bytes. If they were opened as a page, nothing in them could run.
            'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
          },
          body: bytes,
        }
      }),
      '/moderation/audit': read(async ({ query }) => {
        const { after } = parseQuery(auditQuery, query)
        let text = ''
        let count = 0
        for await (const line of moderation.exportAudit(after)) {
          text += `${line}\n`
          if (++count === maxAuditEntries) break
        }
        return {
          status: 200,
          headers: {
            ...commonHeaders,
            ...ownOnly,
            'Content-Type': 'application/x-ndjson; charset=utf-8',
            'Content-Disposition': 'attachment; filename="audit.jsonl"',
            'Cache-Control': 'no-store',
          },
          body: text,
        }
      }),
      '/moderation/audit/verdict': read(async ({ query }) => {
        parseQuery(noQuery, query)
        return ownJson(200, await moderation.verifyAudit(), ownOnly)
      }),
    },
    changes: {
      '/moderation/decide': change(async (body, operator) => {
        const { personId, by = operator, note, ...request } = parseBody(decideBody, body)
        const decision = note === undefined ? request : { ...request, note }
        return moderation.decide(personId, decision, nameInLog(by))
      }),
      '/moderation/lift': change(async (body, operator) => {
        const { banId, by = operator } = parseBody(liftBody, body)
        return moderation.lift(banId, nameInLog(by))
      }),
    },
    refuseChange: (request) => {
      // The proof is checked first, so that a page of another origin can use up no wrong tokens.
      const refusal = refuseWithoutProof(request)
      if (!refusal) return refuseWithoutToken(dependencies, request)
      const { status, error, message } = refusal
      return ownJson(status, { error, message }, ownOnly)
    },
  }
}
