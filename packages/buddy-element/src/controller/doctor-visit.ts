import type { BuddyError, Check, DiagnoseOptions } from '@buddy-chat/client'
import type { ClientPart } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import type { DoctorView } from '../view/chat-view.ts'

interface DoctorVisitDependencies {
  readonly part: Pick<ClientPart, 'diagnose' | 'checkNames'>
  /** Options as the attributes have them now. */
  readonly options: () => DiagnoseOptions
  /** Undefined: closed. */
  readonly onView: (doctor: DoctorView | undefined) => void
  readonly onError: (error: BuddyError) => void
}

/** The part of the controller that is about the connection doctor: one visit at a time. */
export class DoctorVisit {
  readonly #dependencies: DoctorVisitDependencies
  #running = new AbortController()

  constructor(dependencies: DoctorVisitDependencies) {
    this.#dependencies = dependencies
  }

  /** Begins to look, anew where it has looked already. Resolves when all is known, or it is closed. */
  async open(): Promise<void> {
    const { part, options, onView, onError } = this.#dependencies
    const names = part.checkNames
    this.#running.abort()
    const { signal } = (this.#running = new AbortController())
    let checks: readonly Check[] = []
    onView({ names, checks, isDone: false })
    const onCheck = (check: Check): void => {
      checks = [...checks, check]
      onView({ names, checks, isDone: false })
    }
    try {
      await part.diagnose({ ...options(), signal, onCheck })
    } catch (error) {
      if (!isBuddyError(error)) throw error
      if (signal.aborted) return
      onView(undefined)
      onError(error)
      return
    }
    if (!signal.aborted) onView({ names, checks, isDone: true })
  }

  close(): void {
    this.#running.abort()
    this.#dependencies.onView(undefined)
  }
}
