/** The connection of one node to Redis, as the engine uses it. */
export interface RedisLink {
  /** Calls the engine's function. Calls are handled in the order in which they were made. */
  call(payload: Uint8Array): Promise<Uint8Array>
  /**
   * Sends a message to a node. Messages to one node arrive in order, each at most once.
   * @returns whether the node receives messages
   */
  publish(nodeId: string, payload: Uint8Array): Promise<boolean>
}
