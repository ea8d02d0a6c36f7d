import type { ClientMessage, ReportReason } from '@buddy-chat/protocol'
import { BuddyError, serverUnreachable } from './errors.ts'
import { asReceived } from './signaling/as-received.ts'

/** The details of a report besides its reason. */
export interface ReportDetails {
  /** The `Partner.room` of the partner to report. @default the present or latest partner */
  readonly room?: string | undefined
  /** The user's note for the operator, at most 1000 bytes of UTF-8. @default none */
  readonly note?: string | undefined
  /**
   * A picture of the partner's video, a JPEG in base64, at most 40,000 characters. Attach it only if the user has
   * seen it and agreed; see `BuddyClient.captureStill()`. @default none
   */
  readonly still?: string | undefined
}

interface PartnerReportsDependencies {
  /** Returns whether the client is connected and the server has sent its `welcome`. */
  readonly isConnected: () => boolean
  /** Returns false if the message can be neither sent nor kept for later. */
  readonly send: (message: ClientMessage) => boolean
  /** Called if a report was kept for a resume, and the session could not be resumed. */
  readonly onLost: (error: BuddyError) => void
}

/** Sends the user's reports and blocks of partners to the server, during one run of the client. */
export class PartnerReports {
  readonly #dependencies: PartnerReportsDependencies
  /** The room of the present or latest partner in the present session. */
  #latestRoom: string | undefined
  /** Whether a report or block is kept until the session is resumed. */
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
    if (wasKept) this.#reportLoss('the server has ended the session')
  }

  /** Called at the end of the run. Drops the reports and blocks that were kept. */
  end(): void {
    if (this.#isKept) this.#reportLoss('the client was stopped before it was connected again')
    this.#isKept = false
  }

  #reportLoss(reason: string): void {
    this.#dependencies.onLost(serverUnreachable(`a report or block was not sent: ${reason}`))
  }

  /**
   * Reports a partner, and blocks the partner.
   * @returns the room of the partner
   * @throws as `BuddyClient.report`
   */
  report(reason: ReportReason, { room = this.#latestRoom, note, still }: ReportDetails): string {
    if (room === undefined) throw new BuddyError('not-in-call', 'there was no partner to report')
    this.#send({ type: 'report', reason, room, note, still })
    return this.block(room)
  }

  /**
   * Blocks a partner.
   * @returns the room of the partner
   * @throws as `BuddyClient.block`
   */
  block(room = this.#latestRoom): string {
    if (room === undefined) throw new BuddyError('not-in-call', 'there was no partner to block')
    this.#send({ type: 'block', room })
    return room
  }

  #send(message: ClientMessage): void {
    const { isConnected, send } = this.#dependencies
    if (!send(asReceived(message, 'invalid-options'))) throw serverUnreachable()
    if (!isConnected()) this.#isKept = true
  }
}
