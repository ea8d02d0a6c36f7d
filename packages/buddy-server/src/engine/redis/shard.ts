import { createHash } from 'node:crypto'
import { recordFormat } from './lua/library.ts'

/** One of the parts into which a service divides its lobbies. Each part has keys of its own, in one slot of a Cluster. */
export interface Shard {
  /** From 0. */
  readonly index: number
  /** The number of shards of the service. */
  readonly count: number
}

/** The shard of a service that has only one. */
export const onlyShard: Shard = { index: 0, count: 1 }

/** The maximum number of shards. */
export const maxShards = 64

/** Returns all shards of a service. */
export function shardsOf(count: number): readonly Shard[] {
  return Array.from({ length: count }, (_, index) => ({ index, count }))
}

/**
 * Returns the index of the shard to which a lobby of a site belongs. All servers and versions return the same. The
 * shard of the lobby without a name is also the one in which the sessions of the site begin.
 */
export function shardIndexOf(site: string, lobby: string, count: number): number {
  if (count === 1) return 0
  // In JSON, different sites and lobbies never result in the same text.
  const name = lobby === '' ? site : JSON.stringify([site, lobby])
  return createHash('sha256').update(name).digest().readUInt32BE(0) % count
}

/** Returns the first part of the names of all keys of a shard. */
export function baseOf(prefix: string, { index }: Shard): string {
  return `${prefix}{${index}}:${recordFormat}:`
}

/**
 * Returns the channel of a node. In a Cluster it is at the server of the shard, so that no other server can disturb the
 * shard. A service with one shard has its channels at all servers.
 */
export function channelOf(prefix: string, { index, count }: Shard, nodeId: string): string {
  return count === 1 ? `${prefix}{${nodeId}}` : `${prefix}{${index}}${nodeId}`
}
