import { isCidr } from '../limits/client-address.ts'
import { webhookEvents } from './webhook-events.ts'
import type { IceServer } from './ice-server.ts'
import { iceServers, turnUrls } from './ice-server.ts'
import type { Kind } from './value-schemas.ts'
import { boolean, kind, seconds, text, texts, whole, word } from './value-schemas.ts'
import { isOriginPattern, originPatterns } from './origin-pattern.ts'
import type { SiteOptions } from './site-settings.ts'
import { sites } from './site-settings.ts'

/** One setting. Its three names come from `key`: `MAX_ROOMS`, `--max-rooms`, `max_rooms`. */
export interface Setting<T> {
  /** The environment variable. */
  readonly key: string
  readonly kind: Kind<T>
  /** In the option's unit. */
  readonly fallback: T
  /** What it does, for the reference page and `--help`. */
  readonly about: string
  /** Never printed. */
  readonly isSecret?: true
  /** SIGHUP takes a new value; what lacks this needs a restart. */
  readonly isReloadable?: true
  /** Empty text is a value of its own, not "unset". */
  readonly isEmptyMeant?: true
}

function setting<T>(definition: Setting<T>): Setting<T> {
  return definition
}

/** `fetch` refuses a URL with a user name or password. */
const webhookUrl = kind('an http or https URL without a user name or password', (raw) => {
  if (typeof raw !== 'string' || !/^https?:\/\/\S+$/.test(raw) || !URL.canParse(raw))
    return undefined
  const { username, password } = new URL(raw)
  return username || password ? undefined : raw
})

const isReloadable = true
const isSecret = true

