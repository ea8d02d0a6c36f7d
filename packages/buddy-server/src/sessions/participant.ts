import type { LeaveReason, MessageOf, Mode } from '@buddy-chat/protocol'
import type { EngineEvent, EngineListener, EngineSession, Handover } from '../engine/engine.ts'
import type { Room, RoomClaim } from '../engine/room.ts'
import type { Criteria, Ticket } from '../engine/ticket.ts'
import { noCriteria } from '../engine/ticket.ts'
import type { ReportedEvent } from './event-message.ts'
import { messageOf } from './event-message.ts'
import { HeldFrames } from './held-frames.ts'
import type {
  ParticipantContext,
  ParticipantSession,
  ReportAdditions,
} from './participant-context.ts'
import type { PartnerLink } from './partner-link.ts'
import { RoomLink } from './partner-link.ts'

/** A client's request for a match. It has been checked and cleaned. */
export type MatchCriteria = Criteria & Pick<Ticket, 'lobby' | 'mode'>

const noAdditions: ReportAdditions = { note: null, still: null }

/**
 * A session's side of the engine. It sends the session's commands to the engine, and messages about the engine's events
 * to the client. It knows whether the session is in the queue or in a room. It drops events that a later command has
 * made obsolete, so that the engine may answer at any time.
 */
export class Participant implements EngineListener {
  readonly #session: ParticipantSession
  readonly #context: ParticipantContext
  readonly #engine: EngineSession
  /** The number of commands so far that have made earlier events obsolete. Each such command contains it. */
  #generation = 0
  /** The latest ticket; undefined before the first one. */
  #ticket: Ticket | undefined
  #isSearching = false
  /**
   * The details of the reports that the engine has not answered yet. It answers them in order. Undefined
   * until the first report, to save memory.
   */
  #reportAdditions: ReportAdditions[] | undefined
  #link: RoomLink | undefined
  /** The id of the room in which the session was last, or which it has claimed. */
  #latestRoomId: string | undefined
  /**
   * Frames for a partner who has not come back yet after a restart; undefined if no such partner is expected.
   */
  #held: HeldFrames | undefined

  /** @param isRestored whether an earlier process had the session. If so, the caller calls `claimRoom`. */
  constructor(session: ParticipantSession, context: ParticipantContext, isRestored: boolean) {
    this.#session = session
    this.#context = context
    const { id: sessionId, addressKey, identity, personKey } = session
    const { site, name, subject } = identity
    const { engine, nodeId } = context
    const seat = { sessionId, nodeId, name, subject, personKey }
    const profile = { seat, site, addressKey, personKey }
    this.#engine = engine.join(profile, this, isRestored)
  }

  /** The room that the session is in; undefined if it is in none. */
  get room(): Room | undefined {
    return this.#link?.room
  }

  /** The link that relays frames to the partner; undefined outside a room. */
  get partner(): PartnerLink | undefined {
    return this.#link
  }

  /** Whether the session is in a room with a partner who has a connection. */
  get isPartnerPresent(): boolean {
    return this.#link?.isPartnerPresent ?? false
  }

  /** Whether the session has a ticket in the queue, or will have one when it has a connection again. */
  get isSearching(): boolean {
    return this.#isSearching
  }

  /** Whether the session waits for its partner to come back to a room of an earlier process. */
  get isClaiming(): boolean {
    return this.#held !== undefined
  }

  /** How many frames the session had received before the first one that waits for the partner; undefined if none does. */
  get receivedBeforeHeld(): number | undefined {
    return this.#held?.receivedBefore
  }

  /** Whether the session has a partner or waits for one. Then it is not idle, even without input. */
  get isOccupied(): boolean {
    return (
      this.#link !== undefined || this.isClaiming || (this.#isSearching && this.#session.isPresent)
    )
  }

  /**
   * Whether the session may be ended when it is away and a new session needs its place. It may, unless it is
   * in a room to which a session may still come back.
   */
  get canGiveWay(): boolean {
    return this.#link?.isAbandoned ?? true
  }

  /** The mode of the latest ticket; undefined before the first one. */
  get mode(): Mode | undefined {
    return this.#ticket?.mode
  }

