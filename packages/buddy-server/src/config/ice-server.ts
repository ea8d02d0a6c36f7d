import { z } from 'zod'
import { iceUrlFault, shownIceUrl } from './ice-url.ts'
import type { ValueSchema } from './value-schemas.ts'

/** One STUN or TURN server, as in the browser's `RTCIceServer`. */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string | undefined
  readonly credential?: string | undefined
}

/** `params.shown` is what an error repeats of the URL. */
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
  // Browsers refuse to open any call with a TURN server that lacks them (W3C WebRTC §4.2.4).
  .refine(
    ({ urls, username, credential }) =>
      !urls.some((each) => each.startsWith('turn')) || (username && credential),
    { error: 'with username and credential, as every entry with a turn: URL (or set TURN_URLS)' },
  )

const iceServerList = z.array(iceServer).max(16)

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Reads by `schema`; what that reports in words of its own names the entry, all else is `allowed`. */
function listKind<T>(
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
          message: isNamed ? issue.message : allowed,
          path: issue.path.slice(0, depth),
          ...(isNamed && { params: issue.params }),
        })
      }
      return z.NEVER
    })
    .describe(allowed) as ValueSchema<T>
}

/** Undefined for nothing but commas: that is a slip. */
function splitUrls(text: string): string[] | undefined {
  const urls = text.split(',').flatMap((each) => each.trim() || [])
  return urls.length > 0 ? urls : undefined
}

/** ICE servers whose credentials, if any, never change. Empty text means none. */
export const iceServers: ValueSchema<readonly IceServer[]> = listKind(
  'stun: URLs separated by commas, or a list (JSON) of RTCIceServer objects, turn: ones with username and credential',
  iceServerList,
  (raw) => {
    if (typeof raw !== 'string') return { value: raw, depth: 3 }
    const text = raw.trim()
    if (text === '') return { value: [], depth: 0 }
    if (text.startsWith('[')) return { value: parseJson(text), depth: 3 }
    return { value: splitUrls(text)?.map((each) => ({ urls: each })), depth: 1 }
  },
)

/** Where TURN servers that check `use-auth-secret` credentials are. */
export const turnUrls: ValueSchema<readonly string[]> = listKind(
  'turn: or turns: URLs, separated by commas',
  z.array(url(/^turn/, 'a turn: or turns: URL')).max(8),
  (raw) => ({ value: typeof raw === 'string' ? splitUrls(raw) : raw, depth: 1 }),
)
