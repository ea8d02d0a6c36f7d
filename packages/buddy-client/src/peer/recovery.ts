import type { Cancel, Clock } from '../clock.ts'

/** ICE restarts after this time in state `disconnected`: the path is then unlikely to recover by itself. */
const disconnectedMs = 2500
/** How long each step may take until there is a media path. */
const stepMs = { connecting: 15_000, restarting: 7000, rebuilding: 10_000 } as const

/**
 * What the client does to get a media path. `none`: there is one · `connecting`: ICE looks for the first
 * path · `restarting`: an ICE restart looks for another · `rebuilding`: a new peer connection replaces
 * the old one.
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
 * Restores a lost media path in steps: an ICE restart, then a new peer connection, then the end of the
 * call. Each step needs signals to reach the partner. While they cannot, no step times out and the call
 * does not end. When they can again, the step starts from its beginning.
 */
export class Recovery {
  readonly #dependencies: RecoveryDependencies
  #step: RecoveryStep = 'connecting'
  #isReachable = true
  #cancelPatience: Cancel | undefined
  #cancelDeadline: Cancel | undefined
  /** `connecting` includes one ICE restart, because on some networks the first attempt fails at once. */
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
   * Restarts ICE at once, because the machine has changed networks. The step stays `none` while the
   * current path works.
   */
  handleNetworkChange(): void {
    if (this.#step === 'none') this.#dependencies.restart()
    else this.#repeat()
  }

  /**
   * Call when nothing arrives on the path any more although the browser still reports it as connected.
   * @param isRestarting an ICE restart is already in progress
   */
  handleSilence(isRestarting: boolean): void {
    if (this.#step !== 'none') return
    if (isRestarting) this.#enter('restarting')
    else this.#escalate()
  }

  /**
   * Call when media arrives again. A state change may not follow, because the browser may have reported
   * the path as connected all the time.
   */
  handlePath(): void {
    if (this.#step === 'restarting') this.#enter('none')
  }

  /** Call when the partner has requested a new peer connection and it was created. */
  handleRebuild(): void {
    this.#enter('rebuilding')
  }

  /** Sets whether signals reach the partner: both sides must be connected to the server. */
  setReachable(isReachable: boolean): void {
    if (isReachable === this.#isReachable) return
    this.#isReachable = isReachable
    if (isReachable) this.#repeat()
    else this.#clearDeadline()
  }

  close(): void {
    this.#clear()
  }

  /** Takes the next step. */
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
