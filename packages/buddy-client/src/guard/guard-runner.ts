import type { Cancel, Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import type { Guard, GuardResult, GuardSource, GuardSubject, GuardVerdict } from './guard.ts'
import type { Pictures } from './pictures.ts'
import { videoPictures } from './pictures.ts'
import { RecentVerdicts } from './recent-verdicts.ts'

/** A change of the verdict on a subject. */
export interface GuardChange extends GuardResult {
  readonly subject: GuardSubject
}

/** One check, for measurements. */
export interface GuardSample extends GuardResult {
  readonly subject: GuardSubject
  /** How long the guard took. */
  readonly durationMs: number
}

export interface GuardRunnerOptions {
  readonly guard: GuardSource
  /**
   * Called when the verdict on a subject changes. A verdict other than `ok` requires that two of the latest
   * three pictures were judged at least that bad; a milder verdict follows when this no longer holds. There is no
   * call for the verdict with which a stream starts (see `setStream`).
   */
  readonly onVerdict: (change: GuardChange) => void
  /**
   * Called once if the guard cannot be loaded, or has failed three times in a row. The runner is then closed.
   */
  readonly onFailure: (error: unknown) => void
  /** Called after each check. */
  readonly onSample?: (sample: GuardSample) => void
  /** The time between two pictures of one subject, in milliseconds. @default 2000 */
  readonly intervalMs?: number
}

/** What the runner needs of its environment. Replaced in tests. */
export interface GuardEnvironment {
  readonly clock: Clock
  /** Returns whether the page is hidden. No picture is checked then. */
  readonly isHidden: () => boolean
  readonly picturesOf: (stream: MediaStream) => Pictures
}

const browser: GuardEnvironment = {
  clock: systemClock,
  isHidden: () => document.visibilityState === 'hidden',
  picturesOf: videoPictures,
}

interface Watched {
  readonly subject: GuardSubject
  readonly pictures: Pictures
  readonly recent: RecentVerdicts
  dueMs: number
  hasPicture: boolean
}

/** A check whose result was used. */
interface Checked {
  readonly sample: GuardSample
  /** The new verdict, if the check has changed it. */
  readonly change: GuardResult | undefined
}

/** The wait after a first bad picture, and between attempts to get the first picture of a stream. */
const soonMs = 500
/** The share of the time that the checks of one subject may take. */
const maxShare = 0.1
const checkTimeoutMs = 20_000
const maxFailures = 3

/**
 * Checks the visitor's own video and the partner's with a guard, one picture at a time. Each stream is
 * checked every two seconds, and less often on a slow device. Nothing is checked while the page is hidden or
 * no video flows.
 */
export class GuardRunner {
  readonly #options: GuardRunnerOptions
  readonly #environment: GuardEnvironment
  readonly #streams = new Map<GuardSubject, MediaStream>()
  readonly #watched = new Map<GuardSubject, Watched>()
  #guard: Promise<Guard> | undefined
  #isChecking = false
  #isClosed = false
  #failures = 0
  #cancel: Cancel | undefined

  constructor(options: GuardRunnerOptions, environment: Partial<GuardEnvironment> = {}) {
    this.#options = options
    this.#environment = { ...browser, ...environment }
  }

  /** The present verdict on a subject; `ok` without a stream. */
  verdictOn(subject: GuardSubject): GuardVerdict {
    return this.#watched.get(subject)?.recent.standing ?? 'ok'
  }

  /**
   * Sets the stream of a subject; undefined for none. A new stream starts without a history. Setting the same
   * stream again has no effect. The guard is loaded with the first stream.
   * @param standing the verdict with which a new stream starts, such as that of a former guard; default `ok`
   */
  setStream(
    subject: GuardSubject,
    stream: MediaStream | undefined,
    standing: GuardVerdict = 'ok',
  ): void {
    if (this.#isClosed || this.#streams.get(subject) === stream) return
    this.#release(subject)
    if (!stream) return
    this.#streams.set(subject, stream)
    this.#watched.set(subject, {
      subject,
      pictures: this.#environment.picturesOf(stream),
      recent: new RecentVerdicts(standing),
      dueMs: this.#environment.clock.now(),
      hasPicture: false,
    })
    this.#schedule()
  }

  /** Ends all checks. No callback is called any more. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancel?.()
    for (const subject of this.#streams.keys()) this.#release(subject)
    const isOwn = typeof this.#options.guard === 'function'
    if (isOwn) void this.#guard?.then((guard) => guard.close()).catch(() => undefined)
  }

  #release(subject: GuardSubject): void {
    this.#watched.get(subject)?.pictures.close()
    this.#watched.delete(subject)
    this.#streams.delete(subject)
  }

  #schedule(): void {
    if (this.#isClosed || this.#isChecking) return
    this.#cancel?.()
    const next = this.#next()
    if (!next) return
    const delayMs = Math.max(0, next.dueMs - this.#environment.clock.now())
    this.#cancel = this.#environment.clock.after(delayMs, () => void this.#run())
  }

  /** The stream whose check is due first. */
  #next(): Watched | undefined {
    return [...this.#watched.values()].toSorted((a, b) => a.dueMs - b.dueMs)[0]
  }

  async #run(): Promise<void> {
    const watched = this.#next()
    if (!watched) return
    this.#isChecking = true
    const checked = await this.#check(watched)
    this.#isChecking = false
    watched.dueMs = this.#environment.clock.now() + this.#waitMs(watched, checked)
    this.#schedule()
    // The callbacks come last, so that one that throws stops nothing.
    if (checked === 'nothing' || checked === 'failed') return
    const { sample, change } = checked
    this.#options.onSample?.(sample)
    if (change) this.#options.onVerdict({ ...change, subject: watched.subject })
  }

  /** Checks one picture, if there is one. Never rejects. */
  async #check(watched: Watched): Promise<Checked | 'nothing' | 'failed'> {
    const { clock, isHidden } = this.#environment
    const guard = await this.#load()
    const isCurrent = (): boolean => this.#watched.get(watched.subject) === watched
    if (!guard || !isCurrent() || isHidden()) return 'nothing'
    try {
      const frame = await watched.pictures.take()
      if (!frame) return 'nothing'
      watched.hasPicture = true
      const startedMs = clock.now()
      const result = await this.#withTimeout(guard.check(frame)).finally(() => frame.close())
      this.#failures = 0
      const durationMs = clock.now() - startedMs
      // Another stream has taken this place meanwhile, or the runner was closed.
      if (!isCurrent()) return 'nothing'
      const sample = { ...result, subject: watched.subject, durationMs }
      return { sample, change: watched.recent.add(result) }
    } catch (error) {
      this.#failures += 1
      if (this.#failures >= maxFailures) this.#fail(error)
      return 'failed'
    }
  }

  /** The time until the next check of the same stream. */
  #waitMs({ hasPicture, recent }: Watched, checked: Checked | 'nothing' | 'failed'): number {
    const { intervalMs = 2000 } = this.#options
    if (checked === 'nothing') return hasPicture ? intervalMs : soonMs
    if (checked === 'failed') return intervalMs
    return Math.max(recent.isInDoubt ? soonMs : intervalMs, checked.sample.durationMs / maxShare)
  }

  /** Resolves with undefined if the guard cannot be loaded, which closes the runner. */
  async #load(): Promise<Guard | undefined> {
    const { guard } = this.#options
    const load = async (): Promise<Guard> => (typeof guard === 'function' ? guard() : guard)
    this.#guard ??= load()
    try {
      return await this.#guard
    } catch (error) {
      this.#fail(error)
      return undefined
    }
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return
    this.close()
    this.#options.onFailure(error)
  }

  #withTimeout<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const cancel = this.#environment.clock.after(checkTimeoutMs, () =>
        reject(new Error(`the guard has not answered for ${checkTimeoutMs / 1000} seconds`)),
      )
      work.then(resolve, reject).finally(cancel)
    })
  }
}
