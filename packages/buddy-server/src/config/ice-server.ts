import { z } from 'zod'
import { iceUrlFault, shownIceUrl } from './ice-url.ts'
import type { ValueSchema } from './value-schemas.ts'

/** One STUN or TURN server, as in the browser's `RTCIceServer`. */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string | undefined
  readonly credential?: string | undefined
}

/**
 * A URL that browsers accept and whose scheme matches `schemes`; `otherwise` is the error if it does
 * not match. `params.shown` of an issue is the part of the URL that the error message may show.
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
  // If a TURN server has none, browsers refuse to make the whole peer connection (W3C WebRTC §4.2.4).
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
 * A list that `schema` checks. An issue with a message of its own names the entry; for any other issue
 * the message is `allowed`.
 * @param read returns the list, and how many steps of an issue's path the operator can recognise
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

/** Undefined if there are only commas, because that is a mistake. */
function splitUrls(text: string): string[] | undefined {
  const urls = text.split(',').flatMap((each) => each.trim() || [])
  return urls.length > 0 ? urls : undefined
}

/**
 * ICE servers without credentials, or with credentials that never change. Empty text means no servers.
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

/** URLs of TURN servers that check short-lived credentials (coturn: `use-auth-secret`). */
export const turnUrls: ValueSchema<readonly string[]> = listSchema(
  'turn: or turns: URLs, separated by commas',
  z.array(url(/^turn/, 'it must be a turn: or turns: URL')).max(8),
  (raw) => ({ value: typeof raw === 'string' ? splitUrls(raw) : raw, depth: 1 }),
)
