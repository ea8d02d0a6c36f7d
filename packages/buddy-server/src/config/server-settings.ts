import { isCidr } from './cidr.ts'
import type { IceServer } from './ice-server.ts'
import { iceServers, turnUrls } from './ice-server.ts'
import { isOriginPattern, originPatterns } from './origin-pattern.ts'
import type { OptionsOf, Setting } from './setting.ts'
import { setting } from './setting.ts'
import type { SiteOptions } from './site-settings.ts'
import { sites } from './site-settings.ts'
import type { ValueSchema } from './value-schemas.ts'
import { boolean, seconds, text, textList, valueSchema, wholeNumber } from './value-schemas.ts'
import type { WebhookEvent } from './webhook-events.ts'
import { webhookEvents } from './webhook-events.ts'

/** `fetch` refuses a URL with a user name or password. */
const webhookUrl = valueSchema('an http or https URL without a user name or password', (raw) => {
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
      schema: wholeNumber(0, 65_535),
      defaultValue: 3000,
      description: 'Port to listen on; 0 takes a free one.',
    }),
    host: setting({
      key: 'HOST',
      schema: text('an address to listen on', /^\S+$/),
      defaultValue: '0.0.0.0',
      description: 'Address to listen on. With `--dev` 127.0.0.1 unless set.',
    }),
    tlsCertFile: setting({
      key: 'TLS_CERT_FILE',
      schema: text('a path'),
      defaultValue: '',
      description:
        'Certificate chain (PEM). With it and the next one the server speaks https and wss itself.',
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
        'Own proxies in front; `X-Forwarded-For` is believed that many steps from its end and no further.',
      isReloadable,
    }),
    trustedProxies: setting({
      key: 'TRUSTED_PROXIES',
      schema: textList('addresses or CIDR ranges', isCidr, true),
      defaultValue: [] as readonly string[],
      description: 'Addresses of own proxies, instead of a number of hops.',
      isReloadable,
    }),
  },
  'Keys and origins': {
    secretKey: setting({
      key: 'SECRET_KEY',
      schema: text('at least 32 characters', /^.{32,}$/s),
      defaultValue: '',
      description:
        'Seals what sessions are resumed with. Keep it over restarts: then calls go on over those too.',
      isSecret,
    }),
    adminToken: setting({
      key: 'ADMIN_TOKEN',
      schema: text('at least 32 characters', /^.{32,}$/s),
      defaultValue: '',
      description:
        'Opens `/dashboard`, `/metrics` and the sites in `/status`. Unset: no dashboard, and `/metrics` is open.',
      isSecret,
      isReloadable,
    }),
    allowedOrigins: setting({
      key: 'ALLOWED_ORIGINS',
      schema: textList(originPatterns, isOriginPattern),
      defaultValue: ['*'] as readonly string[],
      description: 'Pages that may connect without naming a site.',
      isReloadable,
    }),
    sites: setting({
      key: 'SITES',
      schema: sites,
      defaultValue: [] as readonly SiteOptions[],
      description: 'Embedding sites with keys of their own.',
      isSecret,
      isReloadable,
    }),
  },
  Caps: {
    maxUsers: setting({
      key: 'MAX_CONCURRENT_USERS',
      schema: wholeNumber(1, 1_000_000),
      defaultValue: 200,
      description:
        'Sessions at a time. Who comes later is told `server-full`, with the time to come back.',
      isReloadable,
    }),
    maxRooms: setting({
      key: 'MAX_ROOMS',
      schema: wholeNumber(1, 500_000),
      defaultValue: 100,
      description: 'Rooms at a time. While all are taken, people wait.',
      isReloadable,
    }),
    maxConnectionsPerAddress: setting({
      key: 'MAX_CONNECTIONS_PER_IP',
      schema: wholeNumber(1, 1_000_000),
      defaultValue: 64,
      description:
        'Open connections from one address (IPv6: one /64). Behind a proxy of yours set `TRUSTED_PROXY_HOPS` or `TRUSTED_PROXIES`, or all visitors share this.',
      isReloadable,
    }),
    maxSessionsPerAddress: setting({
      key: 'MAX_SESSIONS_PER_IP',
      schema: wholeNumber(1, 1_000_000),
      defaultValue: 64,
      description:
        'Sessions of one address, those away included: the latest connection of a session counts. Raise it together with `MAX_CONNECTIONS_PER_IP`.',
      isReloadable,
    }),
    maxConnectsPerAddress: setting({
      key: 'MAX_CONNECTS_PER_IP_PER_MINUTE',
      schema: wholeNumber(1, 1_000_000),
      defaultValue: 300,
      description: 'New connections from one address in a minute.',
      isReloadable,
    }),
    maxRequestsPerAddress: setting({
      key: 'MAX_REQUESTS_PER_IP_PER_MINUTE',
      schema: wholeNumber(1, 1_000_000),
      defaultValue: 1200,
      description:
        'HTTP requests from one address in a minute, without `/healthz` and `/readyz`. The same holds behind a proxy of yours.',
      isReloadable,
    }),
    maxFrameBytes: setting({
      key: 'SOCKET_MAX_HTTP_BUFFER_SIZE',
      schema: wholeNumber(65_536, 100_000_000),
      defaultValue: 65_536,
      description:
        'Bytes; a longer message ends its connection unread. The longest of the protocol has 50,176.',
    }),
    maxBacklogBytes: setting({
      key: 'MAX_BACKLOG_BYTES',
      schema: wholeNumber(65_536, 100_000_000),
      defaultValue: 1_000_000,
      description: 'A client for which more than this waits to be sent is cut.',
    }),
  },
  'Time limits': {
    pingIntervalMs: setting({
      key: 'SOCKET_PING_INTERVAL',
      schema: seconds(1, 3600),
      defaultValue: 20_000,
      description: 'Seconds between two pings, which are also the heartbeat.',
    }),
    pingTimeoutMs: setting({
      key: 'SOCKET_PING_TIMEOUT',
      schema: seconds(1, 3600),
      defaultValue: 20_000,
      description:
        'A connection silent for so many seconds beyond the interval is dead; looked at with each ping.',
    }),
    helloTimeoutMs: setting({
      key: 'HELLO_TIMEOUT_SECONDS',
      schema: seconds(1, 3600),
      defaultValue: 10_000,
      description: 'A connection that has not said hello by then is closed.',
      isReloadable,
    }),
    userTimeoutMs: setting({
      key: 'USER_TIMEOUT_SECONDS',
      schema: seconds(0),
      defaultValue: 300_000,
      description:
        'A session that is neither in a room nor in the queue, and has done nothing for so long, is ended; 0: never.',
      isReloadable,
    }),
    cleanupIntervalMs: setting({
      key: 'CLEANUP_INTERVAL_SECONDS',
      schema: seconds(1),
      defaultValue: 60_000,
      description: 'How often idle sessions are looked for.',
    }),
    roomCleanupIntervalMs: setting({
      key: 'ROOM_CLEANUP_INTERVAL_SECONDS',
      schema: seconds(1),
      defaultValue: 60_000,
      description: 'How often rooms that nobody is present in are looked for.',
    }),
    resumeGraceMs: setting({
      key: 'RESUME_GRACE_SECONDS',
      schema: seconds(0, 3600),
      defaultValue: 30_000,
      description: 'A session outlives its connection for so long; 0: not at all.',
      isReloadable,
    }),
    maxResumeBytes: setting({
      key: 'MAX_RESUME_BYTES',
      schema: wholeNumber(1024, 10_000_000),
      defaultValue: 65_536,
      description: 'Bytes kept for one session, to be sent again when it comes back.',
      isReloadable,
    }),
    rematchDelayMs: setting({
      key: 'REMATCH_DELAY_SECONDS',
      schema: seconds(0, 3600),
      defaultValue: 3000,
      description: 'The same two meet again only after one has waited this long.',
      isReloadable,
    }),
    shutdownTimeoutMs: setting({
      key: 'SHUTDOWN_TIMEOUT_SECONDS',
      schema: seconds(0, 3600),
      defaultValue: 10_000,
      description:
        'After SIGTERM, how long people in a room may finish. With `--dev` 0 unless set.',
      isReloadable,
    }),
  },
  'Finding a path between browsers': {
    iceServers: setting({
      key: 'ICE_SERVERS',
      schema: iceServers,
      defaultValue: [{ urls: ['stun:stun.l.google.com:19302'] }] as readonly IceServer[],
      description:
        'STUN and TURN servers with lasting credentials, given to every client. Empty: none.',
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
      description: 'What those servers share with this one (coturn: `static-auth-secret`).',
      isSecret,
      isReloadable,
    }),
    turnTtlMs: setting({
      key: 'TURN_TTL_SECONDS',
      schema: seconds(60),
      defaultValue: 3_600_000,
      description: 'How long such credentials are good for. Clients get new ones in time.',
      isReloadable,
    }),
  },
  'Watching it': {
    isMonitoringEnabled: setting({
      key: 'ENABLE_MONITORING',
      schema: boolean,
      defaultValue: true,
      description: 'Write a log line with the load now and then.',
      isReloadable,
    }),
    monitoringIntervalMs: setting({
      key: 'MONITORING_INTERVAL_SECONDS',
      schema: seconds(1),
      defaultValue: 60_000,
      description: 'How often.',
    }),
    webhookUrl: setting({
      key: 'WEBHOOK_URL',
      schema: webhookUrl,
      defaultValue: '',
      description: 'Told of what happens, by POST. Not printed: its path may hold a token.',
      isSecret,
    }),
    webhookSecret: setting({
      key: 'WEBHOOK_SECRET',
      schema: text('at least 32 characters', /^.{32,}$/s),
      defaultValue: '',
      description: 'Signs what is posted there.',
      isSecret,
    }),
    webhookEvents: setting({
      key: 'WEBHOOK_EVENTS',
      schema: textList(`some of ${webhookEvents.join(', ')}`, (name) =>
        webhookEvents.some((event) => event === name),
      ) as ValueSchema<readonly WebhookEvent[]>,
      defaultValue: webhookEvents,
      description: 'Which events are posted.',
    }),
  },
} as const

/** Every option of a server with its value. Times in milliseconds, sizes in bytes. */
export type ResolvedServerOptions = OptionsOf<typeof serverSettings>

/**
 * What `createBuddyServer` may be told; `docs/configuration.md` describes each, under the name of
 * its environment variable. Times in milliseconds, sizes in bytes. Undefined is as if left out.
 */
export type BuddyServerOptions = {
  readonly [Name in keyof ResolvedServerOptions]?: ResolvedServerOptions[Name] | undefined
}

/** What a server is like that was told nothing. */
export const defaultOptions = Object.fromEntries(
  Object.values(serverSettings).flatMap((group) =>
    Object.entries<Setting<unknown>>(group).map(([name, { defaultValue }]) => [name, defaultValue]),
  ),
) as unknown as ResolvedServerOptions
