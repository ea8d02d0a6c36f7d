import type { BuddyError, Check, DiagnoseOptions } from '@buddy-chat/client'
import type { ClientPart } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import type { DoctorView } from '../view/chat-view.ts'

interface DoctorVisitDependencies {
  readonly part: Pick<ClientPart, 'diagnose' | 'checkNames'>
  /** Returns the options that the client runs with, or those of the next start if it is stopped. */
  readonly options: () => DiagnoseOptions
  /** Called when the dialog has to show something else; with undefined when it has to be closed. */
  readonly onView: (doctor: DoctorView | undefined) => void
  readonly onError: (error: BuddyError) => void
}

/** Runs the connection doctor for the dialog. A new run aborts the previous one. */
export class DoctorVisit {
  readonly #dependencies: DoctorVisitDependencies
  #running = new AbortController()

  constructor(dependencies: DoctorVisitDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Opens the dialog and runs all checks; runs them again if the dialog is open. Resolves when all
   * checks are done, or when the dialog is closed.
   */
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
