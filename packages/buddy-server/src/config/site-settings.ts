// The keys of one site in the setting `sites`. The settings of the whole server are in
// server-settings.ts.
import { createPublicKey } from 'node:crypto'
import { maxFieldBytes } from '@buddy-chat/protocol'
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

/** The claims of a token that have a meaning of their own, and cannot be attributes. */
const reservedClaims: readonly string[] = [
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'name',
  'lobby',
  'age_band',
]
/** Attributes are part of resume tokens, whose length is limited. */
const maxAttributes = 8

const isBand = (name: string): boolean => Buffer.byteLength(name) <= 32
/** Clients open it in a new tab, so it must not run a script. */
export const appealUrl: ValueSchema<string> = valueSchema(
  'an http or https URL of at most 512 bytes',
  (raw) => {
    if (typeof raw !== 'string' || !/^https?:\/\/\S+$/.test(raw) || !URL.canParse(raw))
      return undefined
    return Buffer.byteLength(raw) <= maxFieldBytes.appealUrl ? raw : undefined
  },
)

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
  attributes: textList(
    `at most ${maxAttributes} names of claims, each 1 to 32 letters, digits or underscores, and none of ${reservedClaims.join(', ')}`,
    (name) => /^\w{1,32}$/.test(name) && !reservedClaims.includes(name),
  )
    .refine((names) => new Set(names).size === names.length && names.length <= maxAttributes, {
      error: `it must be at most ${maxAttributes} names, each only once`,
    })
    .optional(),
  age_bands: textList('names of 1 to 32 bytes', isBand).optional(),
  default_age_band: text('one of age_bands').optional(),
  widen_interests_seconds: seconds(0).optional(),
  widen_languages_seconds: seconds(0).optional(),
  widen_region_seconds: seconds(0).optional(),
  text: boolean.optional(),
  video: boolean.optional(),
  appeal_url: appealUrl.optional(),
  slow_after_reports: wholeNumber(0, 1000).optional(),
  ban_after_reports: wholeNumber(0, 1000).optional(),
  report_window_seconds: seconds(60, 30 * 86_400).optional(),
  slow_seconds: seconds(1, 365 * 86_400).optional(),
  ban_seconds: seconds(1, 365 * 86_400).optional(),
  secret: text('at least 32 characters', /^.{32,}$/s).optional(),
  public_key: valueSchema('a public P-256 key in PEM', (raw) =>
    typeof raw === 'string' && isEs256Key(raw) ? raw : undefined,
  ).optional(),
}

/** What each key of a site does, for `docs/configuration.md`. */
export const siteKeyDescriptions: Readonly<Record<keyof typeof fields, string>> = {
  key: 'The public name of the site, which its pages give: `<buddy-chat site="…">`. Only users of the same site meet.',
  allowed_origins: 'Pages that may use this key.',
  max_users:
    'Sessions of this site at a time, at all servers that share a Redis. The limit of the server applies too.',
  lobbies: 'Allowed lobbies, besides the one without a name. If not set, any lobby is allowed.',
  ice_servers: 'Replaces `ICE_SERVERS` for this site.',
  turn_urls: 'Replaces `TURN_URLS` for this site.',
  turn_secret: 'Replaces `TURN_SECRET` for this site.',
  turn_ttl_seconds: 'Replaces `TURN_TTL_SECONDS` for this site.',
  attributes:
    'Claims of the token that users may ask for in a partner, such as `verified` or `region`.',
  age_bands:
    'Allowed values of the claim `age_band`. Users of different bands never meet. Needs `default_age_band`.',
  default_age_band: 'The band of users whose token has no `age_band`, or who have no token.',
  widen_interests_seconds: 'Replaces `WIDEN_INTERESTS_SECONDS` for this site.',
  widen_languages_seconds: 'Replaces `WIDEN_LANGUAGES_SECONDS` for this site.',
  widen_region_seconds: 'Replaces `WIDEN_REGION_SECONDS` for this site.',
  text: 'Whether users may send text. Default: true.',
  video: 'Whether users may send video. Default: true.',
  appeal_url: 'Replaces `APPEAL_URL` for this site.',
  slow_after_reports: 'Replaces `SLOW_AFTER_REPORTS` for this site.',
  ban_after_reports: 'Replaces `BAN_AFTER_REPORTS` for this site.',
  report_window_seconds: 'Replaces `REPORT_WINDOW_SECONDS` for this site.',
  slow_seconds: 'Replaces `SLOW_SECONDS` for this site.',
  ban_seconds: 'Replaces `BAN_SECONDS` for this site.',
  secret: 'If set, clients need a token: a JWT signed with this secret (HS256).',
  public_key:
    'If set, clients need a token: a JWT signed with the private key that belongs to this public key (ES256).',
}

