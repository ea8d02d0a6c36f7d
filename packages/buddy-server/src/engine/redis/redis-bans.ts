import type { Cancel, Clock } from '../../clock.ts'
import type { BanList, LocalBans } from '../engine.ts'
import type { Command } from './command-queue.ts'
import type { Answer, BanChange, BanChanges } from './wire.ts'

/** The dependencies of {@link RedisBans}. */
export interface RedisBansDependencies {
  readonly nodeId: string
  readonly clock: Pick<Clock, 'after'>
  /** The bans that this node knows. */
  readonly local: LocalBans
  /** Sends a command to Redis. It fails while Redis does not answer. */
  readonly send: (command: Command, handleAnswer: (answer: Answer) => void) => void
  /** Called with keys that another node has banned. */
  readonly onBanned: (keys: ReadonlySet<string>) => void
}

/** Maximum number of changes in one command. */
const maxChanges = 256

/** After this time without an answer the changes are sent again, in milliseconds. */
const answerTimeoutMs = 2000

/**
 * The bans of all nodes. Each node has all of them in memory, so that `has` returns without a request. A change takes
 * effect at this node immediately, and is sent to Redis until Redis has confirmed it. The answer to each beat shows
 * whether other nodes have made changes, which the node then requests. So no ban depends on a message that can be lost.
 */
export class RedisBans implements BanList {
  readonly #dependencies: RedisBansDependencies
  /** Keys whose latest change Redis has not confirmed. */
  readonly #unstored = new Set<string>()
  /**
   * Keys that this node has changed since it sent the latest command. The answer may contain their former state,
   * which is ignored.
   */
  #changedSince = new Set<string>()
  /** The id of the list in Redis, and the number of the latest change that this node knows. */
  #id = ''
  #version = 0
  /** Whether the latest answer had only some of the changes. */
  #isPaging = false
  #cancelTimeout: Cancel | undefined
  /** Whether changes must be sent when the present command is answered. */
  #isAgain = false
  #isClosed = false

  /** Called when the node knows all bans. */
  #onLoaded: (() => void) | undefined

  constructor(dependencies: RedisBansDependencies) {
    this.#dependencies = dependencies
  }

  get size(): number {
    return this.#dependencies.local.size
  }

  has(key: string): boolean {
    return this.#dependencies.local.has(key)
  }

  add(key: string, durationMs: number): void {
    this.#dependencies.local.add(key, durationMs)
    this.#handleChange(key)
  }

  delete(key: string): void {
    this.#dependencies.local.delete(key)
    this.#handleChange(key)
  }

  /** Resolves when this node knows all bans, or when Redis has not answered in time. */
  load(): Promise<void> {
    return new Promise((resolve) => {
      this.#onLoaded = resolve
      this.#dependencies.clock.after(answerTimeoutMs, resolve)
      this.#sync()
    })
  }

  /** Sends nothing from now on. */
  close(): void {
    this.#isClosed = true
    this.#cancelTimeout?.()
  }

  /** Call this with each answer to a beat: the id of the list in Redis, and the number of its latest change. */
  handleBeat(id: string, version: number): void {
    const isKnown = id === this.#id && version === this.#version
    if (!isKnown || this.#unstored.size > 0) this.#sync()
  }

  #handleChange(key: string): void {
    this.#unstored.add(key)
    this.#changedSince.add(key)
    this.#sync()
  }

  /** Sends the changes of this node, and receives those of the others. */
  #sync(): void {
    if (this.#isClosed) return
    if (this.#cancelTimeout) {
      this.#isAgain = true
      return
    }
    const { nodeId, clock, local, send } = this.#dependencies
    this.#isAgain = false
    this.#changedSince = new Set()
    const changes: BanChange[] = []
    for (const key of this.#unstored) {
      if (changes.push([key, local.leftMs(key)]) === maxChanges) break
    }
    const cancel = clock.after(answerTimeoutMs, () => {
      this.#cancelTimeout = undefined
      this.#sync()
    })
    this.#cancelTimeout = cancel
    const known = { id: this.#id, v: this.#version, isPaging: this.#isPaging }
    const command = { c: 'bans', n: nodeId, ...known, changes }
    send(command, ([failure, , , result]) => {
      // The changes were sent again.
      if (this.#cancelTimeout !== cancel) return
      cancel()
      this.#cancelTimeout = undefined
      if (failure !== false) {
        this.#onLoaded?.()
        return
      }
      for (const [key] of changes) {
        if (!this.#changedSince.has(key)) this.#unstored.delete(key)
      }
      this.#apply(result as BanChanges)
    })
  }

  #apply({ id, v, isReset, changes, isMore }: BanChanges): void {
    const { local, onBanned } = this.#dependencies
    // Redis has lost its data, so this node sends all bans that it has.
    if (this.#id !== '' && id !== this.#id) for (const key of local.keys()) this.#unstored.add(key)
    // Redis forgets lifted bans after a while. This node was away for longer, so it may have bans that were lifted.
    else if (isReset) {
      for (const key of local.keys()) if (!this.#unstored.has(key)) local.delete(key)
    }
    if (id !== this.#id || isReset) this.#version = 0
    this.#id = id
    this.#isPaging = isMore
    const banned = new Set<string>()
    let hasSkipped = false
    for (const [key, leftMs] of changes) {
      if (this.#changedSince.has(key)) {
        hasSkipped = true
        continue
      }
      const isNew = !local.has(key)
      local.delete(key)
      if (leftMs <= 0) continue
      local.add(key, leftMs)
      if (isNew) banned.add(key)
    }
    if (!hasSkipped) this.#version = v
    if (banned.size > 0) onBanned(banned)
    if (!isMore) this.#onLoaded?.()
    if (isMore || this.#isAgain || this.#unstored.size > 0) this.#sync()
  }
}
