import type { Clock, Cancel } from '../clock.ts'
import type { DecisionEntry, Draft, Fact, LogEntry, SafetyLog } from './log-entry.ts'
import { ModerationError } from './moderation.ts'
import type { LogHistory } from './log-history.ts'
import type { RedisLogAccessDependencies } from './redis-log-access.ts'
import { RedisLogAccess, UnreachableError } from './redis-log-access.ts'
import type { RedisLogReaderDependencies } from './redis-log-reader.ts'
import { RedisLogReader } from './redis-log-reader.ts'
import { appendScript, headScript } from './redis-log-scripts.ts'
import type { AuditMark, StoredMeasure } from './store.ts'
import type { WriteKind } from './store-writer.ts'
import { maxWaiting } from './store-writer.ts'

interface RedisLogDependencies
  extends RedisLogAccessDependencies, Pick<RedisLogReaderDependencies, 'nodeId' | 'deliver'> {
  readonly clock: Pick<Clock, 'after'>
  readonly createId: () => string
  /** Returns how long entries are kept. */
  readonly retentionMs: () => number
  /** Returns how long pictures are kept. */
  readonly stillMs: () => number
  /** Returns the latest decision that this node knows. */
  readonly head: () => AuditMark
  /** Called when the decisions up to this one are no longer in the log. */
  readonly onHead: (head: AuditMark) => void
  /** Puts a decision into effect at this node that cannot be appended yet. */
  readonly anticipate: (entry: DecisionEntry) => void
  /** Called when an entry is dropped, because too many of its kind wait for Redis. */
  readonly onDropped: (kind: WriteKind) => void
}

/** The maximum number of entries. Beyond it, the oldest are dropped. They take about 200 MB. */
const maxEntries = 250_000
/** The maximum number of pictures, of at most 30 kB each. */
const maxStills = 5000
/** How many entries are appended at once when a node shares what it knew before. */
const shareSize = 100
/** The maximum number of times that a decision is made again because other nodes have appended decisions meanwhile. */
const maxAttempts = 20
/**
 * The time after which a node reads the log even without a message about a new entry, which may be lost, in
 * milliseconds.
 */
const lookMs = 1000

interface Waiting {
  readonly fact: Fact
  readonly still: Uint8Array | undefined
}

/** A decision that could not be appended yet. */
interface Held {
  readonly id: string
  readonly draft: Draft
}

/**
 * The log that several nodes share: a stream in Redis. Each node appends entries, and applies all entries in the order
 * of the stream. A decision is appended only if its node had applied the latest decision before (compare and append).
 * So if several nodes decide by the same rule, one of them succeeds, and the others receive its decision. While Redis
 * cannot be reached, a limited number of entries waits in memory.
 */
export class RedisLog implements SafetyLog {
  readonly #dependencies: RedisLogDependencies
  readonly #access: RedisLogAccess
  readonly #reader: RedisLogReader
  readonly #waiting: Waiting[] = []
  readonly #held: Held[] = []
  readonly #counts = new Map<WriteKind, number>()
  #isClosed = false
  #cancelLook: Cancel | undefined
  /** The latest appending. */
  #appending: Promise<unknown> = Promise.resolve()

  constructor(dependencies: RedisLogDependencies) {
    this.#dependencies = dependencies
    const { nodeId, deliver } = dependencies
    const access = new RedisLogAccess(dependencies)
    this.#access = access
    this.#reader = new RedisLogReader({ access, nodeId, deliver })
  }

  /**
   * Applies all entries after a position, and from then on those that come. If Redis cannot be reached, tries again
   * later.
   * @param position undefined for the first entry
   */
  async open(position: string | undefined): Promise<void> {
    if (position !== undefined) this.#reader.startAfter(position)
    this.#access.subscribe(() => void this.#reader.readQuietly())
    await this.#reader.readQuietly()
    await this.#alignHead().catch((error) => this.#access.handleFailure(error))
    this.#look()
  }

  /** Whether the log has a latest decision, and the latest decision of this node is another one. */
  async hasOtherHead(): Promise<boolean> {
    try {
      const hash = await this.#access.send('HGET', this.#access.keys[1], 'hash')
      return hash !== null && String(hash) !== this.#dependencies.head().hash
    } catch (error) {
      this.#access.handleFailure(error)
      return false
    }
  }

