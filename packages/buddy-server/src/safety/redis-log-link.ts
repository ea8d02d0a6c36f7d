/** The access of a {@link RedisLog} to Redis. */
export interface RedisLogLink {
  /**
   * Sends a command to the server that has a key. Texts in the reply are bytes. Rejects if Redis cannot be reached, or
   * does not answer in time.
   */
  send(key: string, command: readonly (string | Uint8Array)[]): Promise<unknown>
  /** Calls back for each message in a channel, as long as there is a connection. */
  subscribe(channel: string, handleMessage: () => void): void
}
