/** A path that is lost for so long is not coming back by itself: a new one is looked for. */
const disconnectedMs = 2500
/** How long each step may take, from its beginning to a path. */
const stepMs = { connecting: 15_000, restarting: 7000, rebuilding: 10_000 } as const

/**
 * What is being done about the path: `none` there is one; `connecting` the first; `restarting` ICE
 * looks for another; `rebuilding` a new peer connection is made.
 */
export type RecoveryStep = 'none' | 'connecting' | 'restarting' | 'rebuilding'

interface RecoveryDependencies {
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
  readonly restart: () => void
  readonly rebuild: () => void
  /** Everything was tried. */
  readonly giveUp: () => void
  /** After every change. */
  readonly onStep: (step: RecoveryStep) => void
}

/**
 * The ladder a call climbs when its path is lost: ICE restart, then a new peer connection, then the
 * end. Each step needs signals to reach the partner, so while they cannot nothing is given up; as
 * soon as they can the step begins anew.
 */
export class Recovery {
  readonly #dependencies: RecoveryDependencies
  #step: RecoveryStep = 'connecting'
  #isReachable = true
  #patience: number | undefined
  #deadline: number | undefined
  /** One restart within the first step: some networks fail the first attempt at once. */
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
    else if (state === 'failed') this.#climb()
    else if (state === 'disconnected' && this.#step === 'none') {
      this.#patience ??= this.#after(disconnectedMs, () => {
        this.#patience = undefined
        this.#climb()
      })
    }
  }

  /**
   * The machine has another network: another path is looked for at once. That is no interruption
   * while the present one lasts.
   */
  handleNetworkChange(): void {
    if (this.#step === 'none') this.#dependencies.restart()
    else this.#again()
  }

  /**
   * Nothing comes by the path any more, and the browser has not noticed.
   * @param isRestarting another path is being looked for already
   */
  handleSilence(isRestarting: boolean): void {
    if (this.#step !== 'none') return
    if (isRestarting) this.#enter('restarting')
    else this.#climb()
  }

  /** Something comes by the path again, though to the browser it was there all along. */
  handlePath(): void {
    if (this.#step === 'restarting') this.#enter('none')
  }

  /** The partner asked for a new peer connection, and it is being made. */
  handleRebuild(): void {
    this.#enter('rebuilding')
  }

  /** Whether signals reach the partner: the server is connected here and there. */
  setReachable(isReachable: boolean): void {
    if (isReachable === this.#isReachable) return
    this.#isReachable = isReachable
    if (isReachable) this.#again()
    else this.#clearDeadline()
  }

  close(): void {
    this.#clear()
  }

  /** The next step up. */
  #climb(): void {
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

  /** The present step once more, from its beginning. */
  #again(): void {
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
    this.#deadline = this.#after(stepMs[step], () => {
      this.#deadline = undefined
      if (step === 'connecting') this.#dependencies.giveUp()
      else this.#climb()
    })
  }

  #after(delayMs: number, callback: () => void): number {
    return this.#dependencies.setTimeout(callback, delayMs)
  }

  #clear(): void {
    const { clearTimeout } = this.#dependencies
    if (this.#patience !== undefined) clearTimeout(this.#patience)
    this.#patience = undefined
    this.#clearDeadline()
  }

  #clearDeadline(): void {
    if (this.#deadline !== undefined) this.#dependencies.clearTimeout(this.#deadline)
    this.#deadline = undefined
  }
}
