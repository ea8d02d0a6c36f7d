import { z } from 'zod'
import type { Kind } from './kinds.ts'
import { kind } from './kinds.ts'

/** One STUN or TURN server, as in the browser's `RTCIceServer`. */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string | undefined
  readonly credential?: string | undefined
}

const iceUrl = /^(stuns?|turns?):\S+$/

const iceServer = z
  .strictObject({
    urls: z.union([z.string().regex(iceUrl), z.array(z.string().regex(iceUrl)).min(1).max(8)]),
    username: z.string().optional(),
    credential: z.string().optional(),
  })
  // Browsers refuse to open any call with a TURN server that lacks them (W3C WebRTC §4.2.4).
  .refine(
    ({ urls, username, credential }) =>
      ![urls].flat().some((url) => url.startsWith('turn')) || (username && credential),
  )

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** ICE servers whose credentials, if any, never change. Empty text means none. */
export const iceServers: Kind<readonly IceServer[]> = kind(
  'stun: URLs separated by commas, or a list (JSON) of RTCIceServer objects, turn: ones with username and credential',
  (raw) => {
    const text = typeof raw === 'string' ? raw.trim() : undefined
    if (text === '') return []
    let value = raw
    if (text?.startsWith('[')) value = parseJson(text)
    else if (text !== undefined) value = text.split(',').map((url) => ({ urls: url.trim() }))
    return z
      .array(iceServer)
      .max(16)
      .safeParse(value)
      .data?.map(({ urls, ...rest }) => ({ ...rest, urls: [urls].flat() }))
  },
)

/** Where a TURN server that checks `use-auth-secret` credentials is. */
export const isTurnUrl = (url: string): boolean => /^turns?:\S+$/.test(url)
