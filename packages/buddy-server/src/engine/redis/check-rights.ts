import { appendScript, headScript, sentCommands } from '../../safety/redis-log-scripts.ts'
import { librarySource } from './lua/library.ts'
import type { RedisConnection } from './redis-connection.ts'

/** Returns the first command that the user may not run; false if there is none. Runs none of them. */
const rightsScript = String.raw`
-- Some servers that are compatible with Redis do not have this function.
if not redis.acl_check_cmd then return false end
for _, command in ipairs(cjson.decode(ARGV[1])) do
  if not redis.acl_check_cmd(unpack(command)) then return table.concat(command, ' ') end
end
return false
`

const namesIn = (...scripts: readonly string[]): readonly string[] =>
  scripts.flatMap((script) =>
    [...script.matchAll(/\bcall(?:With)?\('([A-Z]+)'/g)].map(([, name]) => name!),
  )

/** The names of the Redis commands that the function calls. */
export const commandsOfFunction: ReadonlySet<string> = new Set(namesIn(librarySource))

/** The names of the Redis commands that the log of reports and decisions needs. */
export const commandsOfLog: ReadonlySet<string> = new Set([
  ...sentCommands,
  'SSUBSCRIBE',
  ...namesIn(appendScript, headScript),
])

/**
 * Checks that the user of a connection may run these commands with keys, or with channels, that begin with `base`.
 * @throws Error with the answer that Redis would give
 */
export async function checkRights(
  connection: Pick<RedisConnection, 'send'>,
  base: string,
  names: ReadonlySet<string>,
): Promise<void> {
  const commands = JSON.stringify([...names].map((name) => exampleOf(name, base)))
  const refused = await connection.send(base, ['EVAL', rightsScript, '1', base, commands])
  if (refused !== null) throw new Error(`NOPERM its user may not run '${String(refused)}'`)
}

function exampleOf(name: string, base: string): readonly string[] {
  return name === 'TIME' ? [name] : [name, base]
}
