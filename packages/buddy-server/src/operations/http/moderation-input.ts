// Checks the requests of operators to the moderation endpoints.
import { reportReasons, type ReportReason } from '@buddy-chat/protocol'
import { z } from 'zod'
import { cursorPatterns } from '../../safety/cursor.ts'
import { isMeasureDuration, measureDurationRule } from '../../safety/measure-duration.ts'

/** Why the input of a request is refused. */
export type InputProblem = 'body-too-large' | 'invalid-json' | 'invalid-field' | 'invalid-query'

/** The input of a request is refused. The message says what is wrong. */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly code: InputProblem

  constructor(code: InputProblem, message: string) {
    super(message)
    this.code = code
  }
}

const maxIdLength = 200

const id = z.string().min(1).max(maxIdLength)
const reason = z.enum(Object.keys(reportReasons) as [ReportReason, ...ReportReason[]])
const common = { personId: id, reason, note: z.string().optional(), by: z.string().optional() }

/**
 * The body of `POST /moderation/decide`. A ban needs `durationMs`, so that a forgotten field does not ban for
 * good.
 */
export const decideBody = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.enum(['dismiss', 'warn']),
    durationMs: z.null().default(null),
  }),
  z.strictObject({
    ...common,
    kind: z.enum(['slow', 'ban']),
    durationMs: z.number().refine(isMeasureDuration, measureDurationRule).nullable(),
  }),
])

/** The body of `POST /moderation/lift`. */
export const liftBody = z.strictObject({ banId: id, by: z.string().optional() })

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number)

const limit = (max: number) => wholeNumber.pipe(z.int().min(1).max(max)).optional()

const cursor = (pattern: RegExp) =>
  z.string().regex(pattern, 'must be the `nextBefore` of an earlier answer').optional()

/** The query of `GET /moderation/reports`. */
export const reportsQuery = z.strictObject({
  site: z.string().max(maxIdLength).optional(),
  state: z.enum(['open', 'decided']).optional(),
  limit: limit(200),
  before: cursor(cursorPatterns.reports),
})

/** The query of `GET /moderation/bans`. */
export const bansQuery = z.strictObject({
  site: z.string().max(maxIdLength).optional(),
  limit: limit(1000),
  before: cursor(cursorPatterns.bans),
})

/** The query of `GET /moderation/audit`. */
export const auditQuery = z.strictObject({ after: wholeNumber.optional() })

/** The query of `GET /moderation/decisions`. */
export const decisionsQuery = z.strictObject({
  limit: limit(1000),
  before: wholeNumber.optional(),
})

/** The query of `GET /moderation/still`. */
export const stillQuery = z.strictObject({ report: id })

/** The query of endpoints that need none. */
export const noQuery = z.strictObject({})

/**
 * Returns the query of a request.
 * @throws InputError if it has an unknown, a repeated or an invalid parameter
 */
export function parseQuery<T>(schema: z.ZodType<T>, query: string): T {
  const parameters = [...new URLSearchParams(query)]
  const names = new Set(parameters.map(([name]) => name))
  if (names.size < parameters.length) {
    throw new InputError('invalid-query', 'the query repeats a parameter')
  }
  return check(schema, Object.fromEntries(parameters), 'invalid-query')
}

/**
 * Returns the body of a request.
 * @param body undefined if it was too long to be kept
 * @throws InputError if it is no JSON object with the fields of `schema`
 */
export function parseBody<T>(schema: z.ZodType<T>, body: Uint8Array | undefined): T {
  if (!body) throw new InputError('body-too-large', 'the body must have at most 16384 bytes')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new InputError('invalid-json', 'the body must be a JSON object, in UTF-8')
  }
  return check(schema, value, 'invalid-field')
}

function check<T>(schema: z.ZodType<T>, value: unknown, code: InputProblem): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const where = issue?.path.join('.')
  throw new InputError(code, `${where ? `${where}: ` : ''}${issue?.message ?? 'invalid'}`)
}
