import type { Cancel, Clock } from '../clock.ts'

/** The time in state `disconnected` after which the path is unlikely to recover without an ICE restart. */
const disconnectedMs = 2500
/** The time in milliseconds within which each step must find a media path. */
const stepMs = { connecting: 15_000, restarting: 7000, rebuilding: 10_000 } as const

/**
 * What the client does to get a media path:
 * - `none`: nothing, because there is a path
 * - `connecting`: ICE looks for the first path
 * - `restarting`: an ICE restart looks for another path
 * - `rebuilding`: a new peer connection, which replaces the old one, looks for a path
 */
export type RecoveryStep = 'none' | 'connecting' | 'restarting' | 'rebuilding'

interface RecoveryDependencies {
  readonly clock: Clock
  readonly restart: () => void
  readonly rebuild: () => void
  /** Called when every step has failed. */
  readonly giveUp: () => void
  /** Called after every change of the step. */
  readonly onStep: (step: RecoveryStep) => void
}

/**
 * Restores a lost media path in two steps. The first is an ICE restart, the second a new peer connection.
 * If both fail, the call ends. Each step needs signals, which must reach the partner. While they cannot,
 * no step times out and the call does not end. When they can again, the present step starts again.
 */
export class Recovery {
  readonly #dependencies: RecoveryDependencies
  #step: RecoveryStep = 'connecting'
  #isReachable = true
  #cancelPatience: Cancel | undefined
  #cancelDeadline: Cancel | undefined
  /**
   * Whether ICE was restarted in the step `connecting`. It is restarted once, because on some networks the
   * first attempt fails at once.
   */
  #hasRetriedFirst = false

  constructor(dependencies: RecoveryDependencies) {
    this.#dependencies = dependencies
    this.#expectPath()
  }

  get step(): RecoveryStep {
    return this.#step
  }

  handleState(state: RTCPeerConnectionState): void {
    if (state === 'connected') this.#enter('none')
    else if (state === 'failed') this.#escalate()
    else if (state === 'disconnected' && this.#step === 'none') {
      this.#cancelPatience ??= this.#dependencies.clock.after(disconnectedMs, () => {
        this.#cancelPatience = undefined
        this.#escalate()
      })
    }
  }

  /**
   * Restarts ICE at once, because the machine has changed networks. The step stays `none` while the present
   * path works.
   */
  handleNetworkChange(): void {
    if (this.#step === 'none') this.#dependencies.restart()
    else this.#repeat()
  }

  /**
   * Call when nothing arrives on the path any more although the browser still reports it as connected.
   * @param isRestarting whether an ICE restart is already in progress
   */
  handleSilence(isRestarting: boolean): void {
    if (this.#step !== 'none') return
    if (isRestarting) this.#enter('restarting')
    else this.#escalate()
  }

  /**
   * Call when media arrives again. `handleState` may not be called, because the browser may have reported
   * the path as connected all the time.
   */
  handlePath(): void {
    if (this.#step === 'restarting') this.#enter('none')
  }

  /** Call when a new peer connection was created because the partner has requested it. */
  handleRebuild(): void {
    this.#enter('rebuilding')
  }

  /** Sets whether signals reach the partner, for which both clients must be connected to the server. */
  setReachable(isReachable: boolean): void {
    if (isReachable === this.#isReachable) return
    this.#isReachable = isReachable
    if (isReachable) this.#repeat()
    else this.#clearDeadline()
  }

  close(): void {
    this.#clear()
  }

  /** Goes on to the next step. After the last one, gives up. */
  #escalate(): void {
    const { restart, rebuild, giveUp } = this.#dependencies
    switch (this.#step) {
      case 'none':
        this.#enter('restarting')
        restart()
        return
      case 'connecting':
        if (this.#hasRetriedFirst) return
        this.#hasRetriedFirst = true
        restart()
        return
      case 'restarting':
        this.#enter('rebuilding')
        rebuild()
        return
      case 'rebuilding':
        if (!this.#isReachable) return
        this.#clear()
        giveUp()
    }
  }

  /** Starts the current step again, with an ICE restart. */
  #repeat(): void {
    if (this.#step === 'none') return
    this.#enter(this.#step)
    this.#dependencies.restart()
  }

  #enter(step: RecoveryStep): void {
    this.#clear()
    const isNew = step !== this.#step
    this.#step = step
    this.#expectPath()
    if (isNew) this.#dependencies.onStep(step)
  }

  #expectPath(): void {
    const step = this.#step
    if (step === 'none' || !this.#isReachable) return
    this.#cancelDeadline = this.#dependencies.clock.after(stepMs[step], () => {
      this.#cancelDeadline = undefined
      if (step === 'connecting') this.#dependencies.giveUp()
      else this.#escalate()
    })
  }

  #clear(): void {
    this.#cancelPatience?.()
    this.#cancelPatience = undefined
    this.#clearDeadline()
  }

  #clearDeadline(): void {
    this.#cancelDeadline?.()
    this.#cancelDeadline = undefined
  }
}
