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
import type { Route } from './responses.ts'
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
  readonly nextBefore: number | null
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
type Change = (request: HttpRequest, body: Uint8Array | undefined) => HttpResponse

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
}

/** Returns what `act` returns, or the answer that names the fault of the request. */
function answer(act: () => HttpResponse): HttpResponse {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof InputError || error instanceof ModerationError)) throw error
    const { code, message } = error
    return ownJson(statuses[code], { error: code, message }, ownOnly)
  }
}

/** Returns the start of `name` that fits into the audit log. */
function nameInLog(name: string): string {
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(maxNameBytes))
  return name.slice(0, read) || 'operator'
}

/** Returns `last` if there may be more items after it. */
const nextPage = (count: number, limit: number, last: number | undefined): number | null =>
  count < limit ? null : (last ?? null)

/** Creates the routes of moderation. */
export function createModerationRoutes(
  dependencies: ModerationRouteDependencies,
): ModerationRoutes {
  const { moderation, isPersistent, siteKeys } = dependencies
  const read = (act: (request: HttpRequest) => HttpResponse): Route =>
    behindToken(dependencies, (request) => answer(() => act(request)))
  const change =
    (act: (body: Uint8Array | undefined, operator: string) => Decision): Change =>
    (request, body) =>
      answer(() => {
        const result: DecisionAnswer = { decision: act(body, operatorName(request)) }
        return ownJson(200, result, ownOnly)
      })

  return {
    reads: {
      '/moderation/reports': read((request) => {
        const query = parseQuery(reportsQuery, request.query)
        const { limit = defaultReportsLimit } = query
        const groups = moderation.reports({ ...query, limit })
        const result: ReportsAnswer = {
          groups,
          nextBefore: nextPage(groups.length, limit, groups.at(-1)?.latestAtMs),
          nowMs: Date.now(),
          isPersistent: isPersistent(),
          operator: nameInLog(operatorName(request)),
          sites: siteKeys(),
        }
        return ownJson(200, result, ownOnly)
      }),
      '/moderation/bans': read(({ query }) => {
        parseQuery(noQuery, query)
        const result: BansAnswer = { bans: moderation.bans() }
        return ownJson(200, result, ownOnly)
      }),
      '/moderation/decisions': read((request) => {
        const query = parseQuery(decisionsQuery, request.query)
        const { limit = defaultDecisionsLimit } = query
        const decisions = moderation.decisions({ ...query, limit })
        const result: DecisionsAnswer = {
          decisions,
          nextBefore: nextPage(decisions.length, limit, decisions.at(-1)?.number),
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
      '/moderation/audit': read(({ query }) => {
        parseQuery(noQuery, query)
        return {
          status: 200,
          headers: {
            ...commonHeaders,
            ...ownOnly,
            'Content-Type': 'application/x-ndjson; charset=utf-8',
            'Content-Disposition': 'attachment; filename="audit.jsonl"',
            'Cache-Control': 'no-store',
          },
          body: Array.from(moderation.exportAudit(), (line) => `${line}\n`).join(''),
        }
      }),
      '/moderation/audit/verdict': read(({ query }) => {
        parseQuery(noQuery, query)
        return ownJson(200, moderation.verifyAudit(), ownOnly)
      }),
    },
    changes: {
      '/moderation/decide': change((body, operator) => {
        const { personId, by = operator, note, ...request } = parseBody(decideBody, body)
        const decision = note === undefined ? request : { ...request, note }
        return moderation.decide(personId, decision, nameInLog(by))
      }),
      '/moderation/lift': change((body, operator) => {
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
