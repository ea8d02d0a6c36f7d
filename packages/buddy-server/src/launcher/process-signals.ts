/** The part of `process` that receives signals. */
interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown
  /** Acts as without a listener, which ends the process. */
  readonly endBy: (signal: NodeJS.Signals) => void
}

/**
 * The signals of this process. If a launcher started it, the launcher passes on the signals that it receives.
 * Some senders reach only one of the two processes (`kill`), others reach both (Ctrl-C in a terminal, tools
 * that end a process tree). A handler is called once in both cases: a signal and the same one from the
 * launcher count as one.
 */
export class ProcessSignals {
  readonly #source: SignalSource
  readonly #handlers = new Map<NodeJS.Signals, (() => void)[]>()
  /** For each signal, how many the launcher has passed on minus how many reached this process itself. */
  readonly #lead = new Map<NodeJS.Signals, number>()
  /** Whether a signal has been handled that stops the process. */
  #isStopping = false

  constructor(source: SignalSource) {
    this.#source = source
  }

  /** Calls `handler` for each signal. From then on, the signal no longer ends the process by itself. */
  on(signal: NodeJS.Signals, handler: () => void): void {
    const handlers = this.#handlers.get(signal)
    if (handlers) {
      handlers.push(handler)
      return
    }
    this.#handlers.set(signal, [handler])
    this.#source.on(signal, () => {
      if (this.#move(signal, -1) < 0) this.#deliver(signal)
    })
  }

  /** Call this for each signal that the launcher passes on. */
  handlePassedOn(signal: NodeJS.Signals): void {
    if (this.#move(signal, 1) > 0) this.#deliver(signal)
  }

  /**
   * Call this if the process that would stop this one has ended without doing so. Acts as SIGTERM, unless this
   * process is stopping already: a second SIGTERM would end it at once.
   */
  handleOrphaned(): void {
    if (!this.#isStopping) this.#deliver('SIGTERM')
  }

  /** Returns the new lead of the launcher. */
  #move(signal: NodeJS.Signals, by: 1 | -1): number {
    const lead = (this.#lead.get(signal) ?? 0) + by
    this.#lead.set(signal, lead)
    return lead
  }

  #deliver(signal: NodeJS.Signals): void {
    if (signal === 'SIGTERM' || signal === 'SIGINT') this.#isStopping = true
    const handlers = this.#handlers.get(signal)
    if (!handlers) this.#source.endBy(signal)
    for (const handler of handlers ?? []) handler()
  }
}

/** The signals of the running process. */
export const signals: ProcessSignals = new ProcessSignals({
  on: (signal, listener) => process.on(signal, listener),
  endBy: (signal) => process.kill(process.pid, signal),
})