  /**
   * Appends what this node knew before it shared the log, unless the log has it already. Call this before {@link open}.
   * @throws Error if Redis cannot be reached. Then some of it may be appended, and appending it again has no effect.
   */
  async share({ id, decisions, facts }: LogHistory): Promise<void> {
    const [log, head, , , histories] = this.#access.keys
    if ((await this.#access.send('SISMEMBER', histories, id)) === 1) return
    const { number, hash } = this.#dependencies.head()
    // From now on, decisions of other nodes follow on the latest one.
    if (number > 0) {
      await this.#access.send('EVAL', headScript, '2', log, head, String(number), hash)
    }
    let batch: Promise<unknown>[] = []
    const append = async (entry: LogEntry, still?: Uint8Array): Promise<void> => {
      batch.push(this.#append(entry, still, true))
      if (batch.length < shareSize) return
      await Promise.all(batch)
      batch = []
    }
    for (const decision of decisions) await append(decision)
    for (const { fact, still } of facts) await append(fact, still)
    await Promise.all(batch)
    await this.#access.send('SADD', histories, id)
  }

  /** Adds measures to those in force of all nodes. */
  remember(measures: readonly StoredMeasure[]): void {
    for (const measure of measures) {
      const { id } = measure
      const added = this.#access.send('HSETNX', this.#access.keys[2], id, JSON.stringify(measure))
      added.catch((error) => this.#access.handleFailure(error))
    }
  }

  /** Resolves when the entries that the log has now are applied, unless Redis cannot be reached. */
  catchUp(): Promise<void> {
    return this.#reader.readQuietly()
  }

  /** Returns the measures in force of all nodes; undefined if Redis cannot be reached. */
  async measures(): Promise<readonly StoredMeasure[] | undefined> {
    try {
      const values = (await this.#access.send('HVALS', this.#access.keys[2])) as readonly Buffer[]
      return values.map((value) => JSON.parse(String(value)) as StoredMeasure)
    } catch (error) {
      this.#access.handleFailure(error)
      return undefined
    }
  }

  /** Removes measures that have ended. */
  forget(measureIds: readonly string[]): void {
    if (measureIds.length === 0) return
    this.#access
      .send('HDEL', this.#access.keys[2], ...measureIds)
      .catch((error) => this.#access.handleFailure(error))
  }

  /**
   * Applies a fact at this node at once, and appends it. If Redis loses it before the other nodes have read it, or this
   * node ends before Redis answers, this node's store has it.
   */
  add(fact: Fact, still?: Uint8Array): void {
    this.#dependencies.deliver([{ entry: fact, still, isOwn: true }], undefined, false)
    const kind = still ? 'picture' : fact.kind
    const count = this.#counts.get(kind) ?? 0
    if (count >= maxWaiting[kind]) {
      this.#dependencies.onDropped(kind)
      return
    }
    this.#counts.set(kind, count + 1)
    this.#waiting.push({ fact, still })
    // If Redis has failed, the fact is appended by the next attempt of the timer.
    if (!this.#access.hasFailed) void this.#appendWaiting()
  }

  propose(draft: Draft): Promise<DecisionEntry | undefined> {
    const id = this.#dependencies.createId()
    return this.#inTurn(async () => {
      try {
        return await this.#attempt(id, draft)
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error
        this.#hold(id, draft)
        const message =
          'Redis cannot be reached: the measure holds at this server, and at the others as soon as it can'
        throw new ModerationError('log-unreachable', message)
      }
    })
  }

  /**
   * Appends what waits, and stops.
   * @returns how many entries could not be appended
   */
  async close(): Promise<number> {
    await this.#appendWaiting()
    this.#isClosed = true
    this.#cancelLook?.()
    await this.#reader.close()
    return this.#waiting.length + this.#held.length
  }

  /** Appends one after the other, so that this node's decisions never compete with each other. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#appending.then(act)
    this.#appending = result.catch(() => undefined)
    return result
  }

  #hold(id: string, draft: Draft): void {
    const { anticipate, onDropped } = this.#dependencies
    if (this.#held.length >= maxWaiting.decision) {
      onDropped('decision')
      throw new ModerationError('store-failed', 'too many decisions wait for Redis')
    }
    const entry = draft(id)
    if (!entry) return
    anticipate(entry)
    this.#held.push({ id, draft })
  }

  /** Appends the waiting facts in the order of their arrival, then the waiting decisions. */
  #appendWaiting(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isClosed) return
      try {
        for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
          await this.#append(next.fact, next.still)
          this.#waiting.shift()
          const kind = next.still ? 'picture' : next.fact.kind
          this.#counts.set(kind, (this.#counts.get(kind) ?? 1) - 1)
        }
        for (let next = this.#held[0]; next; next = this.#held[0]) {
          await this.#attemptHeld(next)
          this.#held.shift()
        }
        // Reads the new entries at once, without waiting for the message about them.
        await this.#reader.read()
      } catch (error) {
        this.#access.handleFailure(error)
      }
    })
  }

  async #attemptHeld({ id, draft }: Held): Promise<void> {
    try {
      await this.#attempt(id, draft)
    } catch (error) {
      if (error instanceof UnreachableError) throw error
      // Another attempt would fail too, for example because the store is full. So the decision is dropped.
      this.#dependencies.onError(error)
    }
  }

  async #attempt(id: string, draft: Draft): Promise<DecisionEntry | undefined> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const entry = draft(id)
      if (!entry) return undefined
      const isAppended = await this.#append(entry)
      await this.#reader.read()
      // An earlier attempt may have succeeded although its answer was lost.
      if (this.#reader.takeDelivered(id) || isAppended) return entry
      await this.#alignHead()
    }
    throw new ModerationError('store-failed', 'too many decisions are made at the same time')
  }

