import type { Engine, EngineListener, EngineSession, SessionProfile } from './engine.ts'
import type { EngineDependencies } from './memory/memory-engine.ts'

/** The commands of one session, or the events for it, that were not delivered yet, oldest first. */
type Lane = (() => void)[]

/**
 * Returns a function that returns pseudorandom numbers from 0 to below 1 (mulberry32). The same seed gives
 * the same sequence.
 */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Wraps an engine and delays every command and every event, as a network would. The commands of one session
 * keep their order, and so do its events. Commands and events of different sessions are interleaved at
 * random. Nothing is delivered before {@link step} or {@link settle} is called.
 */
export class DelayedEngine implements Engine {
  readonly #inner: Engine
  readonly #lanes: Lane[] = []
  /** The commands of sessions that have ended. */
  readonly #ending: Lane[] = []
  readonly #random: () => number

  constructor(
    seed: number,
    dependencies: EngineDependencies,
    createEngine: (dependencies: EngineDependencies) => Engine,
  ) {
    this.#random = createRandom(seed)
    const { observer } = dependencies
    const lane = this.#addLane()
    this.#inner = createEngine({
      ...dependencies,
      observer: {
        onOpened: (...event) => lane.push(() => observer.onOpened(...event)),
        onRestored: (...event) => lane.push(() => observer.onRestored(...event)),
        onEnded: (...event) => lane.push(() => observer.onEnded(...event)),
        onPair: (...event) => lane.push(() => observer.onPair(...event)),
      },
    })
  }

  get isUp(): boolean {
    return this.#inner.isUp
  }

  get hasOtherNodes(): boolean {
    return this.#inner.hasOtherNodes
  }

  get bans(): Engine['bans'] {
    return this.#inner.bans
  }

  get pairs(): Engine['pairs'] {
    return this.#inner.pairs
  }

  get counts(): Engine['counts'] {
    return this.#inner.counts
  }

  get nodes(): Engine['nodes'] {
    return this.#inner.nodes
  }

  usersOf(site: string): number {
    return this.#inner.usersOf(site)
  }

  admit(...session: Parameters<Engine['admit']>): ReturnType<Engine['admit']> {
    // A node sends its commands in order, so a place that a session has given up is free.
    for (const lane of this.#ending.splice(0)) while (lane.length > 0) lane.shift()!()
    return this.#inner.admit(...session)
  }

  cancel(sessionId: string): void {
    this.#inner.cancel(sessionId)
  }

  join(profile: SessionProfile, listener: EngineListener, isRestored: boolean): EngineSession {
    const commands = this.#addLane()
    const events = this.#addLane()
    let session: EngineSession
    const send = (command: () => void): void => void commands.push(command)
    send(() => {
      const delayed: EngineListener = {
        handleEvent: (event) => events.push(() => listener.handleEvent(event)),
      }
      session = this.#inner.join(profile, delayed, isRestored)
    })
    return {
      enter: (...command) => send(() => session.enter(...command)),
      change: (...command) => send(() => session.change(...command)),
      leave: (...command) => send(() => session.leave(...command)),
      pass: (...command) => send(() => session.pass(...command)),
      away: () => send(() => session.away()),
      back: (...command) => send(() => session.back(...command)),
      claimRoom: (...command) => send(() => session.claimRoom(...command)),
      report: (...command) => send(() => session.report(...command)),
      block: (...command) => send(() => session.block(...command)),
      welcome: (...command) => send(() => session.welcome(...command)),
      confirmWelcome: () => send(() => session.confirmWelcome()),
      keep: (...command) => send(() => session.keep(...command)),
      release: (...command) => send(() => session.release(...command)),
      end: (...command) => {
        send(() => session.end(...command))
        this.#ending.push(commands)
      },
    }
  }

  adopt(...session: Parameters<Engine['adopt']>): ReturnType<Engine['adopt']> {
    return this.#inner.adopt(...session)
  }

  confirm(...session: Parameters<Engine['confirm']>): ReturnType<Engine['confirm']> {
    return this.#inner.confirm(...session)
  }

  reload(): Promise<void> {
    return this.#inner.reload()
  }

  sweep(awayMs: number): Promise<void> {
    return this.#inner.sweep(awayMs)
  }

  drain(): void {
    this.#inner.drain()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  /**
   * Delivers the oldest command or event of a random lane.
   * @returns false if all lanes are empty
   */
  step(): boolean {
    const lanes = this.#lanes.filter(({ length }) => length > 0)
    const lane = lanes[Math.floor(this.#random() * lanes.length)]
    lane?.shift()?.()
    return lane !== undefined
  }

  /** Delivers all commands and events, also those that they cause. */
  settle(): void {
    while (this.step()) continue
  }

  #addLane(): Lane {
    const lane: Lane = []
    this.#lanes.push(lane)
    return lane
  }
}
