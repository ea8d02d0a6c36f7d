import type { RedisTarget } from './redis-url.ts'

/** A command with its arguments. */
export type RedisCommand = readonly (string | Buffer)[]

/** Connections to Redis, which reconnect by themselves. */
export interface RedisConnection {
  /**
   * Whether there is a connection for commands and one for messages. Some servers of a cluster may be unreachable
   * nevertheless.
   */
  readonly isReady: boolean
  /** Resolves when there is a connection. */
  connect(): Promise<void>
  /**
   * Sends a command to the server that has a key. Commands to one server are sent in order. Texts in the reply are
   * bytes. Rejects at once if there is no connection. Follows no redirection of a cluster, because the commands could
   * then be handled in another order.
   */
  send(key: string, command: RedisCommand): Promise<unknown>
  /** Finds out where a key is now. Rejects if its server cannot be used. */
  probe(key: string): Promise<void>
  /** Sends a command to every master. */
  sendToAll(command: RedisCommand): Promise<void>
  /** Receives the messages of a channel, also after a reconnection. */
  subscribe(channel: string, onMessage: (payload: Uint8Array) => void): Promise<void>
  close(): void
}

/** The options of `openRedis`. */
export interface OpenRedisOptions {
  readonly target: RedisTarget
  /** The certificate of the authority that has signed that of Redis, in PEM. @default those of Node */
  readonly ca: Buffer | undefined
  /** Whether the first failure is final. Otherwise failed connections are attempted again, without end. */
  readonly isOneAttempt: boolean
  /** Whether all keys and channels are at one server of a cluster, so that the others are not needed. @default false */
  readonly isOneServer?: boolean
  /** Called when a connection is there, for the first time or again. */
  readonly onReady: () => void
  /** Called when a connection is lost or cannot be opened. */
  readonly onError: (error: unknown) => void
}
