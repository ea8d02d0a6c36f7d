// What a program that embeds the server uses.
import type { BuddyServerOptions } from './config/server-settings.ts'
import type { BuddyServerHooks } from './hooks/hooks.ts'
import type { Log } from './operations/log/create-log.ts'
import type { Status } from './operations/status.ts'
import type { Moderation } from './safety/moderation.ts'

/** A signalling server, which serves HTTP and WebSocket and contains the queue and the rooms. */
export interface BuddyServer {
  /**
   * Starts listening. If it fails, a server with `redisUrl` is closed, because it must leave the other nodes.
   * @returns the port, and the URL of the server on this machine
   * @throws ListenError if it cannot listen there, with `code: 'EADDRINUSE'` if the port is taken; Error if the
   * server is already listening or closed; TlsError if the certificate files cannot be used; StoreError if the
   * data folder cannot be used
   */
  listen(): Promise<{ readonly port: number; readonly url: string }>
  /**
   * Checks that `listen()` would succeed now and that the server would become ready. Accepts no client.
   * @throws ListenError, TlsError as `listen`; IncompleteFilesError if files of the server are missing or changed;
   * RedisError if Redis cannot be used
   */
  check(options?: CheckOptions): Promise<void>
  /** Returns the present users, rooms and load. */
  status(): Status
  /**
   * Applies new options, and reads the TLS files again. No client is disconnected, so a lower limit applies
   * to new clients only. A higher limit applies at once, so users who wait for a room are matched.
   * @returns the names of changed options that only a new server can apply; they keep their old values
   * @throws Error if the options or files cannot be used; then nothing has changed
   */
  reload(options: BuddyServerOptions): readonly string[]
  /**
   * Bans a user for `durationMs`, which is from 1 ms to ten years. Ends the session and all other sessions of the same
   * person at the same site. Then refuses that person there, and for a time the address of the session's latest
   * connection. A user whose session has ended can be banned as long as a report about the session is kept.
   * @returns false if the session is unknown
   * @throws ModerationError `invalid-decision` or `store-failed`, as {@link Moderation.decide}
   */
  ban(sessionId: string, durationMs: number): boolean
  /** Reports, decisions, bans and the audit log. Use it only while the server is listening. */
  readonly moderation: Moderation
  /**
   * Stops the server. Asks every client to reconnect later. Running calls continue between the browsers.
   *
   * - Without `redisUrl`: closes connections of sessions outside rooms at once, and the others when their room
   *   ends, when their partner loses its connection, or after `shutdownTimeoutMs`.
   * - With `redisUrl`: serves everybody for up to two seconds, in which load balancers notice `/readyz`. Then hands
   *   all sessions over to the other nodes, one after the other, within `shutdownTimeoutMs`.
   *
   * Resolves when everything is closed. Further calls return the same promise.
   */
  close(): Promise<void>
}

/** What {@link BuddyServer.check} leaves out. */
export interface CheckOptions {
  /**
   * Whether a server with these options listens already. Then its port is in use, so the port is not checked.
   * @default false
   */
  readonly isRunning?: boolean | undefined
  /** Whether Redis is not checked. A server starts without it, and waits until it answers. @default false */
  readonly isWithoutRedis?: boolean | undefined
}

/** What a program that embeds the server passes to it besides the options. */
export interface BuddyServerSurroundings {
  /** A logger with the methods of pino. @default a logger that discards everything */
  readonly log?: Log | undefined
  /** Functions of the program that the server calls. @default none */
  readonly hooks?: BuddyServerHooks | undefined
  /**
   * Called after the server has closed by itself, with the reason: Redis has not answered when the server started, and
   * when it did, other servers had another `redisShards`, or another order of servers in `redisUrl`.
   * @default nothing
   */
  readonly onStopped?: ((error: Error) => void) | undefined
}
