import type { ClientMessage, ReportReason } from '@buddy-chat/protocol'
import { BuddyError, serverUnreachable } from './errors.ts'
import { asReceived } from './signaling/as-received.ts'

interface PartnerReportsDependencies {
  /** Returns whether the client is connected and the server has sent its `welcome`. */
  readonly isConnected: () => boolean
  /** Returns false if the message can be neither sent nor kept for later. */
  readonly send: (message: ClientMessage) => boolean
  /** Called if a report was kept for a resume, and the session could not be resumed. */
  readonly onLost: (error: BuddyError) => void
}

/** Sends the user's reports of partners to the operator, during one run of the client. */
export class PartnerReports {
  readonly #dependencies: PartnerReportsDependencies
  /** The room of the present or latest partner in the present session. */
  #latestRoom: string | undefined
  /** Whether a report is kept until the session is resumed. */
  #isKept = false

  constructor(dependencies: PartnerReportsDependencies) {
    this.#dependencies = dependencies
  }

  handleMatched(room: string): void {
    this.#latestRoom = room
  }

  /**
   * Called when the client has connected. A resumed session sends the kept reports. In a new session, the
   * server does not know the earlier partners.
   */
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
