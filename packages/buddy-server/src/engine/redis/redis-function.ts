// The commands that store the function in Redis, and call it.
import { packValue, unpackValue } from '../../codec.ts'
import { functionName, librarySource } from './lua/library.ts'
import type { Command } from './command-queue.ts'
import type { RedisCommand, RedisConnection } from './redis-connection.ts'
import type { CallAnswer } from './wire.ts'

/** The command that stores the function. */
export const loadFunction: RedisCommand = ['FUNCTION', 'LOAD', 'REPLACE', librarySource]

/** Returns the command that calls the function for the keys that begin with `base`. */
export const callFunction = (base: string, payload: Uint8Array): RedisCommand => [
  'FCALL',
  functionName,
  '1',
  base,
  Buffer.from(payload),
]

/**
 * Resolves with the number of shards that the servers of a service use.
 * @param count the number of this server, which the service uses from now on if no server uses another
 * @param isQuestion whether nothing is changed
 */
export async function askNumberOfShards(
  connection: Pick<RedisConnection, 'send'>,
  base: string,
  count: number,
  isQuestion = false,
): Promise<number> {
  return Number(await callOnce(connection, base, { c: 'shards', count, isQuestion }))
}

/** Takes back the number that this server has stored, unless servers with the same number run. */
export async function withdrawNumberOfShards(
  connection: Pick<RedisConnection, 'send'>,
  base: string,
): Promise<void> {
  await callOnce(connection, base, { c: 'withdrawShards' })
}

async function callOnce(
  connection: Pick<RedisConnection, 'send'>,
  base: string,
  command: Command,
): Promise<unknown> {
  const payload = packValue({ cfg: {}, commands: [command] })
  const reply = (await connection.send(base, callFunction(base, payload))) as Buffer
  const [, [answer]] = unpackValue(reply) as CallAnswer
  const [failure, , , result] = answer!
  if (failure !== false) throw new Error(failure)
  return result
}