/** Settings of a server, by the option of `createBuddyServer`; grouped as the reference shows them. */
export const serverSettings = {
  Listening: {
    port: setting({
      key: 'PORT',
      kind: whole(0, 65_535),
      fallback: 3000,
      about: 'Port to listen on; 0 takes a free one.',
    }),
    host: setting({
      key: 'HOST',
      kind: text('an address to listen on', /^\S+$/),
      fallback: '0.0.0.0',
      about: 'Address to listen on. With `--dev` 127.0.0.1 unless set.',
    }),
    tlsCertFile: setting({
      key: 'TLS_CERT_FILE',
      kind: text('a path'),
      fallback: '',
      about:
        'Certificate chain (PEM). With it and the next one the server speaks https and wss itself.',
    }),
    tlsKeyFile: setting({
      key: 'TLS_KEY_FILE',
      kind: text('a path'),
      fallback: '',
      about: 'Private key (PEM). SIGHUP reads both files again.',
    }),
    trustedProxyHops: setting({
      key: 'TRUSTED_PROXY_HOPS',
      kind: whole(0, 10),
      fallback: 0,
      about:
        'Own proxies in front; `X-Forwarded-For` is believed that many steps from its end and no further.',
      isReloadable,
    }),
    trustedProxies: setting({
      key: 'TRUSTED_PROXIES',
      kind: texts('addresses or CIDR ranges', isCidr, true),
      fallback: [] as readonly string[],
      about: 'Addresses of own proxies, instead of a number of hops.',
      isReloadable,
    }),
  },
  'Keys and origins': {
    secretKey: setting({
      key: 'SECRET_KEY',
      kind: text('at least 32 characters', /^.{32,}$/s),
      fallback: '',
      about:
        'Seals what sessions are resumed with. Keep it over restarts: then calls go on over those too.',
      isSecret,
    }),
    adminToken: setting({
      key: 'ADMIN_TOKEN',
      kind: text('at least 32 characters', /^.{32,}$/s),
      fallback: '',
      about:
        'Opens `/dashboard`, `/metrics` and the sites in `/status`. Unset: no dashboard, and `/metrics` is open.',
      isSecret,
      isReloadable,
    }),
    allowedOrigins: setting({
      key: 'ALLOWED_ORIGINS',
      kind: texts(originPatterns, isOriginPattern),
      fallback: ['*'] as readonly string[],
      about: 'Pages that may connect without naming a site.',
      isReloadable,
    }),
    sites: setting({
      key: 'SITES',
      kind: sites,
      fallback: [] as readonly SiteOptions[],
      about: 'Embedding sites with keys of their own.',
      isSecret,
      isReloadable,
    }),
  },
  Caps: {
    maxUsers: setting({
      key: 'MAX_CONCURRENT_USERS',
      kind: whole(1, 1_000_000),
      fallback: 200,
      about:
        'Sessions at a time. Who comes later is told `server-full`, with the time to come back.',
      isReloadable,
    }),
    maxRooms: setting({
      key: 'MAX_ROOMS',
      kind: whole(1, 500_000),
      fallback: 100,
      about: 'Rooms at a time. While all are taken, people wait.',
      isReloadable,
    }),
    maxConnectionsPerAddress: setting({
      key: 'MAX_CONNECTIONS_PER_IP',
      kind: whole(1, 1_000_000),
      fallback: 64,
      about:
        'Open connections from one address (IPv6: one /64). Behind a proxy of yours set `TRUSTED_PROXY_HOPS` or `TRUSTED_PROXIES`, or all visitors share this.',
      isReloadable,
    }),
    maxSessionsPerAddress: setting({
      key: 'MAX_SESSIONS_PER_IP',
      kind: whole(1, 1_000_000),
      fallback: 64,
      about:
        'Sessions of one address, those away included: the latest connection of a session counts. Raise it together with `MAX_CONNECTIONS_PER_IP`.',
      isReloadable,
    }),
    maxConnectsPerAddress: setting({
      key: 'MAX_CONNECTS_PER_IP_PER_MINUTE',
      kind: whole(1, 1_000_000),
      fallback: 300,
      about: 'New connections from one address in a minute.',
      isReloadable,
    }),
    maxRequestsPerAddress: setting({
      key: 'MAX_REQUESTS_PER_IP_PER_MINUTE',
      kind: whole(1, 1_000_000),
      fallback: 1200,
      about:
        'HTTP requests from one address in a minute, without `/healthz` and `/readyz`. The same holds behind a proxy of yours.',
      isReloadable,
    }),
    maxFrameBytes: setting({
      key: 'SOCKET_MAX_HTTP_BUFFER_SIZE',
      kind: whole(65_536, 100_000_000),
      fallback: 65_536,
      about:
        'Bytes; a longer message ends its connection unread. The longest of the protocol has 50,176.',
    }),
    maxBacklogBytes: setting({
      key: 'MAX_BACKLOG_BYTES',
      kind: whole(65_536, 100_000_000),
      fallback: 1_000_000,
      about: 'A client for which more than this waits to be sent is cut.',
    }),
  },
  'Time limits': {
    pingIntervalMs: setting({
      key: 'SOCKET_PING_INTERVAL',
      kind: seconds(1, 3600),
      fallback: 20_000,
      about: 'Seconds between two pings, which are also the heartbeat.',
    }),
    pingTimeoutMs: setting({
      key: 'SOCKET_PING_TIMEOUT',
      kind: seconds(1, 3600),
      fallback: 20_000,
      about:
        'A connection silent for so many seconds beyond the interval is dead; looked at with each ping.',
    }),
    helloTimeoutMs: setting({
      key: 'HELLO_TIMEOUT_SECONDS',
      kind: seconds(1, 3600),
      fallback: 10_000,
      about: 'A connection that has not said hello by then is closed.',
      isReloadable,
    }),
    userTimeoutMs: setting({
      key: 'USER_TIMEOUT_SECONDS',
      kind: seconds(0),
      fallback: 300_000,
      about:
        'A session that is neither in a room nor in the queue, and has done nothing for so long, is ended; 0: never.',
      isReloadable,
    }),
    cleanupIntervalMs: setting({
      key: 'CLEANUP_INTERVAL_SECONDS',
      kind: seconds(1),
      fallback: 60_000,
      about: 'How often idle sessions are looked for.',
    }),
    roomCleanupIntervalMs: setting({
      key: 'ROOM_CLEANUP_INTERVAL_SECONDS',
      kind: seconds(1),
      fallback: 60_000,
      about: 'How often rooms that nobody is present in are looked for.',
    }),
    resumeGraceMs: setting({
      key: 'RESUME_GRACE_SECONDS',
      kind: seconds(0, 3600),
      fallback: 30_000,
      about: 'A session outlives its connection for so long; 0: not at all.',
      isReloadable,
    }),
    maxResumeBytes: setting({
      key: 'MAX_RESUME_BYTES',
      kind: whole(1024, 10_000_000),
      fallback: 65_536,
      about: 'Bytes kept for one session, to be sent again when it comes back.',
      isReloadable,
    }),
    rematchDelayMs: setting({
      key: 'REMATCH_DELAY_SECONDS',
      kind: seconds(0, 3600),
      fallback: 3000,
      about: 'The same two meet again only after one has waited this long.',
      isReloadable,
    }),
    shutdownTimeoutMs: setting({
      key: 'SHUTDOWN_TIMEOUT_SECONDS',
      kind: seconds(0, 3600),
      fallback: 10_000,
      about: 'After SIGTERM, how long people in a room may finish. With `--dev` 0 unless set.',
      isReloadable,
    }),
  },
  'Finding a path between browsers': {
    iceServers: setting({
      key: 'ICE_SERVERS',
      kind: iceServers,
      fallback: [{ urls: ['stun:stun.l.google.com:19302'] }] as readonly IceServer[],
      about: 'STUN and TURN servers with lasting credentials, given to every client. Empty: none.',
      isSecret,
      isReloadable,
      isEmptyMeant: true,
    }),
    turnUrls: setting({
      key: 'TURN_URLS',
      kind: turnUrls,
      fallback: [] as readonly string[],
      about: 'TURN servers that check short-lived credentials (coturn: `use-auth-secret`).',
      isReloadable,
    }),
    turnSecret: setting({
      key: 'TURN_SECRET',
      kind: text('text'),
      fallback: '',
      about: 'What those servers share with this one (coturn: `static-auth-secret`).',
      isSecret,
      isReloadable,
    }),
    turnTtlMs: setting({
      key: 'TURN_TTL_SECONDS',
      kind: seconds(60),
      fallback: 3_600_000,
      about: 'How long such credentials are good for. Clients get new ones in time.',
      isReloadable,
    }),
  },
  'Watching it': {
    isMonitoringEnabled: setting({
      key: 'ENABLE_MONITORING',
      kind: boolean,
      fallback: true,
      about: 'Write a log line with the load now and then.',
      isReloadable,
    }),
    monitoringIntervalMs: setting({
      key: 'MONITORING_INTERVAL_SECONDS',
      kind: seconds(1),
      fallback: 60_000,
      about: 'How often.',
    }),
    webhookUrl: setting({
      key: 'WEBHOOK_URL',
      kind: webhookUrl,
      fallback: '',
      about: 'Told of what happens, by POST. Not printed: its path may hold a token.',
      isSecret,
    }),
    webhookSecret: setting({
      key: 'WEBHOOK_SECRET',
      kind: text('at least 32 characters', /^.{32,}$/s),
      fallback: '',
      about: 'Signs what is posted there.',
      isSecret,
    }),
    webhookEvents: setting({
      key: 'WEBHOOK_EVENTS',
      kind: texts(`some of ${webhookEvents.join(', ')}`, (name) =>
        webhookEvents.some((event) => event === name),
      ) as Kind<readonly (typeof webhookEvents)[number][]>,
      fallback: webhookEvents,
      about: 'Which events are posted.',
    }),
  },
} as const

