import { z } from 'zod'
import { iceUrlFault, shownIceUrl } from './ice-url.ts'
import type { ValueSchema } from './value-schemas.ts'

/** One STUN or TURN server. The fields are those of the browser's `RTCIceServer`. */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string | undefined
  readonly credential?: string | undefined
}

/**
 * Returns a schema for a URL that browsers accept and whose scheme matches `schemes`. `otherwise` is the
 * error message if the scheme does not match. `params.shown` of an issue is the part of the URL that the
 * error message may show.
 */
const url = (schemes: RegExp, otherwise: string): z.ZodType<string> =>
  z.string().superRefine((text, context) => {
    const fault = iceUrlFault(text) ?? (schemes.test(text) ? undefined : otherwise)
    if (fault === undefined) return
    context.addIssue({ code: 'custom', message: fault, params: { shown: shownIceUrl(text) } })
  })

const iceUrl = url(/^/, '')

const iceServer = z
  .strictObject({
    urls: z.preprocess(
      (raw) => (typeof raw === 'string' ? [raw] : raw),
      z.array(iceUrl).min(1).max(8),
    ),
    username: z.string().optional(),
    credential: z.string().optional(),
  })
  // If the username or credential of one TURN server is missing, browsers refuse to create the peer
  // connection at all (W3C WebRTC §4.2.4).
  .refine(
    ({ urls, username, credential }) =>
      !urls.some((each) => each.startsWith('turn')) || (username && credential),
    { error: 'an entry with a turn: URL needs username and credential (or set TURN_URLS)' },
  )

const iceServerList = z.array(iceServer).max(16)

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Returns a schema for a list that `schema` checks. If an issue has its own message, the error contains that
 * message and the entry. For every other issue, the error contains `allowed`.
 * @param read returns the list, and how many levels of an issue's path the error may name. The operator would
 * not recognise deeper levels.
 */
function listSchema<T>(
  allowed: string,
  schema: z.ZodType<T>,
  read: (raw: unknown) => { readonly value: unknown; readonly depth: number },
): ValueSchema<T> {
  return z
    .unknown()
    .transform((raw, context) => {
      const { value, depth } = read(raw)
      const parsed = schema.safeParse(value)
      if (parsed.success) return parsed.data
      for (const issue of parsed.error.issues) {
        const isNamed = issue.code === 'custom'
        context.addIssue({
          code: 'custom',
          message: isNamed ? issue.message : `it must be ${allowed}`,
          path: issue.path.slice(0, depth),
          ...(isNamed && { params: issue.params }),
        })
      }
      return z.NEVER
    })
    .describe(allowed) as ValueSchema<T>
}

/**
 * Returns the URLs in a text, which are separated by commas. Undefined if the text contains no URL, because
 * that is a mistake.
 */
function splitUrls(text: string): string[] | undefined {
  const urls = text.split(',').flatMap((each) => each.trim() || [])
  return urls.length > 0 ? urls : undefined
}

/**
 * A schema for ICE servers without credentials, or with credentials that never change. An empty text means no
 * servers.
 */
export const iceServers: ValueSchema<readonly IceServer[]> = listSchema(
  'stun: URLs separated by commas, or a list (JSON) of RTCIceServer objects; those with a turn: URL need username and credential',
  iceServerList,
  (raw) => {
    if (typeof raw !== 'string') return { value: raw, depth: 3 }
    const text = raw.trim()
    if (text === '') return { value: [], depth: 0 }
    if (text.startsWith('[')) return { value: parseJson(text), depth: 3 }
    return { value: splitUrls(text)?.map((each) => ({ urls: each })), depth: 1 }
  },
)

/** A schema for URLs of TURN servers that accept short-lived credentials (in coturn: `use-auth-secret`). */
export const turnUrls: ValueSchema<readonly string[]> = listSchema(
  'turn: or turns: URLs, separated by commas',
  z.array(url(/^turn/, 'it must be a turn: or turns: URL')).max(8),
  (raw) => ({ value: typeof raw === 'string' ? splitUrls(raw) : raw, depth: 1 }),
)
