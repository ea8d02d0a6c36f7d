import { execFileSync } from 'node:child_process'
import type { RedisServer } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'

/** Figures of a Redis server since its start. */
export interface RedisInfo {
  readonly cpuMicroseconds: number
  readonly usedBytes: number
  /** Commands, also those within the function. */
  readonly commands: number
}

/** Returns the answer to a command. */
function redisCommand({ port }: RedisServer, ...command: readonly string[]): string {
  return execFileSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' }).trim()
}

/** Reads the figures with INFO. */
export function readRedisInfo(server: RedisServer): RedisInfo {
  const text = redisCommand(server, 'INFO', 'everything')
  const numberOf = (name: string): number =>
    Number(new RegExp(String.raw`^${name}:([\d.]+)`, 'm').exec(text)?.[1] ?? NaN)
  const calls = [...text.matchAll(/^cmdstat_[^:]+:calls=(\d+)/gm)].map(([, count]) => Number(count))
  return {
    cpuMicroseconds: (numberOf('used_cpu_user') + numberOf('used_cpu_sys')) * 1e6,
    usedBytes: numberOf('used_memory'),
    commands: calls.reduce((sum, count) => sum + count, 0),
  }
}
