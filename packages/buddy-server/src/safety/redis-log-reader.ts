import type { Arrival, LogEntry } from './log-entry.ts'
import type { RedisLogAccess } from './redis-log-access.ts'

/** The dependencies of {@link RedisLogReader}. */
export interface RedisLogReaderDependencies {
  readonly access: RedisLogAccess
  /** The id of this node, which no other node has or had. */
  readonly nodeId: string
  /**
   * Applies entries, and stores the position of the last one with them.
   * @param position undefined if the log does not have the entries yet
   * @param isLive whether the entries were appended after this node had read the log to its end for the first time
   */
  readonly deliver: (
    arrivals: readonly Arrival[],
    position: string | undefined,
    isLive: boolean,
  ) => void
}

/** How many entries are read and applied at once. It takes some milliseconds. */
const readSize = 200

type Row = readonly [position: Buffer, fields: readonly [string, Buffer, string, Buffer]]

/** Reads the log that several nodes share, and delivers its entries in their order. */
export class RedisLogReader {
  readonly #access: RedisLogAccess
  readonly #nodeId: string
  readonly #deliver: RedisLogReaderDependencies['deliver']
  /** The ids of the decisions of this node that were delivered, until `propose` has returned them. */
  readonly #delivered = new Set<string>()
  #position = '0-0'
  #isLive = false
  #isClosed = false
  /** The latest reading. The next one begins after it. */
  #reading: Promise<void> = Promise.resolve()
  #nextReading: Promise<void> | undefined

  constructor({ access, nodeId, deliver }: RedisLogReaderDependencies) {
    this.#access = access
    this.#nodeId = nodeId
    this.#deliver = deliver
  }

  /** The position of the latest entry that was delivered. */
  get position(): string {
    return this.#position
  }

  /** The first entry to deliver is the one after this position. */
  startAfter(position: string): void {
    this.#position = position
  }

  /** Returns whether a decision of this node was delivered, and forgets it. */
  takeDelivered(decisionId: string): boolean {
    return this.#delivered.delete(decisionId)
  }

  /** Delivers nothing more. Resolves when the latest reading has ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#reading.catch(() => undefined)
  }

  /** Does what {@link read} does, and reports a failure instead of throwing it. */
  async readQuietly(): Promise<void> {
    try {
      await this.read()
    } catch (error) {
      this.#access.handleFailure(error)
    }
  }

  /** Applies the entries that the stream has when this is called, and later ones. */
  read(): Promise<void> {
    // The reading that is running may have reached the former end of the stream, so another one follows it.
    this.#nextReading ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#reading = this.#nextReading!
        this.#nextReading = undefined
        return this.#readAll()
      })
    return this.#nextReading
  }

  async #readAll(): Promise<void> {
    const [log] = this.#access.keys
    while (!this.#isClosed) {
      const start = `(${this.#position}`
      const rows = (await this.#access.send(
        'XRANGE',
        log,
        start,
        '+',
        'COUNT',
        String(readSize),
      )) as Row[]
      const arrivals = await this.#arrivalsOf(rows)
      const last = rows.at(-1)
      if (last) {
        this.#position = String(last[0])
        this.#deliver(arrivals, this.#position, this.#isLive)
      }
      if (rows.length < readSize) break
    }
    this.#isLive = true
  }

  async #arrivalsOf(rows: readonly Row[]): Promise<readonly Arrival[]> {
    const arrivals = rows.map(([, [, author, , json]]): Arrival => {
      const entry = JSON.parse(String(json)) as LogEntry
      const isOwn = String(author) === this.#nodeId
      if (isOwn && entry.kind === 'decision') this.#delivered.add(entry.id)
      return { entry, isOwn }
    })
    const ids = arrivals.flatMap(({ entry }) =>
      entry.kind === 'report' && entry.report.hasStill ? [entry.report.id] : [],
    )
    if (ids.length === 0) return arrivals
    const keys = ids.map((id) => `${this.#access.keys[3]}:${id}`)
    const stills = (await this.#access.send('MGET', ...keys)) as (Buffer | null)[]
    const stillOf = new Map(ids.map((id, index) => [id, stills[index] ?? undefined]))
    return arrivals.map((arrival) =>
      arrival.entry.kind === 'report'
        ? { ...arrival, still: stillOf.get(arrival.entry.report.id) }
        : arrival,
    )
  }
}
