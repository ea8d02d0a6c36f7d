import { unpackValue } from '../../codec.ts'
import type { RedisLink } from './redis-link.ts'
import { packCall } from './stored-ticket.ts'
import type { Answer, CallAnswer, Configuration } from './wire.ts'

interface CommandQueueDependencies {
  readonly link: Pick<RedisLink, 'call'>
  readonly configuration: () => Configuration
  /** Creates the id for the next room. */
  readonly createId: () => string
  /** Returns the time that Redis uses, in milliseconds; undefined if Redis uses its own clock. */
  readonly redisNow: (() => number) | undefined
  /**
   * Called with each answer, before the command's own function.
   * @param since when Redis began with its present data; see {@link CallAnswer}
   */
  readonly onAnswer: (command: Command, answer: Answer, since: number | false) => void
  /** Called with the numbers of waiting tickets and rooms. */
  readonly onTotals: (...totals: CallAnswer[0]) => void
  /** Called when a call has failed. Redis may have handled any of its commands. */
  readonly onFailed: (error: unknown) => void
}

/** A command, by its name `c`, with its fields. */
export type Command = { readonly c: string; readonly s?: string } & Readonly<
  Record<string, unknown>
>

interface Pending {
  readonly command: Command
  readonly handleAnswer: ((answer: Answer) => void) | undefined
  readonly isKept: boolean
}

/** Maximum number of commands in one call, so that no call occupies Redis for long. */
const maxCommands = 32
/** Maximum number of commands of each name that are kept while Redis does not answer. */
const maxKept = 100_000
const unavailable: Answer = ['unavailable', [], [], undefined]

/**
 * Sends commands to Redis, several in one call, and handles the answers in order. While Redis does not answer, commands
 * fail at once with `unavailable`. Only commands that may be executed twice without harm can be kept: they are sent
 * again when Redis answers.
 */
export class CommandQueue {
  readonly #dependencies: CommandQueueDependencies
  #pending: Pending[] = []
  #kept: Pending[] = []
  /** The number of kept commands of each name. Many of one kind must not displace another. */
  readonly #keptOf = new Map<string, number>()
  #isFlushScheduled = false
  #isOpen = true

  constructor(dependencies: CommandQueueDependencies) {
    this.#dependencies = dependencies
  }

  /** Whether commands are sent. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /**
   * Sends a command.
   * @param isKept whether the command is sent again if Redis does not answer
   */
  send(command: Command, handleAnswer?: (answer: Answer) => void, isKept = false): void {
    const pending = { command, handleAnswer, isKept }
    if (!this.#isOpen) {
      this.#fail([pending])
      return
    }
    this.#pending.push(pending)
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    queueMicrotask(() => this.flush())
  }

  /** Sends what is pending now. */
  flush(): void {
    this.#isFlushScheduled = false
    const pending = this.#pending
    this.#pending = []
    for (let from = 0; from < pending.length; from += maxCommands) {
      this.#call(pending.slice(from, from + maxCommands))
    }
  }

  /** Sends no commands until `open` is called. */
  close(): void {
    this.#isOpen = false
    this.#fail(this.#pending.splice(0))
  }

  /** Sends commands again, the kept ones first. */
  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#pending = [...this.#kept.splice(0), ...this.#pending]
    this.#keptOf.clear()
    this.flush()
  }

  #call(batch: readonly Pending[]): void {
    const { redisNow, link, configuration, createId, onFailed } = this.#dependencies
    const payload = packCall({
      ...(redisNow && { now: redisNow() }),
      cfg: configuration(),
      // Any command can open a room: if it ends one, a waiting ticket may take the free place. So each has an id for
      // one.
      fresh: createId(),
      commands: batch.map(({ command }) => command),
    })
    link.call(payload).then(
      (reply) => this.#handleAnswers(batch, unpackValue(reply) as CallAnswer),
      (error: unknown) => {
        onFailed(error)
        this.#fail(batch)
      },
    )
  }

  #handleAnswers(batch: readonly Pending[], [totals, answers]: CallAnswer): void {
    const { onAnswer, onTotals } = this.#dependencies
    onTotals(...totals)
    for (const [index, answer] of answers.entries()) {
      const { command, handleAnswer } = batch[index]!
      onAnswer(command, answer, totals[3])
      handleAnswer?.(answer)
    }
  }

  #fail(batch: readonly Pending[]): void {
    for (const pending of batch) {
      const { c: name } = pending.command
      const count = this.#keptOf.get(name) ?? 0
      if (pending.isKept && count < maxKept) {
        this.#kept.push(pending)
        this.#keptOf.set(name, count + 1)
      } else pending.handleAnswer?.(unavailable)
    }
  }
}
