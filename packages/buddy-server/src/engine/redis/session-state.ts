import type { LeaveReason } from '@buddy-chat/protocol'
import type { EngineEvent, EngineListener, SessionProfile } from '../engine.ts'
import type { Encounters } from '../memory/encounters.ts'
import type { AnswerOrder } from './answer-order.ts'
import type { Command } from './command-queue.ts'
import type { SessionContext } from './session-context.ts'
import { SessionRoom } from './session-room.ts'
import { toStoredProfile, toStoredRoom } from './stored-values.ts'
import { TicketTimer } from './ticket-timer.ts'
import type { Answer, PartnerEvent } from './wire.ts'

/** What the session's latest command has requested, until Redis has confirmed it. It is sent again in a statement. */
type Intent =
  | { readonly kind: 'none' | 'leave' }
  | { readonly kind: 'enter'; readonly ticket: Uint8Array; readonly sinceMs: number }
  | { readonly kind: 'claim'; readonly claim: object; readonly isAdopted: boolean }

/** What a node knows of one of its sessions. The session's place (queue, room, claim) is in Redis. */
export class SessionState {
  readonly id: string
  readonly context: SessionContext
  readonly listener: EngineListener
  readonly room: SessionRoom
  profile: SessionProfile
  generation = 0
  /** Increases each time that a node takes the session over, or that it moves to another shard. */
  epoch: number
  /**
   * How many welcomes the session has had, and how many of them its client has certainly received. The first one is
   * part of its beginning.
   */
  welcomes = 1
  confirmedWelcomes = 0
  /** The number of the latest event about the place that has arrived. Redis numbers these events. */
  change = 0
  /**
   * The latest event about the partner of a room that has arrived before the event that the session is in that room. The
   * two may come from different nodes.
   */
  early: PartnerEvent | undefined
  /** The number of the change about which the events must arrive soon; undefined if none is expected. */
  awaited: number | undefined
  /** The site of the latest ticket, and the offer in it that the partner has not received. */
  site = ''
  offer: Uint8Array | undefined
  claimedRoomId: string | undefined
  intent: Intent = { kind: 'none' }
  /**
   * The number of kept frames that were read when the session was taken over, until Redis has confirmed that it has
   * joined.
   */
  taken: number | undefined
  isAway = false
  /** The order of the answers to reports and blocks. Undefined until the first one, to save memory. */
  answers: AnswerOrder | undefined
  /** Whether the session is being released, so that its listener receives no more events. */
  isMuted = false
  /** The reason of the latest command that leaves a place. */
  reason: LeaveReason = 'left'
  /** The room that the session has left, until Redis has confirmed the command that leaves it. */
  left:
    { readonly id: string; readonly partnerId?: string; readonly reason: LeaveReason } | undefined
  /** The generation and the room in the latest statement that was sent; undefined before the first one. */
  stated: { readonly generation: number; readonly roomId: string | undefined } | undefined
  #timer: TicketTimer | undefined

  constructor(
    profile: SessionProfile,
    listener: EngineListener,
    epoch: number,
    context: SessionContext,
    encounters: Encounters | undefined,
  ) {
    this.id = profile.seat.sessionId
    this.context = context
    this.listener = listener
    this.room = new SessionRoom(context, this, encounters)
    this.profile = profile
    this.epoch = epoch
  }

  /** Sends a command of the session. */
  send(
    name: string,
    fields: object,
    handleAnswer?: (answer: Answer) => void,
    isKept = false,
  ): void {
    const { nodeId, send } = this.context
    send({ c: name, s: this.id, n: nodeId, e: this.epoch, ...fields }, handleAnswer, isKept)
  }

  /** Passes a frame of the partner to the client. */
  deliverFrame(frame: Uint8Array): void {
    this.emit({ type: 'frame', generation: this.generation, frame })
  }

  /** Passes an event to the session, unless it is being released. */
  emit(event: EngineEvent): void {
    if (!this.isMuted) this.listener.handleEvent(event)
  }

  /** Notes that the session is in no room, queue or claim. */
  exit(): void {
    this.room.exit()
    this.clearTimer()
  }

  /** Lets Redis look at the ticket after this time, or earlier if an earlier time stays. */
  timeTicket(inMs: number, keepsEarlier: boolean): void {
    const { clock, scheduleOf, createId } = this.context
    this.#timer ??= new TicketTimer(clock, () => {
      const { interestsMs, languagesMs, regionMs } = scheduleOf(this.site)
      this.send('due', { schedule: [interestsMs, languagesMs, regionMs], room: createId() })
    })
    this.#timer.set(inMs, keepsEarlier)
  }

  /** Redis ends the room if the partner's node, after a loss of data, has not stated the partner again by then. */
  awaitPartner(roomId: string): void {
    const { clock, graceMs, createId } = this.context
    clock.after(graceMs(), () => this.send('expectPartner', { at: roomId, room: createId() }))
  }

  /** There is nothing to do for the ticket any more. */
  clearTimer(): void {
    this.#timer?.clear()
  }

  /** Returns the command `restate`, with everything that this node knows of the session. */
  statement(): Command {
    const { nodeId, clock, restoreLeftMs, createId } = this.context
    const { intent, left, taken } = this
    const { room } = this.room.present ?? {}
    return {
      c: 'restate',
      s: this.id,
      n: nodeId,
      e: this.epoch,
      g: this.generation,
      v: Math.max(this.change, this.early?.v ?? 0),
      ...(this.awaited !== undefined && { awaited: this.awaited }),
      welcomes: this.welcomes,
      confirmedWelcomes: this.confirmedWelcomes,
      k: this.profile.personKey,
      f: toStoredProfile(this.profile),
      isAway: this.isAway,
      reason: this.reason,
      room: createId(),
      ...(taken !== undefined && { taken }),
      ...(left && { left }),
      ...(room && { at: toStoredRoom(room) }),
      ...(intent.kind === 'enter' && { w: intent.ticket, waitedMs: clock.now() - intent.sinceMs }),
      ...(intent.kind === 'claim' && {
        claim: intent.claim,
        isAdopted: intent.isAdopted,
        inMs: restoreLeftMs(),
      }),
    }
  }
}
