import type { Check, DiagnoseOptions } from '@buddy-chat/client'
import { BuddyError, diagnose } from '@buddy-chat/client'
import type { DoctorView } from '../view/chat-view.ts'

interface DoctorVisitDependencies {
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
    const { options, onView, onError } = this.#dependencies
    this.#running.abort()
    const { signal } = (this.#running = new AbortController())
    let checks: readonly Check[] = []
    onView({ checks, isDone: false })
    const onCheck = (check: Check): void => {
      checks = [...checks, check]
      onView({ checks, isDone: false })
    }
    try {
      await diagnose({ ...options(), signal, onCheck })
    } catch (error) {
      if (!(error instanceof BuddyError)) throw error
      if (signal.aborted) return
      onView(undefined)
      onError(error)
      return
    }
    if (!signal.aborted) onView({ checks, isDone: true })
  }

  close(): void {
    this.#running.abort()
    this.#dependencies.onView(undefined)
  }
}
