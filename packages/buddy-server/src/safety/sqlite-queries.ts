import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { databasePath, openDatabase, toStoreError } from './sqlite-file.ts'

/** A row of a result, with the names of its columns. */
export type Row = Record<string, null | number | bigint | string | Uint8Array>

/** The database of a data folder. Prepares each statement once, and throws every error as a StoreError. */
export class SqliteQueries {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #isInTransaction = false

  /** @throws StoreError if the folder or the file cannot be used */
  constructor(dataDir: string) {
    this.#path = databasePath(dataDir)
    this.#database = openDatabase(dataDir)
  }

  /**
   * Runs `write` in a transaction, which is undone if it throws.
   * @param isDurable whether the disk must have the transaction when this returns
   */
  transact(isDurable: boolean, write: () => void): void {
    this.#guard(() => {
      // FULL waits until the disk has the transaction (https://sqlite.org/pragma.html#pragma_synchronous).
      this.#database.exec(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`)
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        this.#isInTransaction = true
        write()
        this.#database.exec('COMMIT')
      } catch (error) {
        // SQLite may have ended the transaction itself, for example because the disk is full.
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      } finally {
        this.#isInTransaction = false
      }
    })
  }

  /** Runs a statement, in a transaction of its own if none has begun. Returns how many rows were changed. */
  write(query: string, values: Record<string, SQLInputValue>): number {
    let changes = 0
    const run = (): void => void (changes = Number(this.#statement(query).run(values).changes))
    if (this.#isInTransaction) run()
    else this.transact(false, run)
    return changes
  }

  /** Returns the first row of a result. */
  first(query: string, values: Record<string, SQLInputValue>): Row | undefined {
    return this.#guard(() => this.#statement(query).get(values) as Row | undefined)
  }

  /** Returns all rows of a result. */
  all(query: string, values: Record<string, SQLInputValue>): Row[] {
    return this.#guard(() => this.#statement(query).all(values) as Row[])
  }

  /** Returns the rows of a result one by one. */
  rows(query: string): Iterable<Row> {
    return this.#statement(query).iterate() as Iterable<Row>
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #statement(query: string): StatementSync {
    let statement = this.#statements.get(query)
    if (!statement) {
      statement = this.#database.prepare(query)
      this.#statements.set(query, statement)
    }
    return statement
  }

  #guard<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw toStoreError(error, this.#path)
    }
  }
}
