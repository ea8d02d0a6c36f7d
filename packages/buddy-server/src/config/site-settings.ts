import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { iceServers, turnUrls } from './ice-server.ts'
import { isOriginPattern, originPatterns } from './origin-pattern.ts'
import type { ValueSchema } from './value-schemas.ts'
import { boolean, seconds, text, textList, valueSchema, wholeNumber } from './value-schemas.ts'

function isEs256Key(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem)
    return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1'
  } catch {
    return false
  }
}

const fields = {
  key: text('1 to 64 letters, digits, dots, dashes or underscores', /^[\w.-]{1,64}$/),
  allowed_origins: textList(originPatterns, isOriginPattern),
  max_users: wholeNumber(1, 1_000_000).optional(),
  lobbies: textList(
    'names of at most 64 bytes',
    (name) => Buffer.byteLength(name) <= 64,
  ).optional(),
  ice_servers: iceServers.optional(),
  turn_urls: turnUrls.optional(),
  turn_secret: text('text').optional(),
  turn_ttl_seconds: seconds(60).optional(),
  text: boolean.optional(),
  video: boolean.optional(),
  secret: text('at least 32 characters', /^.{32,}$/s).optional(),
  public_key: valueSchema('a public P-256 key in PEM', (raw) =>
    typeof raw === 'string' && isEs256Key(raw) ? raw : undefined,
  ).optional(),
}

/** What each key of a site does, for the reference. */
export const siteKeyDescriptions: Readonly<Record<keyof typeof fields, string>> = {
  key: 'Public. Pages name it: `<buddy-chat site="…">`. Only people of one site meet.',
  allowed_origins: 'Pages that may use this key.',
  max_users: 'Sessions of this site at a time, within the server’s own cap.',
  lobbies: 'Only these, and the one without a name. Without it, any.',
  ice_servers: 'Instead of the server’s own.',
  turn_urls: 'Instead of the server’s own.',
  turn_secret: 'Instead of the server’s own.',
  turn_ttl_seconds: 'Instead of the server’s own.',
  text: 'Whether people may write to each other. Default: true.',
  video: 'Whether people may see each other. Default: true.',
  secret: 'Pages must present a token, a JWT signed HS256 with this.',
  public_key: 'Pages must present a token, a JWT signed ES256; this is the public half.',
}

/** What one site may be told; whatever it leaves out is as the server's own. */
const site = z
  .strictObject(fields)
  .refine(({ secret, public_key }) => !secret || !public_key, {
    error: 'a secret or a public_key, not both',
  })
  .transform((raw) => ({
    key: raw.key,
    allowedOrigins: raw.allowed_origins,
    maxUsers: raw.max_users,
    lobbies: raw.lobbies,
    iceServers: raw.ice_servers,
    turnUrls: raw.turn_urls,
    turnSecret: raw.turn_secret,
    turnTtlMs: raw.turn_ttl_seconds,
    isTextAllowed: raw.text ?? true,
    isVideoAllowed: raw.video ?? true,
    secret: raw.secret,
    publicKey: raw.public_key,
  }))

/** One embedding customer, as the program that makes a server gives it. */
export type SiteOptions = Pick<z.output<typeof site>, 'key' | 'allowedOrigins'> &
  Partial<z.output<typeof site>>

const fileKeys: Readonly<Record<keyof SiteOptions, keyof typeof fields>> = {
  key: 'key',
  allowedOrigins: 'allowed_origins',
  maxUsers: 'max_users',
  lobbies: 'lobbies',
  iceServers: 'ice_servers',
  turnUrls: 'turn_urls',
  turnSecret: 'turn_secret',
  turnTtlMs: 'turn_ttl_seconds',
  isTextAllowed: 'text',
  isVideoAllowed: 'video',
  secret: 'secret',
  publicKey: 'public_key',
}

/** Each option of a site with its key in a file. */
export const siteFileKeys = Object.entries(fileKeys) as readonly (readonly [
  keyof SiteOptions,
  string,
])[]

/** Every site but the server's own. */
export const sites: ValueSchema<readonly SiteOptions[]> = z
  .preprocess(
    (raw, context) => {
      if (typeof raw !== 'string') return raw
      if (raw.trim() === '') return []
      try {
        return JSON.parse(raw) as unknown
      } catch {
        // What the parser says quotes the text, which may hold a secret.
        context.addIssue({ code: 'custom', message: 'a list of sites as JSON, and is no JSON' })
        return z.NEVER
      }
    },
    z
      .array(site, 'a list (JSON) of sites')
      .refine((list) => new Set(list.map(({ key }) => key)).size === list.length, {
        error: 'a list in which no key stands twice',
      }),
  )
  .describe('a list (JSON) of sites, see below') as unknown as ValueSchema<readonly SiteOptions[]>