/** A schema for one site. For a key that is not set, the setting of the server applies. */
const site = z
  .strictObject(fields)
  .refine(({ secret, public_key }) => !secret || !public_key, {
    error: 'it must have a secret or a public_key, not both',
  })
  .refine(
    ({ age_bands: bands, default_age_band: band }) =>
      bands === undefined ? band === undefined : band !== undefined && bands.includes(band),
    { error: 'it must have both age_bands and default_age_band, which must be one of them' },
  )
  .refine(
    ({ secret, public_key, attributes, age_bands: bands }) =>
      secret || public_key || !(attributes || bands),
    { error: 'attributes and age_bands need a secret or a public_key, because tokens have them' },
  )
  .transform((raw) => ({
    key: raw.key,
    allowedOrigins: raw.allowed_origins,
    maxUsers: raw.max_users,
    lobbies: raw.lobbies,
    iceServers: raw.ice_servers,
    turnUrls: raw.turn_urls,
    turnSecret: raw.turn_secret,
    turnTtlMs: raw.turn_ttl_seconds,
    attributes: raw.attributes,
    ageBands: raw.age_bands,
    defaultAgeBand: raw.default_age_band,
    widenInterestsMs: raw.widen_interests_seconds,
    widenLanguagesMs: raw.widen_languages_seconds,
    widenRegionMs: raw.widen_region_seconds,
    isTextAllowed: raw.text ?? true,
    isVideoAllowed: raw.video ?? true,
    appealUrl: raw.appeal_url,
    slowAfterReports: raw.slow_after_reports,
    banAfterReports: raw.ban_after_reports,
    reportWindowMs: raw.report_window_seconds,
    slowMs: raw.slow_seconds,
    banMs: raw.ban_seconds,
    secret: raw.secret,
    publicKey: raw.public_key,
  }))

/** One site, in the form that the option `sites` of `createBuddyServer` has. */
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
  attributes: 'attributes',
  ageBands: 'age_bands',
  defaultAgeBand: 'default_age_band',
  widenInterestsMs: 'widen_interests_seconds',
  widenLanguagesMs: 'widen_languages_seconds',
  widenRegionMs: 'widen_region_seconds',
  isTextAllowed: 'text',
  isVideoAllowed: 'video',
  appealUrl: 'appeal_url',
  slowAfterReports: 'slow_after_reports',
  banAfterReports: 'ban_after_reports',
  reportWindowMs: 'report_window_seconds',
  slowMs: 'slow_seconds',
  banMs: 'ban_seconds',
  secret: 'secret',
  publicKey: 'public_key',
}

/** Each option of a site with its key in a configuration file. */
export const siteFileKeys = Object.entries(fileKeys) as readonly (readonly [
  keyof SiteOptions,
  string,
])[]

/** A schema for the setting `sites`, which contains every site except the server's own. */
export const sites: ValueSchema<readonly SiteOptions[]> = z
  .preprocess(
    (raw, context) => {
      if (typeof raw !== 'string') return raw
      if (raw.trim() === '') return []
      try {
        return JSON.parse(raw) as unknown
      } catch {
        // The error message of the JSON parser is not used, because it quotes the text, which may contain a
        // secret.
        context.addIssue({ code: 'custom', message: 'it must be a list of sites in JSON' })
        return z.NEVER
      }
    },
    z
      .array(site, 'it must be a list (JSON) of sites')
      .refine((list) => new Set(list.map(({ key }) => key)).size === list.length, {
        error: 'no key may appear twice',
      }),
  )
  .describe('a list (JSON) of sites, see below') as unknown as ValueSchema<readonly SiteOptions[]>