/** Settings of the process a server runs in. */
export const processSettings = {
  Process: {
    isDev: setting({
      key: 'DEV',
      kind: boolean,
      fallback: false,
      about: 'For trying it: loopback only, throw-away keys, any origin.',
    }),
    logLevel: setting({
      key: 'LOG_LEVEL',
      kind: word('debug', 'info', 'warn', 'error', 'silent'),
      fallback: 'info',
      about: '`npm start` sets `warn`.',
    }),
    logFormat: setting({
      key: 'LOG_FORMAT',
      kind: word('auto', 'json', 'pretty'),
      fallback: 'auto',
      about: 'auto: for people on a terminal, JSON lines elsewhere.',
    }),
  },
} as const

type Groups = typeof serverSettings
type Flat<G> = { [K in keyof G]: (x: G[K]) => void }[keyof G] extends (x: infer I) => void
  ? I
  : never
type OptionsOf<G> = {
  readonly [K in keyof Flat<G>]: Flat<G>[K] extends Setting<infer T> ? T : never
}

/** Every option of a server with its value. Times in milliseconds, sizes in bytes. */
export type ResolvedServerOptions = OptionsOf<Groups>

/**
 * What `createBuddyServer` may be told; `docs/configuration.md` describes each, under the name of
 * its environment variable. Times in milliseconds, sizes in bytes. Undefined is as if left out.
 */
export type BuddyServerOptions = {
  readonly [Name in keyof ResolvedServerOptions]?: ResolvedServerOptions[Name] | undefined
}

/** What a process is told beyond its server's options. */
export type ProcessOptions = OptionsOf<typeof processSettings>

/** Every setting there is, by its option. */
export const settings: Readonly<
  Record<keyof ResolvedServerOptions | keyof ProcessOptions, Setting<unknown>>
> = Object.assign({}, ...Object.values({ ...serverSettings, ...processSettings }))

/** What a server is like that was told nothing. */
export const defaultOptions = Object.fromEntries(
  Object.values(serverSettings).flatMap((group) =>
    Object.entries<Setting<unknown>>(group).map(([name, { fallback }]) => [name, fallback]),
  ),
) as unknown as ResolvedServerOptions
