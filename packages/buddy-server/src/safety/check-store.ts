import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { databasePath, requireSqlite, unusableFolder } from './sqlite-file.ts'
import { SqliteStore } from './sqlite-store.ts'

/**
 * Checks that a server could use this data folder; nothing if there is none. Makes neither folder nor file,
 * because they would belong to the system user who checks, and not to the server's.
 * @param isRunning whether a server uses it now. Then the file is locked, so that its content is not checked.
 * @throws StoreError
 */
export function checkStore(dataDir: string, isRunning: boolean): void {
  if (dataDir === '') return
  requireSqlite()
  const file = resolve(databasePath(dataDir))
  let path = file
  if (existsSync(path) && !isRunning) {
    new SqliteStore(dataDir).close()
    return
  }
  while (!existsSync(path)) path = dirname(path)
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    // Access to a folder that is to be made below this path.
    if (path !== file) readdirSync(path)
  } catch (cause) {
    throw unusableFolder(dataDir, cause)
  }
}
