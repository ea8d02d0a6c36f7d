import type { EngineListener } from '../engine.ts'

/**
 * Delivers the engine's events in the order in which they were posted, but only after the command that caused
 * them has finished all its changes. So a listener that calls another command finds the engine in a
 * consistent state. The events of that command are delivered after those posted before, so that every session
 * receives its events in order.
 */
export class EventOutbox {
  readonly #onError: (error: unknown) => void
  #posted: (() => void)[] = []
  #isBusy = false

  /** @param onError receives the errors that listeners throw; later events are still delivered */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Runs a command, then delivers the events that it has posted. */
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

  /**
   * Posts a frame, or delivers it at once if no command is running. Frames are by far the most frequent
   * events, so this avoids a closure for each.
   */
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
    // Listeners may post more events during the loop.
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