  /** Leaves the room, if the session is in one, and queues a new ticket. */
  enter(criteria: MatchCriteria, offer: Uint8Array | undefined): void {
    this.#ticket = this.#toTicket(criteria)
    this.#enter(this.#ticket, offer)
  }

  /**
   * Leaves the room, if the session is in one, and queues the latest ticket again.
   * @returns false if there was no ticket before
   */
  next(offer: Uint8Array | undefined): boolean {
    if (!this.#ticket) return false
    this.#ticket = this.#toTicket(this.#ticket)
    this.#enter(this.#ticket, offer)
    return true
  }

  /** Changes the criteria of the latest ticket, if there is one. In the queue it keeps its place. */
  change(criteria: Criteria): void {
    if (!this.#ticket) return
    this.#ticket = this.#toTicket({ ...this.#ticket, ...criteria })
    if (this.#isSearching) this.#engine.change(this.#ticket)
  }

  /**
   * Leaves the room, the queue or the claim.
   * @returns whether the session was in a room
   */
  leave(reason: LeaveReason): boolean {
    const wasInRoom = this.#leavePlace()
    this.#engine.leave(reason, ++this.#generation)
    if (wasInRoom) this.#context.onCallInterrupted(this.#session)
    return wasInRoom
  }

  /**
   * Claims the room that the session had in an earlier process. Call this once for each restored session,
   * with undefined if it claims no room.
   */
  claimRoom(claim: RoomClaim | undefined): void {
    if (claim) {
      // The client sends the criteria again with its next ticket.
      this.#ticket = this.#toTicket({ ...noCriteria, lobby: claim.lobby, mode: claim.mode })
      this.#latestRoomId = claim.roomId
      this.#held = new HeldFrames(this.#context.maxHeldBytes())
    }
    this.#engine.claimRoom(claim, ++this.#generation)
  }

  /**
   * Keeps a frame for a partner who has not come back yet after a restart. If the limit is exceeded, the
   * session stops waiting, and its client receives `partner-left`.
   * @param pass called when the partner is back, in the order of the frames
   * @returns false if no partner is expected
   */
  hold(byteLength: number, pass: () => void): boolean {
    if (!this.#held) return false
    if (!this.#held.add(byteLength, this.#session.received - 1, pass)) {
      this.leave('lost')
      this.#session.send({ type: 'partner-left', reason: 'lost' })
    }
    return true
  }

  /**
   * Reports the partner of a room, or the latest partner if `room` is null. The answer arrives at
   * `onReported`.
   */
  report({ room, reason, note, still }: MessageOf<'report'>): void {
    ;(this.#reportAdditions ??= []).push({ note: note ?? null, still: still ?? null })
    this.#engine.report(room, reason)
  }

  /**
   * Blocks the partner of a room, or the latest partner if `roomId` is null: the two people never meet again.
   * Leaves the room if it is the present one.
   * @returns false if there was no partner yet
   */
  block(roomId: string | null): boolean {
    // The engine always receives the name of a room. Otherwise a match that the client does not know yet could
    // be the latest one.
    const named = roomId ?? this.#latestRoomId
    if (named === undefined) return false
    this.#engine.block(named)
    const isPresent = this.#link !== undefined || this.isClaiming
    if (isPresent && named === this.#latestRoomId) this.leave('left')
    return true
  }

  /**
   * Keeps frames that the client has not received, in case another node takes the session over.
   * @param sentBefore how many frames of the session were sent before the first of them
   */
  keep(frames: readonly Uint8Array[], sentBefore: number): void {
    this.#engine.keep(frames, sentBefore)
  }

  /** Call this before a client that resumes the session is welcomed; see {@link EngineSession.welcome}. */
  welcome(number: number): void {
    this.#engine.welcome(number)
  }

  /** Call this when the client has received the latest welcome. */
  confirmWelcome(): void {
    this.#engine.confirmWelcome()
  }

  /** Call this when the session has lost its connection. */
  handleAway(): void {
    if (this.#isSearching) this.#touch()
    this.#engine.away()
  }

  /** Call this when the session has a connection again. */
  handleBack(): void {
    if (this.#link) this.#link.isAbandoned = false
    this.#engine.back(this.#session.addressKey)
  }

  /** Ends the session at this node, which stops. Another node may take it over. */
  release(handover: Handover): void {
    this.#leavePlace()
    this.#generation++
    this.#engine.release(handover)
  }

  handleTaken(welcomes: number): Handover {
    const held = this.#held
    this.#leavePlace()
    this.#generation++
    this.#held = held
    const handover = this.#context.onTaken(this.#session, welcomes)
    this.#held = undefined
    return handover
  }

  /** Call this when the session has ended. */
  end(reason: LeaveReason): void {
    const wasInRoom = this.#leavePlace()
    this.#generation++
    this.#engine.end(reason)
    if (wasInRoom) this.#context.onCallInterrupted(this.#session)
  }

  handleEvent(event: EngineEvent): void {
    if (event.type === 'reported') {
      const { note, still } = this.#reportAdditions?.shift() ?? noAdditions
      this.#context.onReported(this.#session, { ...event, note, still })
      return
    }
    if (event.type === 'blocked') {
      if (!event.isKnown) this.#context.onUnknownRoom(this.#session)
      return
    }
    if (event.generation !== this.#generation) return
    switch (event.type) {
      case 'frame':
        this.#session.sendFrame(event.frame)
        break
      case 'queued':
      case 'unavailable':
      case 'searching':
        this.#send(event)
        break
      case 'matched':
        this.#handleMatched(event)
        break
      case 'restored':
        this.#handleRestored(event)
        break
      case 'presence':
        this.#handlePresence(event)
        break
      case 'abandoned':
        if (this.#link) this.#link.isAbandoned = !this.#session.isPresent
        break
      case 'parted':
        this.#handleParted(event)
        break
    }
  }

  #handleMatched(event: EngineEvent & { type: 'matched' }): void {
    const { room, seat } = event
    this.#isSearching = false
    this.#link = new RoomLink(room, seat, true, this.#engine)
    this.#latestRoomId = room.id
    this.#context.onMet(this.#session)
    this.#send(event)
  }

  #handleRestored(event: EngineEvent & { type: 'restored' }): void {
    this.#link = new RoomLink(event.room, event.seat, event.isPartnerPresent, this.#engine)
    const held = this.#held
    this.#held = undefined
    this.#send(event)
    held?.pass()
  }

  #handlePresence(event: EngineEvent & { type: 'presence' }): void {
    const { isPresent } = event
    if (this.#link) {
      this.#link.isPartnerPresent = isPresent
      if (isPresent) this.#link.isAbandoned = false
    }
    this.#send(event)
    if (!isPresent) this.#context.onCallInterrupted(this.#session)
  }

  #handleParted(event: EngineEvent & { type: 'parted' }): void {
    const wasInRoom = this.#leavePlace()
    this.#send(event)
    if (wasInRoom) this.#context.onCallInterrupted(this.#session)
  }

  /** Sends the client the message about an event. */
  #send(event: ReportedEvent): void {
    this.#session.send(messageOf(event, this.#context))
  }

  #toTicket(criteria: MatchCriteria): Ticket {
    const { id: sessionId, identity } = this.#session
    const { site, band, attributes } = identity
    const { region } = this.#context
    const delayMs = this.#context.delayMsOf(this.#session)
    return { ...criteria, sessionId, site, band, attributes, region, delayMs }
  }

  #enter(ticket: Ticket, offer: Uint8Array | undefined): void {
    // `onCallInterrupted` may close the connection. It is called before the command, because the ticket of a
    // session without a connection must not be matched.
    if (this.#leavePlace()) this.#context.onCallInterrupted(this.#session)
    this.#isSearching = true
    // In text mode the offer is dropped, because it can contain the user's address, which text mode must not
    // reveal.
    const usable = ticket.mode === 'text' ? undefined : offer
    this.#engine.enter(ticket, ++this.#generation, usable)
  }

  /**
   * Resets the state to that of a session outside a room and outside the queue.
   * @returns whether the session was in a room
   */
  #leavePlace(): boolean {
    const link = this.#link
    this.#link = undefined
    this.#held = undefined
    this.#isSearching = false
    if (!link) return false
    link.isOpen = false
    this.#touch()
    return true
  }

  /** Restarts the session's idle time. */
  #touch(): void {
    this.#session.lastActiveMs = this.#context.now()
  }
}
