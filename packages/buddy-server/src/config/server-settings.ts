// The settings of a server, which are the options of `createBuddyServer`. Large groups have files of their own. The
// keys of one site in the setting `sites` are in site-settings.ts.
import { isCidr } from './cidr.ts'
import type { IceServer } from './ice-server.ts'
import { iceServers, turnUrls } from './ice-server.ts'
import { limitSettings, timeLimitSettings } from './limit-settings.ts'
import { isOriginPattern, originPatterns } from './origin-pattern.ts'
import { redisSettings } from './redis-settings.ts'
import { safetySettings } from './safety-settings.ts'
import type { OptionsOf, Setting } from './setting.ts'
import { setting } from './setting.ts'
import type { SiteOptions } from './site-settings.ts'
import { sites } from './site-settings.ts'
import type { ValueSchema } from './value-schemas.ts'
import { boolean, seconds, text, textList, valueSchema, wholeNumber } from './value-schemas.ts'
import type { WebhookEvent } from './webhook-events.ts'
import { webhookEvents } from './webhook-events.ts'

/** A user name or password is not allowed, because `fetch` refuses such a URL. */
const webhookUrl = valueSchema('an http or https URL without a user name or password', (raw) => {
  if (typeof raw !== 'string' || !/^https?:\/\/\S+$/.test(raw) || !URL.canParse(raw))
    return undefined
  const { username, password } = new URL(raw)
  return username || password ? undefined : raw
})

const isReloadable = true
const isSecret = true

