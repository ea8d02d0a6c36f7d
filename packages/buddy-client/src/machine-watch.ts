import type { ClientEnvironment } from './browser-environment.ts'
import type { Unsubscribe } from './emitter.ts'

/**
 * Observes page and machine during a run. The machine may change networks. It may also sleep, and its
 * timers with it, so that a dead connection is not noticed until it wakes.
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

  /** Does nothing if it observes already. */
  begin(): void {
    this.#unwatch ??= this.#watch()
  }

  end(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
  }
}
