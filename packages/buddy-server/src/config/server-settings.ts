// The settings of a server, which are the options of `createBuddyServer`. The keys of one site in the
// setting `sites` are in site-settings.ts.
import { isCidr } from './cidr.ts'
import type { IceServer } from './ice-server.ts'
import { iceServers, turnUrls } from './ice-server.ts'
import { isOriginPattern, originPatterns } from './origin-pattern.ts'
import { redisSettings } from './redis-settings.ts'
import type { OptionsOf, Setting } from './setting.ts'
import { setting } from './setting.ts'
import type { SiteOptions } from './site-settings.ts'
import { appealUrl, sites } from './site-settings.ts'
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
  Limits: {
    maxUsers: setting({
      key: 'MAX_CONCURRENT_USERS',
      schema: wholeNumber(1, 1_000_000),
      defaultValue: 200,
      description:
        'Sessions at a time, of this server alone. It refuses further ones with `server-full` and the time after which to retry.',
      isReloadable,
    }),
    maxRooms: setting({
      key: 'MAX_ROOMS',
      schema: wholeNumber(1, 500_000),
      defaultValue: 100,
      description:
        'Rooms at a time, of all servers that share a Redis. While all are taken, users wait in the queue.',
      isReloadable,
    }),
    maxConnectionsPerAddress: setting({
      key: 'MAX_CONNECTIONS_PER_IP',
      schema: wholeNumber(1, 1_000_000),
      defaultValue: 64,
      description:
        'Open connections from one address (IPv6: one /64). Behind a proxy, set `TRUSTED_PROXY_HOPS` or `TRUSTED_PROXIES`; otherwise all visitors share this limit.',
      isReloadable,
    }),
    maxSessionsPerAddress: setting({
      key: 'MAX_SESSIONS_PER_IP',
      schema: wholeNumber(1, 1_000_000),
      defaultValue: 64,
      description:
        'Sessions of one address, including those away, at all servers that share a Redis. A session belongs to the address of its latest connection. Raise this together with `MAX_CONNECTIONS_PER_IP`.',
      isReloadable,
    }),
    maxConnectsPerAddress: setting({
      key: 'MAX_CONNECTS_PER_IP_PER_MINUTE',
      schema: wholeNumber(1, 1_000_000),
      defaultValue: 300,
      description: 'New connections from one address per minute.',
      isReloadable,
    }),
    maxRequestsPerAddress: setting({
      key: 'MAX_REQUESTS_PER_IP_PER_MINUTE',
      schema: wholeNumber(1, 1_000_000),
      defaultValue: 1200,
      description:
        'HTTP requests from one address per minute; `/healthz` and `/readyz` do not count. Behind a proxy, see `MAX_CONNECTIONS_PER_IP`.',
      isReloadable,
    }),
    maxFrameBytes: setting({
      key: 'SOCKET_MAX_HTTP_BUFFER_SIZE',
      schema: wholeNumber(65_536, 100_000_000),
      defaultValue: 65_536,
      description:
        'The largest message in bytes. A larger one closes its connection. The largest message of the protocol has 50,176 bytes.',
    }),
    maxBacklogBytes: setting({
      key: 'MAX_BACKLOG_BYTES',
      schema: wholeNumber(65_536, 100_000_000),
      defaultValue: 1_000_000,
      description:
        'Bytes queued for one client. If more are queued, the server closes the connection.',
    }),
  },
  'Time limits': {
    pingIntervalMs: setting({
      key: 'SOCKET_PING_INTERVAL',
      schema: seconds(1, 3600),
      defaultValue: 20_000,
      description:
        'Time between two pings of a connection. Each ping is also the heartbeat for the client.',
    }),
    pingTimeoutMs: setting({
      key: 'SOCKET_PING_TIMEOUT',
      schema: seconds(1, 3600),
      defaultValue: 20_000,
      description:
        'If a client sends nothing for this time plus the interval, the server terminates the connection. It checks with each ping.',
    }),
    helloTimeoutMs: setting({
      key: 'HELLO_TIMEOUT_SECONDS',
      schema: seconds(1, 3600),
      defaultValue: 10_000,
      description:
        'Time for a new connection to send `hello`. After it the server closes the connection.',
      isReloadable,
    }),
    userTimeoutMs: setting({
      key: 'USER_TIMEOUT_SECONDS',
      schema: seconds(0),
      defaultValue: 300_000,
      description:
        'Time after which an inactive session ends, if it is neither in a room nor in the queue. 0: never.',
      isReloadable,
    }),
    cleanupIntervalMs: setting({
      key: 'CLEANUP_INTERVAL_SECONDS',
      schema: seconds(1),
      defaultValue: 60_000,
      description: 'Time between two searches for inactive sessions.',
    }),
    roomCleanupIntervalMs: setting({
      key: 'ROOM_CLEANUP_INTERVAL_SECONDS',
      schema: seconds(1),
      defaultValue: 60_000,
      description: 'Time between two searches for rooms whose users are both away.',
    }),
    resumeGraceMs: setting({
      key: 'RESUME_GRACE_SECONDS',
      schema: seconds(0, 3600),
      defaultValue: 30_000,
      description:
        'Grace time: how long a session without a connection can be resumed. 0: sessions end with their connection.',
      isReloadable,
    }),
    maxResumeBytes: setting({
      key: 'MAX_RESUME_BYTES',
      schema: wholeNumber(1024, 10_000_000),
      defaultValue: 65_536,
      description: 'Bytes of frames kept for one session, to send them again when it resumes.',
      isReloadable,
    }),
    shutdownTimeoutMs: setting({
      key: 'SHUTDOWN_TIMEOUT_SECONDS',
      schema: seconds(0, 3600),
      defaultValue: 10_000,
      description:
        'After SIGTERM, how long users in a room may continue. With `--dev` the default is 0.',
      isReloadable,
    }),
  },
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
  Safety: {
    dataDir: setting({
      key: 'DATA_DIR',
      schema: text('a path'),
      defaultValue: '',
      description:
        'Folder in which the server keeps reports, bans, blocks and decisions. Only one server may use it. Without a folder, they end with the process.',
    }),
    retentionDays: setting({
      key: 'RETENTION_DAYS',
      schema: wholeNumber(1, 365),
      defaultValue: 30,
      description:
        'How long reports with their notes and pictures are kept, and warnings that could not be delivered.',
      isReloadable,
    }),
    auditRetentionDays: setting({
      key: 'AUDIT_RETENTION_DAYS',
      schema: wholeNumber(1, 3650),
      defaultValue: 180,
      description:
        'How long entries of the audit log are kept. In the EU, people can complain for six months.',
      isReloadable,
    }),
    appealUrl: setting({
      key: 'APPEAL_URL',
      schema: appealUrl,
      defaultValue: '',
      description: 'The address for appeals. People who are warned, slowed or banned receive it.',
      isReloadable,
    }),
    slowAfterReports: setting({
      key: 'SLOW_AFTER_REPORTS',
      schema: wholeNumber(0, 1000),
      defaultValue: 3,
      description:
        'If this many independent people report a person within the window, the searches of that person are slowed. 0: never.',
      isReloadable,
    }),
    banAfterReports: setting({
      key: 'BAN_AFTER_REPORTS',
      schema: wholeNumber(0, 1000),
      defaultValue: 6,
      description:
        'If this many independent people report a person within the window, that person is banned for a time. 0: never.',
      isReloadable,
    }),
    reportWindowMs: setting({
      key: 'REPORT_WINDOW_SECONDS',
      schema: seconds(60, 30 * 86_400),
      defaultValue: 3_600_000,
      description: 'The window of these two rules.',
      isReloadable,
    }),
    slowMs: setting({
      key: 'SLOW_SECONDS',
      schema: seconds(1, 365 * 86_400),
      defaultValue: 3_600_000,
      description: 'How long searches stay slowed.',
      isReloadable,
    }),
    slowedSearchMs: setting({
      key: 'SLOWED_SEARCH_SECONDS',
      schema: seconds(0, 3600),
      defaultValue: 10_000,
      description: 'How long each search of a slowed person waits before it can be matched.',
      isReloadable,
    }),
    banMs: setting({
      key: 'BAN_SECONDS',
      schema: seconds(1, 365 * 86_400),
      defaultValue: 3_600_000,
      description: 'How long a ban by the rule lasts.',
      isReloadable,
    }),
    addressBanMs: setting({
      key: 'ADDRESS_BAN_SECONDS',
      schema: seconds(0, 365 * 86_400),
      defaultValue: 7 * 86_400_000,
      description:
        'The maximum time for which a ban also refuses the address of the banned person. Other users may share or get that address. 0: a ban refuses no address.',
      isReloadable,
    }),
    blockMs: setting({
      key: 'BLOCK_SECONDS',
      schema: seconds(3600, 3650 * 86_400),
      defaultValue: 30 * 86_400_000,
      description:
        'How long two users of whom one has blocked or reported the other never meet. Applies to new blocks.',
      isReloadable,
    }),
    repeatedTextRooms: setting({
      key: 'REPEATED_TEXT_ROOMS',
      schema: wholeNumber(0, 100),
      defaultValue: 8,
      description:
        'Number of rooms in which a person may send nearly the same first text of 60 letters or more. A text of any length with a link, handle or telephone number is allowed in half as many. Beyond that, such texts are dropped, and the person is slowed. 0: texts are not compared.',
      isReloadable,
    }),
    repeatedTextWindowMs: setting({
      key: 'REPEATED_TEXT_WINDOW_SECONDS',
      schema: seconds(60, 3600),
      defaultValue: 600_000,
      description: 'The window of this rule. Fingerprints of texts are dropped after it.',
      isReloadable,
    }),
    newVisitorMs: setting({
      key: 'NEW_VISITOR_SECONDS',
      schema: seconds(0),
      defaultValue: 600_000,
      description:
        'How long a new visitor has lower limits for links and for Next. 0: no lower limits.',
      isReloadable,
    }),
    areStillsKept: setting({
      key: 'KEEP_STILLS',
      schema: boolean,
      defaultValue: true,
      description:
        'Keep the pictures that users attach to reports. If false, the server drops them.',
      isReloadable,
    }),
    areNotesInWebhooks: setting({
      key: 'WEBHOOK_NOTES',
      schema: boolean,
      defaultValue: false,
      description: 'Send the notes of reports and decisions in webhooks. Pictures are never sent.',
    }),
  },
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