  /**
   * Returns false for a decision that does not follow on the latest one.
   * @param isPast whether the latest decision is known to follow on the entry
   */
  async #append(entry: LogEntry, still?: Uint8Array, isPast = false): Promise<boolean> {
    const { nodeId, retentionMs, stillMs } = this.#dependencies
    const plan = {
      channel: this.#access.channel,
      maxEntries,
      retentionMs: retentionMs(),
      ...(entry.kind === 'decision' &&
        !isPast && {
          previousHash: entry.previousHash,
          hash: entry.line.hash,
          number: entry.line.number,
          removed: entry.removed.map(({ id }) => id),
          ...(entry.added && { added: entry.added.id, measure: JSON.stringify(entry.added) }),
        }),
      ...(entry.kind === 'delivery' && { ended: entry.measureId }),
      ...(entry.kind === 'report' &&
        still && {
          still: entry.report.id,
          stillMs: stillMs(),
          maxStills,
        }),
    }
    const parameters = [nodeId, JSON.stringify(entry), JSON.stringify(plan), still ?? '']
    const position = await this.#access.send(
      'EVAL',
      appendScript,
      '4',
      ...this.#access.keys.slice(0, 4),
      ...parameters,
    )
    return position !== null
  }

  /** Continues after the latest decision, if the log no longer has it, for example because this node is new. */
  async #alignHead(): Promise<void> {
    const { head, onHead } = this.#dependencies
    const known = head()
    const [log, latest] = this.#access.keys
    const parameters = [String(known.number), known.hash]
    const reply = await this.#access.send('EVAL', headScript, '2', log, latest, ...parameters)
    if (reply === null) return
    const [number, hash, last] = (reply as readonly Buffer[]).map(String) as [
      string,
      string,
      string,
    ]
    // Entries that this node has not read yet may contain the latest decision.
    if (hash !== head().hash && last === this.#reader.position) {
      onHead({ number: Number(number), hash })
    }
  }

  #look(): void {
    this.#cancelLook = this.#dependencies.clock.after(lookMs, () => {
      const isIdle = this.#waiting.length + this.#held.length === 0
      const looked = isIdle ? this.#reader.readQuietly() : this.#appendWaiting()
      void looked.finally(() => {
        if (!this.#isClosed) this.#look()
      })
    })
  }
}
