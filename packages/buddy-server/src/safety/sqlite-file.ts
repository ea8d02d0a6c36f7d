// Opens the file of a data folder with Node's own SQLite, and translates its errors.
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type * as Sqlite from 'node:sqlite'
import { migrations } from './sqlite-schema.ts'
import { StoreError } from './store.ts'

/** The name of the database in the data folder. SQLite adds a file with the suffix `-wal` while it is open. */
const fileName = 'buddy.sqlite'

/** The result codes of SQLite that have an error of their own (https://sqlite.org/rescode.html). */
const resultCodes = { busy: 5, locked: 6, readOnly: 8, corrupt: 11, cantOpen: 14, notADatabase: 26 }

/** Returns the path of the database in a data folder. */
export const databasePath = (dataDir: string): string => join(dataDir, fileName)

/**
 * Returns Node's module; undefined if this Node has none. Drops Node's warning that SQLite is experimental,
 * because Buddy pins the Node with which it is tested. Drops no other warning.
 */
function loadSqlite(): typeof Sqlite | undefined {
  const { emitWarning } = process
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    const isExpected = String(warning).startsWith('SQLite ') && rest[0] === 'ExperimentalWarning'
    if (!isExpected) Reflect.apply(emitWarning, process, [warning, ...rest])
  }) as typeof process.emitWarning
  try {
    // Not an import, because the module must not be loaded without a data folder, nor by an older Node.
    return process.getBuiltinModule?.('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}

/**
 * Returns Node's module.
 * @throws StoreError if this Node has none
 */
export function requireSqlite(): typeof Sqlite {
  const sqlite = loadSqlite()
  if (sqlite) return sqlite
  throw new StoreError(
    'no-sqlite',
    `DATA_DIR needs Node 22.13 or later, which contains SQLite; this is Node ${process.version}`,
  )
}

/**
 * Opens the database in a data folder, makes both if they do not exist, and brings the tables up to date. The
 * process holds an exclusive lock on the file until it closes the file or ends.
 * @throws StoreError
 */
export function openDatabase(dataDir: string): Sqlite.DatabaseSync {
  const sqlite = requireSqlite()
  const path = databasePath(dataDir)
  makeFile(dataDir, path)
  let database: Sqlite.DatabaseSync | undefined
  try {
    database = new sqlite.DatabaseSync(path)
    lock(database)
    check(database, path)
    migrate(database, path)
    return database
  } catch (error) {
    database?.close()
    throw toStoreError(error, path)
  }
}

/** Only the user of the server can read the folder and the file. SQLite gives its other file the same mode. */
function makeFile(dataDir: string, path: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
  } catch (cause) {
    throw unusableFolder(dataDir, cause)
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'the user of this process has no permission',
  EEXIST: 'a part of the path is a file',
  ENOTDIR: 'a part of the path is a file',
  EPERM: 'the user of this process has no permission',
  EROFS: 'the file system can only be read',
}

/** Returns the error for a data folder that an error of the system makes unusable. */
export function unusableFolder(dataDir: string, cause: unknown): StoreError {
  const { code = '', message } = cause as NodeJS.ErrnoException
  return new StoreError(
    'unreadable',
    `DATA_DIR cannot be used (${dataDir}): ${reasons[code] ?? message}`,
    { cause },
  )
}

function lock(database: Sqlite.DatabaseSync): void {
  // In this mode, the connection keeps its lock, and the lock ends with the process. A file with a process id
  // would remain after a crash.
  database.exec('PRAGMA locking_mode = EXCLUSIVE')
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('BEGIN EXCLUSIVE; COMMIT')
  database.exec('PRAGMA foreign_keys = ON')
  // SQLite overwrites deleted data, so that expired reports cannot be read from the file.
  database.exec('PRAGMA secure_delete = ON')
}

function check(database: Sqlite.DatabaseSync, path: string): void {
  const { quick_check: result } = database.prepare('PRAGMA quick_check(1)').get() as {
    quick_check: string
  }
  if (result !== 'ok') throw brokenFile(path, result)
}

function migrate(database: Sqlite.DatabaseSync, path: string): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as {
    user_version: number
  }
  if (version > migrations.length) {
    throw new StoreError(
      'newer-version',
      `${path} was written by a newer version of Buddy: use that version, or another DATA_DIR`,
    )
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < version) continue
    database.exec(`BEGIN; ${statements} PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}

const brokenFile = (path: string, reason: string, cause?: unknown): StoreError =>
  new StoreError(
    'broken',
    `${path} is damaged (${reason}): restore a copy of it, or move it away to begin a new one`,
    { cause },
  )

/** Returns the error for an operator. Errors that do not come from SQLite are returned as they are. */
export function toStoreError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error
  // The low byte is the result; the others are details of it.
  const result = Number(error.errcode) & 0xff
  const { message } = error
  if (result === resultCodes.busy || result === resultCodes.locked) {
    return new StoreError(
      'in-use',
      `${path} is in use by another server: give each server a DATA_DIR of its own`,
      { cause: error },
    )
  }
  if (result === resultCodes.corrupt || result === resultCodes.notADatabase) {
    return brokenFile(path, message, error)
  }
  if (result === resultCodes.cantOpen || result === resultCodes.readOnly) {
    return new StoreError('unreadable', `${path} cannot be opened for writing: ${message}`, {
      cause: error,
    })
  }
  return new StoreError('unwritable', `${path} cannot be written: ${message}`, { cause: error })
}
