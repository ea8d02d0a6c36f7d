import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { ConfigInput } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import { AuditLog, verifyAudit } from '../safety/audit-log.ts'
import type { AuditVerdict, Decision } from '../safety/moderation.ts'
import { databasePath } from '../safety/sqlite-file.ts'
import { SqliteStore } from '../safety/sqlite-store.ts'
import { StoreError } from '../safety/store.ts'
import { CommandError } from './command-error.ts'
import { moderationApi } from './moderation-api.ts'
import { orExplain } from './or-explain.ts'

/** A million entries take about half a minute on a busy machine. */
const verifyTimeoutMs = 600_000

interface AuditFlags {
  readonly url?: string
  readonly offline?: true
}

/** Adds the sub-command `audit` with `verify` and `export`. */
export function addAudit(program: Command, input: () => ConfigInput): void {
  const audit = program.command('audit').description('check or export the log of decisions')
  const add = (name: string, about: string, act: (flags: AuditFlags) => Promise<void>): void => {
    audit
      .command(name)
      .description(about)
      .option('--url <url>', 'the server (default: the one of this configuration)')
      .option('--offline', 'read DATA_DIR, of a server that does not run')
      .action((flags: AuditFlags) => orExplain(() => act(flags)))
  }
  add(
    'verify',
    'check that no entry was changed, and exit with an error if one was',
    async (flags) => {
      const verdict = flags.offline
        ? await readOffline(input(), verifyAudit)
        : (JSON.parse(
            await moderationApi(flags.url, input()).get(
              '/moderation/audit/verdict',
              verifyTimeoutMs,
            ),
          ) as AuditVerdict)
      if (!verdict.isIntact) {
        throw new CommandError(`the log is damaged at entry ${verdict.entry}: ${verdict.problem}`)
      }
      const { entries, head } = verdict
      console.log(
        entries === 0 ? 'no entries' : `${entries} entries, intact; the last hash is ${head}`,
      )
    },
  )
  add('export', 'print every entry as a line of JSON, oldest first', async (flags) => {
    if (flags.offline) {
      await readOffline(input(), async (store) => {
        for await (const line of new AuditLog(store).lines(0)) console.log(line)
      })
      return
    }
    // One answer has a part of the log.
    const { get } = moderationApi(flags.url, input())
    for (let after = 0; ;) {
      const text = (await get(`/moderation/audit?after=${after}`)).trimEnd()
      if (text === '') return
      console.log(text)
      after = (JSON.parse(text.slice(text.lastIndexOf('\n') + 1)) as Decision).number
    }
  })
}

/**
 * Reads the data folder of the configuration.
 * @throws CommandError if there is none, or a server uses it; StoreError if it cannot be read
 */
async function readOffline<T>(
  input: ConfigInput,
  read: (store: SqliteStore) => Promise<T>,
): Promise<T> {
  // The folder is often a copy, on a machine without the rest of the configuration.
  const { flags = {}, environment = {} } = input
  const given = flags['data-dir'] ?? environment['DATA_DIR']
  const dataDir = given ? String(given) : readConfig(input).options.dataDir
  if (dataDir === '') throw new CommandError('DATA_DIR is not set')
  const path = databasePath(dataDir)
  if (!existsSync(path)) throw new CommandError(`there is no file ${path}`)
  let store: SqliteStore
  try {
    store = new SqliteStore(dataDir)
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'in-use') throw error
    throw new CommandError(`a server uses ${path}: leave out --offline to ask that server`)
  }
  try {
    return await read(store)
  } finally {
    store.close()
  }
}
