import type { ClientMessage, ReportReason } from '@buddy-chat/protocol'
import { BuddyError, serverUnreachable } from './errors.ts'
import { asReceived } from './signaling/as-received.ts'

interface PartnerReportsDependencies {
  /** Whether the server is connected and has sent its welcome. */
  readonly isConnected: () => boolean
  /** Returns false if the message can be neither sent nor kept for later. */
  readonly send: (message: ClientMessage) => boolean
  /** Called if a report was kept for a session that could not be resumed. */
  readonly onLost: (error: BuddyError) => void
}

/** Reports of partners to the operator, from one `start()` to its end. */
export class PartnerReports {
  readonly #dependencies: PartnerReportsDependencies
  /** The room of the present or latest partner in the server's present session. */
  #latestRoom: string | undefined
  /** A report waits until the session is resumed. */
  #isKept = false

  constructor(dependencies: PartnerReportsDependencies) {
    this.#dependencies = dependencies
  }

  handleMatched(room: string): void {
    this.#latestRoom = room
  }

  /** A resumed session sends what was kept. A new session knows no earlier partner. */
  handleWelcome(isResumed: boolean): void {
    const wasKept = this.#isKept
    this.#isKept = false
    if (isResumed) return
    this.#latestRoom = undefined
    if (wasKept) {
      this.#dependencies.onLost(
        serverUnreachable('a report was not sent: the server has ended the session'),
      )
    }
  }

  /** See `BuddyClient.report`. */
  report(reason: ReportReason, room = this.#latestRoom): void {
    const { isConnected, send } = this.#dependencies
    if (room === undefined) throw new BuddyError('not-in-call', 'there was no partner to report')
    const message = asReceived({ type: 'report', reason, room }, 'invalid-options')
    if (!send(message)) throw serverUnreachable()
    if (!isConnected()) this.#isKept = true
  }
}