/** The settings of a server by the names of their options, in the groups of `docs/configuration.md`. */
export const serverSettings = {
  Listening: {
    port: setting({
      key: 'PORT',
      schema: wholeNumber(0, 65_535),
      defaultValue: 3000,
      description: 'Port to listen on. 0 chooses a free port.',
    }),
    host: setting({
      key: 'HOST',
      schema: text('an address to listen on', /^\S+$/),
      defaultValue: '0.0.0.0',
      description: 'Address to listen on. With `--dev` the default is 127.0.0.1.',
    }),
    tlsCertFile: setting({
      key: 'TLS_CERT_FILE',
      schema: text('a path'),
      defaultValue: '',
      description:
        'Certificate chain (PEM). If this and `TLS_KEY_FILE` are set, the server itself serves https and wss.',
    }),
    tlsKeyFile: setting({
      key: 'TLS_KEY_FILE',
      schema: text('a path'),
      defaultValue: '',
      description: 'Private key (PEM). SIGHUP reads both files again.',
    }),
    trustedProxyHops: setting({
      key: 'TRUSTED_PROXY_HOPS',
      schema: wholeNumber(0, 10),
      defaultValue: 0,
      description:
        'Number of your proxies in front of the server. The server takes the client’s address from `X-Forwarded-For`, that many entries from the end.',
      isReloadable,
    }),
    trustedProxies: setting({
      key: 'TRUSTED_PROXIES',
      schema: textList('addresses or CIDR ranges', isCidr, true),
      defaultValue: [] as readonly string[],
      description: 'Addresses of your proxies, instead of their number.',
      isReloadable,
    }),
  },
  'Keys and origins': {
    secretKey: setting({
      key: 'SECRET_KEY',
      schema: text('at least 32 characters', /^.{32,}$/s),
      defaultValue: '',
      description:
        'Encrypts the tokens that resume sessions. Keep it across restarts, so that sessions and calls survive them.',
      isSecret,
    }),
    adminToken: setting({
      key: 'ADMIN_TOKEN',
      schema: text('at least 32 characters', /^.{32,}$/s),
      defaultValue: '',
      description:
        'Required for `/dashboard`, `/moderation`, `/metrics` and the sites in `/status`. Without it there is no dashboard, and `/metrics` is open to everyone.',
      isSecret,
      isReloadable,
    }),
    allowedOrigins: setting({
      key: 'ALLOWED_ORIGINS',
      schema: textList(originPatterns, isOriginPattern),
      defaultValue: ['*'] as readonly string[],
      description: 'Pages that may connect without a site key.',
      isReloadable,
    }),
    sites: setting({
      key: 'SITES',
      schema: sites,
      defaultValue: [] as readonly SiteOptions[],
      description: 'Sites that embed Buddy, each with its own key.',
      isSecret,
      isReloadable,
    }),
  },
  Limits: limitSettings,
  'Time limits': timeLimitSettings,
  Matching: {
    widenInterestsMs: setting({
      key: 'WIDEN_INTERESTS_SECONDS',
      schema: seconds(0),
      defaultValue: 8000,
      description:
        'How long a search requires a common interest. After this time, two such searches can be matched without one, unless a user keeps the interests.',
      isReloadable,
    }),
    widenLanguagesMs: setting({
      key: 'WIDEN_LANGUAGES_SECONDS',
      schema: seconds(0),
      defaultValue: 12_000,
      description: 'How long a search requires a common language.',
      isReloadable,
    }),
    widenRegionMs: setting({
      key: 'WIDEN_REGION_SECONDS',
      schema: seconds(0),
      defaultValue: 4000,
      description:
        'How long a search requires a partner of the same `REGION`. It has no effect without regions.',
      isReloadable,
    }),
    avoidRecentMs: setting({
      key: 'AVOID_RECENT_SECONDS',
      schema: seconds(0),
      defaultValue: 600_000,
      description:
        'Two users who were in a room together do not meet again for this time, unless both have nobody else in the lobby.',
      isReloadable,
    }),
    avoidRecentCount: setting({
      key: 'AVOID_RECENT_COUNT',
      schema: wholeNumber(0, 200),
      defaultValue: 20,
      description: 'Number of recent partners whom each user avoids during that time. 0: none.',
      isReloadable,
    }),
    rematchDelayMs: setting({
      key: 'REMATCH_DELAY_SECONDS',
      schema: seconds(0, 3600),
      defaultValue: 3000,
      description:
        'Two users who have nobody else meet again only after one of them has waited this long.',
      isReloadable,
    }),
    fairMatchesPerMinute: setting({
      key: 'FAIR_MATCHES_PER_MINUTE',
      schema: wholeNumber(1, 100_000),
      defaultValue: 12,
      description:
        'Number of matches a minute that the users of one address (or one signed identity) may always have in a lobby.',
      isReloadable,
    }),
    fairSharePercent: setting({
      key: 'FAIR_SHARE_PERCENT',
      schema: wholeNumber(1, 100),
      defaultValue: 25,
      description:
        'The share of all matches in the lobby that the users of one address may have beyond that number. If they have had more, they meet only each other for a while. 100: no limit.',
      isReloadable,
    }),
  },
  Safety: safetySettings,
  'Several servers': redisSettings,
  'ICE servers': {
    iceServers: setting({
      key: 'ICE_SERVERS',
      schema: iceServers,
      defaultValue: [{ urls: ['stun:stun.l.google.com:19302'] }] as readonly IceServer[],
      description:
        'STUN servers, and TURN servers with fixed credentials, for every client. Empty: none.',
      isSecret,
      isReloadable,
      acceptsEmpty: true,
    }),
    turnUrls: setting({
      key: 'TURN_URLS',
      schema: turnUrls,
      defaultValue: [] as readonly string[],
      description: 'TURN servers that check short-lived credentials (coturn: `use-auth-secret`).',
      isReloadable,
    }),
    turnSecret: setting({
      key: 'TURN_SECRET',
      schema: text('text'),
      defaultValue: '',
      description:
        'The secret that those TURN servers and this server share (coturn: `static-auth-secret`).',
      isSecret,
      isReloadable,
    }),
    turnTtlMs: setting({
      key: 'TURN_TTL_SECONDS',
      schema: seconds(60),
      defaultValue: 3_600_000,
      description:
        'How long these credentials are valid. Clients receive new ones before they expire.',
      isReloadable,
    }),
  },
  Monitoring: {
    isMonitoringEnabled: setting({
      key: 'ENABLE_MONITORING',
      schema: boolean,
      defaultValue: true,
      description: 'Log the load at an interval.',
      isReloadable,
    }),
    monitoringIntervalMs: setting({
      key: 'MONITORING_INTERVAL_SECONDS',
      schema: seconds(1),
      defaultValue: 60_000,
      description: 'That interval.',
    }),
    webhookUrl: setting({
      key: 'WEBHOOK_URL',
      schema: webhookUrl,
      defaultValue: '',
      description: 'Receives events by POST. Never printed, because its path may contain a token.',
      isSecret,
    }),
    webhookSecret: setting({
      key: 'WEBHOOK_SECRET',
      schema: text('at least 32 characters', /^.{32,}$/s),
      defaultValue: '',
      description: 'Signs the webhooks.',
      isSecret,
    }),
    webhookEvents: setting({
      key: 'WEBHOOK_EVENTS',
      schema: textList(`some of ${webhookEvents.join(', ')}`, (name) =>
        webhookEvents.some((event) => event === name),
      ) as ValueSchema<readonly WebhookEvent[]>,
      defaultValue: webhookEvents,
      description: 'The events to send.',
    }),
  },
} as const

/** The options of a server, each with a value. Times are in milliseconds, sizes in bytes. */
export type ResolvedServerOptions = OptionsOf<typeof serverSettings>

/**
 * The options of `createBuddyServer`. `docs/configuration.md` describes each of them. Times are in
 * milliseconds, sizes in bytes. If an option is undefined, its default applies.
 */
export type BuddyServerOptions = {
  readonly [Name in keyof ResolvedServerOptions]?: ResolvedServerOptions[Name] | undefined
}

/** The default of each option. */
export const defaultOptions = Object.fromEntries(
  Object.values(serverSettings).flatMap((group) =>
    Object.entries<Setting<unknown>>(group).map(([name, { defaultValue }]) => [name, defaultValue]),
  ),
) as unknown as ResolvedServerOptions
