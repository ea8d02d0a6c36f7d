import type { Cancel, Clock } from '../../clock.ts'
import type { Engine, NodeReport } from '../engine.ts'
import type { Command } from './command-queue.ts'
import type { RedisBans } from './redis-bans.ts'
import { RedisNodes } from './redis-nodes.ts'
import { releaseTimeoutMs } from './takeovers.ts'
import type { Answer, BeatResult } from './wire.ts'

/** The dependencies of {@link NodeLife}. */
export interface NodeLifeDependencies {
  readonly nodeId: string
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly createId: () => string
  /** Returns how long a session outlives its connection. */
  readonly graceMs: () => number
  /** Returns the present figures of this node, for the others. */
  readonly report: () => NodeReport
  readonly send: (command: Command, handleAnswer?: (answer: Answer) => void) => void
  readonly bans: Pick<RedisBans, 'handleBeat'>
  /** Called when Redis has lost its data, before {@link onForgotten}. */
  readonly onDataLost: () => void
  /** Called when the other nodes may have taken this node's sessions, or Redis has lost them. */
  readonly onForgotten: () => void
  /** Called when another node has been declared dead. */
  readonly onDeath: () => void
}

/**
 * The time between two beats of a node, and the time without a beat after which the other nodes declare it dead, in
 * milliseconds.
 */
const beatIntervalMs = 500
const deadAfterMs = 2000

/**
 * Sends the beats of this node, by which the others know that it works. Each answer also contains what has changed at
 * the others.
 */
export class NodeLife {
  readonly #dependencies: NodeLifeDependencies
  readonly #nodes: RedisNodes
  /** The number of beats. */
  #beats = 0
  /** Whether the other nodes know this one. */
  #isKnown = false
  /** Whether the other nodes have declared this one dead, or Redis has lost its data, since the latest answer. */
  #isForgotten = false
  /** Whether Redis has answered the latest beat, or has not received it. */
  #isAnswered = true
  /** Called after the answer to the latest beat. */
  readonly #waiting: (() => void)[] = []
  #cancelNext: Cancel | undefined
  #isClosed = false
  /** An id in Redis. A node creates another one if Redis has lost its data. undefined before the first beat. */
  #boot: string | undefined
  /** How many nodes had been declared dead at the latest beat; undefined before the first one. */
  #deaths: number | undefined
  #certainUntilMs = -Infinity
  /** The latest known time of Redis minus that of this node's clock; undefined before the first beat. */
  #aheadMs: number | undefined

  constructor(dependencies: NodeLifeDependencies) {
    this.#dependencies = dependencies
    this.#nodes = new RedisNodes(dependencies.clock, dependencies.report)
  }

  /** Returns the nodes, oldest first. */
  get nodes(): Engine['nodes'] {
    return this.#nodes.all
  }

  /**
   * Whether no other node can have taken a session from this one without its knowledge: it has beaten a short time ago,
   * and a takeover by force takes longer.
   */
  get isCertain(): boolean {
    return this.#dependencies.clock.now() < this.#certainUntilMs
  }

  /** The time of Redis, in milliseconds; undefined if it is not known yet. At most a beat late. */
  get redisNowMs(): number | undefined {
    return this.#aheadMs === undefined ? undefined : this.#dependencies.clock.now() + this.#aheadMs
  }

  /** Returns how many sessions a site has at all nodes. */
  usersOf(site: string): number {
    return this.#nodes.usersOf(site)
  }

  /** Beats now, and from then on again and again while Redis answers. */
  beat(): void {
    const { nodeId, graceMs, clock, createId, send } = this.#dependencies
    const command = {
      c: 'beat',
      n: nodeId,
      isKnown: this.#isKnown,
      deadMs: deadAfterMs,
      graceMs: graceMs(),
      boot: createId(),
      ...this.#nodes.fields(),
    }
    const number = ++this.#beats
    const sentAtMs = clock.now()
    this.#cancelNext?.()
    this.#isAnswered = false
    send(command, ([failure, , , result]) => {
      // The next beat does the rest.
      if (this.#isClosed || number !== this.#beats) return
      if (failure === 'fenced') {
        this.#isForgotten = true
        this.#isKnown = false
        this.#certainUntilMs = -Infinity
        // Only the answer to the next beat contains whether Redis has lost its data.
        this.beat()
        return
      }
      this.#isAnswered = true
      if (failure !== 'unavailable') this.#handleBeat(result as BeatResult | false, sentAtMs)
      for (const resolve of this.#waiting.splice(0)) resolve()
    })
  }

  /**
   * Resolves when this node knows whether Redis has lost its data, and has sent the pairs again if it has; also if
   * Redis does not answer.
   */
  check(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#isAnswered) this.beat()
    })
  }

  /** This node will stop soon. */
  drain(): void {
    this.#dependencies.send({ c: 'drain', n: this.#dependencies.nodeId })
  }

  /** No beat follows. */
  close(): void {
    this.#isClosed = true
  }

  /** Resolves when the other nodes know that this one has stopped. */
  leave(): Promise<void> {
    const { nodeId, send } = this.#dependencies
    return new Promise((resolve) => send({ c: 'bye', n: nodeId }, () => resolve()))
  }

  #handleBeat(beat: BeatResult | false, sentAtMs: number): void {
    const { clock, bans } = this.#dependencies
    this.#cancelNext = clock.after(beat && beat.isMore ? 1 : beatIntervalMs, () => this.beat())
    if (!beat) return
    this.#handleBoot(beat.boot, sentAtMs)
    const { deaths } = beat
    if (this.#deaths !== undefined && deaths > this.#deaths) this.#dependencies.onDeath()
    this.#deaths = deaths
    // Not the time of sending, because the beat may have waited before Redis handled it.
    this.#aheadMs = beat.now - clock.now()
    bans.handleBeat(beat.banId, beat.bans)
    if (beat.list) this.#nodes.handleList(beat.list)
  }

  #handleBoot(boot: string, sentAtMs: number): void {
    const { onDataLost, onForgotten } = this.#dependencies
    this.#certainUntilMs = this.#isKnown ? sentAtMs + releaseTimeoutMs : -Infinity
    this.#isKnown = true
    const isDataLost = this.#boot !== undefined && boot !== this.#boot
    this.#boot = boot
    const isForgotten = isDataLost || this.#isForgotten
    this.#isForgotten = false
    // The pairs must be in Redis before the tickets, which may be matched at once.
    if (isDataLost) onDataLost()
    if (isForgotten) onForgotten()
  }
}
