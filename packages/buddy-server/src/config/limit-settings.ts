import { setting } from './setting.ts'
import { seconds, wholeNumber } from './value-schemas.ts'

const isReloadable = true

/** The limits of the server, of an address and of a connection, in one group of `docs/configuration.md`. */
export const limitSettings = {
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
} as const

/** The limits of time, in one group of `docs/configuration.md`. */
export const timeLimitSettings = {
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
} as const
