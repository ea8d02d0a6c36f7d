import type { ClientEnvironment } from './browser-environment.ts'
import type { Unsubscribe } from './emitter.ts'

/**
 * While a run lasts, what happens to the machine is looked at: it changes networks, and it sleeps, its
 * timers too, so that a connection may be dead for long without anybody having noticed.
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

  /** Does nothing where it looks already. */
  begin(): void {
    this.#unwatch ??= this.#watch()
  }

  end(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
  }
}
