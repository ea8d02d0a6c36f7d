import type { Clock } from '../../clock.ts'
import type { Adopted } from '../engine.ts'
import type { Command } from './command-queue.ts'
import { fromText, withoutStale } from './stored-values.ts'
import type { Adoption, Answer, KeptFrame } from './wire.ts'

/** The dependencies of {@link Takeovers}. */
export interface TakeoversDependencies {
  readonly nodeId: string
  readonly clock: Pick<Clock, 'after' | 'now'>
  /** Returns how long a session outlives its connection. */
  readonly graceMs: () => number
  /** Returns the time of Redis, in milliseconds; undefined if it is not known yet. */
  readonly redisNowMs: () => number | undefined
  readonly send: (
    command: Command,
    handleAnswer?: (answer: Answer) => void,
    isKept?: boolean,
  ) => void
}

/** How long a node has to release a session that another one takes over, in milliseconds. */
export const releaseTimeoutMs = 1000
/**
 * Redis refuses to let a node take a session over if it receives the command later than this time after it was sent, in
 * milliseconds. Its client may have gone elsewhere meanwhile.
 */
const adoptTimeoutMs = 1000
/** A session that was taken over must join within this time, in milliseconds. */
const joinTimeoutMs = 5000

type TakeOver =
  | { readonly state: 'unknown' | 'unsettled' | 'outOfDate' }
  | { readonly state: 'elsewhere'; readonly epoch: number }
  | { readonly state: 'lost'; readonly epoch: number }
  | {
      readonly state: 'taken'
      readonly epoch: number
      readonly frames: readonly KeptFrame[]
      readonly received?: number
    }

/** The sessions that this node takes over from others. */
export class Takeovers {
  readonly #dependencies: TakeoversDependencies
  /** The adopted sessions that have not joined yet, with what Redis returned about them. */
  readonly #adopted = new Map<string, Adoption>()
  /** Called when the former node has released a session. */
  readonly #releases = new Map<string, () => void>()
  #isClosed = false

  constructor(dependencies: TakeoversDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Takes a session over. Rejects if Redis does not answer, or may still learn of the session.
   * @param welcomes how many welcomes the client knows of
   * @returns undefined if no node has the session; `elsewhere` if the client has received a later welcome
   */
  async adopt(sessionId: string, welcomes: number): Promise<Adopted | 'elsewhere' | undefined> {
    const first = await this.#takeOver(sessionId, welcomes)
    if (first.state !== 'elsewhere') return this.#toAdopted(sessionId, welcomes, first)
    const { clock } = this.#dependencies
    const askedAtMs = clock.now()
    // The other node releases the session, unless it hangs.
    await new Promise<void>((resolve) => {
      this.#releases.set(sessionId, resolve)
      clock.after(releaseTimeoutMs, resolve)
    })
    this.#releases.delete(sessionId)
    // This node has hung itself. Its client may have gone elsewhere meanwhile.
    if (clock.now() - askedAtMs > releaseTimeoutMs + adoptTimeoutMs) {
      throw new Error('this server hung while it took a session over')
    }
    return this.#toAdopted(
      sessionId,
      welcomes,
      await this.#takeOver(sessionId, welcomes, first.epoch),
    )
  }

  /** Returns what is known of a session that was taken over and has not joined yet. */
  find(sessionId: string): Adoption | undefined {
    return this.#adopted.get(sessionId)
  }

  /** Returns what {@link find} does. The session joins now. */
  take(sessionId: string): Adoption | undefined {
    const adoption = this.#adopted.get(sessionId)
    this.#adopted.delete(sessionId)
    return adoption
  }

  /** The former node has released a session. */
  handleReleased(sessionId: string): void {
    this.#releases.get(sessionId)?.()
  }

  /** This node stops. A session that it took over from now on would wait for it in Redis for ever. */
  close(): void {
    this.#isClosed = true
  }

  /** @param epoch takes the session by force from the node that has it with this epoch */
  async #takeOver(sessionId: string, welcomes: number, epoch?: number): Promise<TakeOver> {
    if (this.#isClosed) throw new Error('this server stops, and takes no session over')
    const { nodeId, graceMs, redisNowMs, send } = this.#dependencies
    const nowMs = redisNowMs()
    const by = nowMs === undefined ? {} : { by: nowMs + adoptTimeoutMs }
    const force = { isForced: epoch !== undefined, ...(epoch !== undefined && { e: epoch }) }
    const fields = { n: nodeId, welcomes, graceMs: graceMs(), ...by, ...force }
    const command = { c: 'adopt', s: sessionId, ...fields }
    return new Promise((resolve, reject) =>
      send(command, ([failure, , , result]) => {
        if (failure === false) {
          resolve(result as TakeOver)
          return
        }
        // Redis may have handled the command.
        send({ c: 'disown', s: sessionId, n: nodeId, graceMs: graceMs() }, undefined, true)
        reject(new Error('Redis does not answer'))
      }),
    )
  }

  #toAdopted(
    sessionId: string,
    welcomes: number,
    result: TakeOver,
  ): Adopted | 'elsewhere' | undefined {
    if (result.state === 'unsettled') {
      throw new Error(
        'Redis does not know yet which server has the session: it has lost its data, or hung',
      )
    }
    if (result.state === 'outOfDate') return 'elsewhere'
    if (result.state !== 'taken' && result.state !== 'lost') return undefined
    const { epoch } = result
    const { nodeId, graceMs, clock, send } = this.#dependencies
    const taken = result.state === 'taken' ? { taken: result.frames.length } : {}
    const adoption: Adoption = { epoch, welcomes, ...taken }
    this.#adopted.set(sessionId, adoption)
    clock.after(joinTimeoutMs, () => {
      if (this.#adopted.get(sessionId) !== adoption) return
      this.#adopted.delete(sessionId)
      // The client was refused, or has gone.
      const release = { c: 'release', s: sessionId, n: nodeId, e: epoch, graceMs: graceMs() }
      send(release, undefined, true)
    })
    // The token of its client is all that is left of the session.
    if (result.state === 'lost') return { frames: [], received: undefined }
    const frames = withoutStale(result.frames).map(([number, frame]) => ({
      sentBefore: number === 0 ? undefined : number - 1,
      frame: fromText(frame),
    }))
    return { frames, received: result.received }
  }
}
