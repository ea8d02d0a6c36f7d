/** One STUN or TURN server, as in the browser's `RTCIceServer`. */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string | undefined
  readonly credential?: string | undefined
}

/** What a server may be told; every option has a default. Each has an environment variable too. */
export interface BuddyServerOptions {
  /** 0 takes a free port. @default 3000 (`PORT`) */
  readonly port?: number
  /** Address to listen on. @default '0.0.0.0' (`HOST`) */
  readonly host?: string
  /** Sessions at a time; who comes later is told `server-full`. @default 200 (`MAX_CONCURRENT_USERS`) */
  readonly maxUsers?: number
  /** Rooms at a time; tickets wait while all are taken. @default 100 (`MAX_ROOMS`) */
  readonly maxRooms?: number
  /** Connections from one address. @default 64 (`MAX_CONNECTIONS_PER_IP`) */
  readonly maxConnectionsPerAddress?: number
  /** Own proxies in front, whose `X-Forwarded-For` is believed. @default 0 (`TRUSTED_PROXY_HOPS`) */
  readonly trustedProxyHops?: number
  /** Origins of pages that may connect, see `origins.ts`. @default ['*'] (`ALLOWED_ORIGINS`) */
  readonly allowedOrigins?: readonly string[]
  /** Given to every client. @default Google's public STUN server (`ICE_SERVERS`) */
  readonly iceServers?: readonly IceServer[]
  /** Between two pings, and two heartbeats. @default 20_000 (`SOCKET_PING_INTERVAL`, in s) */
  readonly pingIntervalMs?: number
  /** A client silent for this long beyond a ping interval is lost; looked at with each ping. @default 20_000 (`SOCKET_PING_TIMEOUT`, in s) */
  readonly pingTimeoutMs?: number
  /** A longer frame ends its connection unread. @default 1_000_000 (`SOCKET_MAX_HTTP_BUFFER_SIZE`) */
  readonly maxFrameBytes?: number
  /** A client for which more than this waits is cut. @default 1_000_000 (`MAX_BACKLOG_BYTES`) */
  readonly maxBacklogBytes?: number
  /** A connection that has not said hello by then is closed. @default 10_000 (`HELLO_TIMEOUT_SECONDS`) */
  readonly helloTimeoutMs?: number
  /** The same two people meet again only after one has waited this long. @default 3000 (`REMATCH_DELAY_SECONDS`) */
  readonly rematchDelayMs?: number
}

/** Options with every default filled in. */
export type ResolvedServerOptions = Required<BuddyServerOptions>

/** What a server is like that was told nothing. */
export const defaultOptions: ResolvedServerOptions = {
  port: 3000,
  host: '0.0.0.0',
  maxUsers: 200,
  maxRooms: 100,
  maxConnectionsPerAddress: 64,
  trustedProxyHops: 0,
  allowedOrigins: ['*'],
  iceServers: [{ urls: ['stun:stun.l.google.com:19302'] }],
  pingIntervalMs: 20_000,
  pingTimeoutMs: 20_000,
  maxFrameBytes: 1_000_000,
  maxBacklogBytes: 1_000_000,
  helloTimeoutMs: 10_000,
  rematchDelayMs: 3000,
}
