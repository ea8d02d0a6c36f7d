import type { ClientEnvironment } from './browser-environment.ts'
import type { Unsubscribe } from './emitter.ts'

/**
 * Observes the page and the machine during a run. The machine may change networks. It may also sleep. Its
 * timers then stop, so that the client does not notice a dead connection until the machine wakes.
 */
export class MachineWatch {
  readonly #watch: () => Unsubscribe
  #unwatch: Unsubscribe | undefined

  constructor(
    environment: Pick<ClientEnvironment, 'watch'>,
    listener: Parameters<ClientEnvironment['watch']>[0],
  ) {
    this.#watch = () => environment.watch(listener)
  }

  /** Begins to observe. Does nothing if it has begun before. */
  begin(): void {
    this.#unwatch ??= this.#watch()
  }

  end(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
  }
}
