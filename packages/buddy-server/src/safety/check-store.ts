import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { databasePath, requireSqlite } from './sqlite-file.ts'
import { SqliteStore } from './sqlite-store.ts'
import { StoreError } from './store.ts'

/**
 * Checks that a server could use this data folder; nothing if there is none. Makes neither folder nor file,
 * because they would belong to the user who checks, and not to that of the server.
 * @param isRunning whether a server uses it now. Then the file is locked, so that its content is not checked.
 * @throws StoreError
 */
export function checkStore(dataDir: string, isRunning: boolean): void {
  if (dataDir === '') return
  requireSqlite()
  let path = resolve(databasePath(dataDir))
  if (existsSync(path) && !isRunning) {
    new SqliteStore(dataDir).close()
    return
  }
  while (!existsSync(path)) path = dirname(path)
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
  } catch (cause) {
    const { message } = cause as Error
    throw new StoreError('unreadable', `DATA_DIR cannot be used: ${message}`, { cause })
  }
}
