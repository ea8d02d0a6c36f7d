import type { EngineListener } from '../engine.ts'

/**
 * Delivers the engine's events in the order in which they were posted, after the command that caused them
 * has changed all of the engine's state. A listener may call commands: their events follow the
 * ones that are posted already, so that every session receives its own in order.
 */
export class Outbox {
  readonly #onError: (error: unknown) => void
  #posted: (() => void)[] = []
  #isBusy = false

  /** @param onError receives what a listener throws; the other events are delivered */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Runs a command, then delivers what it has posted. */
  run(command: () => void): void {
    if (this.#isBusy) {
      command()
      return
    }
    this.#isBusy = true
    try {
      command()
    } finally {
      this.#deliver()
    }
  }

  /** Adds an event. Call it inside {@link run}. */
  post(deliver: () => void): void {
    this.#posted.push(deliver)
  }

  /** Delivers one frame. The most frequent event has no closure and no queue, unless others are in front. */
  postFrame(listener: EngineListener, generation: number, frame: Uint8Array): void {
    const event = { type: 'frame', generation, frame } as const
    if (this.#isBusy) {
      this.#posted.push(() => listener.handleEvent(event))
      return
    }
    this.#isBusy = true
    try {
      listener.handleEvent(event)
    } catch (error) {
      this.#onError(error)
    }
    this.#deliver()
  }

  #deliver(): void {
    // The list may become longer during the loop.
    for (const deliver of this.#posted) {
      try {
        deliver()
      } catch (error) {
        this.#onError(error)
      }
    }
    if (this.#posted.length > 0) this.#posted = []
    this.#isBusy = false
  }
}
