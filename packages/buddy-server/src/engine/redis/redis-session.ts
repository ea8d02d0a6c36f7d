import type { LeaveReason, ReportReason } from '@buddy-chat/protocol'
import type {
  EngineEvent,
  EngineListener,
  EngineSession,
  Handover,
  SessionProfile,
} from '../engine.ts'
import type { Encounters } from '../memory/encounters.ts'
import type { RoomClaim } from '../room.ts'
import type { Ticket } from '../ticket.ts'
import type { AnswerOrder } from './answer-order.ts'
import type { Command } from './command-queue.ts'
import { handleRestated } from './handle-restated.ts'
import { clearLeft, declineRoom, handlePartnerLeft, leavePlace } from './leave-place.ts'
import type { SessionContext } from './session-context.ts'
import { handleLocalEvent, handleStoredEvent } from './session-events.ts'
import { SessionRelease } from './session-release.ts'
import { blockPartner, reportPartner } from './session-reports.ts'
import { SessionState } from './session-state.ts'
import { toStoredProfile, toStoredTicket, toText } from './stored-values.ts'
import type { Adoption, Answer, FrameItem, Restated, StoredEvent } from './wire.ts'

/** The parts of the engine that its sessions use. */
export interface RedisSessionContext extends SessionContext {
  readonly find: (sessionId: string) => RedisSession | undefined
  /** Called when the session has entered a ticket. */
  readonly onEntered: (session: RedisSession, ticket: Ticket) => void
  /** Called when the session has left the queue. */
  readonly onQuit: (session: RedisSession) => void
  readonly forget: (session: RedisSession) => void
}

/** What a session brings along that begins in a shard; see `sharded-session.ts`. */
export interface ShardArrival {
  /** The epoch of the session; undefined if it is not known yet. */
  readonly epoch?: number
  /** How many welcomes the session has had, and its client has received. */
  readonly welcomes?: number
  readonly confirmedWelcomes?: number
  /** The partners that the session has met in other shards. */
  readonly encounters?: Encounters | undefined
  /** The order of the answers to its reports and blocks, some of which come from other shards. */
  readonly answers?: AnswerOrder | undefined
  /** Called when Redis has confirmed that the session has joined, or does not answer; perhaps more than once. */
  readonly onJoined: (isConfirmed: boolean) => void
}

const nothing: Handover = { frames: [], sentBefore: 0, received: 0 }

/** A session of this node: its commands, and how another node takes it over. */
export class RedisSession implements EngineSession {
  readonly #context: RedisSessionContext
  readonly #state: SessionState
  /** Whether the session was taken over from another node. */
  readonly #isAdopted: boolean
  readonly #onJoined: ShardArrival['onJoined'] | undefined
  /** The release of the session; undefined until it is released. */
  #release: SessionRelease | undefined
  /** Whether Redis has not answered the claim of a room yet. */
  #isClaiming = false
  /** The latest ticket; undefined before the first one. */
  #ticket: Ticket | undefined

  constructor(
    profile: SessionProfile,
    listener: EngineListener,
    isRestored: boolean,
    adoption: Adoption | undefined,
    context: RedisSessionContext,
    arrival?: ShardArrival,
  ) {
    this.#isAdopted = adoption?.taken !== undefined
    this.#context = context
    this.#onJoined = arrival?.onJoined
    const epoch = arrival?.epoch ?? adoption?.epoch ?? 1
    this.#state = new SessionState(profile, listener, epoch, context, arrival?.encounters)
    this.#state.answers = arrival?.answers
    const isAdopted = this.#isAdopted
    const f = toStoredProfile(profile)
    const { taken = 0 } = adoption ?? {}
    this.#state.taken = adoption?.taken
    const join = { g: 0, k: profile.personKey, f, isRestored, isAdopted, taken }
    this.#state.send('join', join, ([failure]) => {
      if (failure === false) this.#state.taken = undefined
      if (failure === false || failure === 'unavailable') this.#onJoined?.(failure === false)
    })
    // The client knows of this number, and may come back by another connection before it is welcomed here.
    this.#state.welcomes = arrival?.welcomes ?? Math.max(1, adoption?.welcomes ?? 1)
    const { confirmedWelcomes = 0 } = arrival ?? {}
    this.#state.confirmedWelcomes = confirmedWelcomes
    if (confirmedWelcomes > 0) this.#state.send('welcomed', { welcomes: confirmedWelcomes })
  }

  get id(): string {
    return this.#state.id
  }

  /** Increases each time that a node takes the session over, or that it moves to another shard. */
  get epoch(): number {
    return this.#state.epoch
  }

  /** The number of the latest event about the session's place that has arrived. */
  get latestChange(): number {
    return this.#state.change
  }

  /** How many welcomes the session has had, as far as this node knows. */
  get welcomes(): number {
    return this.#state.welcomes
  }

  /** Whether the session is being released, so that it is no longer a session of this node. */
  get isLeaving(): boolean {
    return this.#release !== undefined
  }

  /** The profile of the session, which the local queue needs too. */
  get profile(): SessionProfile {
    return this.#state.profile
  }

  /** Whether the session has lost its connection. */
  get isAway(): boolean {
    return this.#state.isAway
  }

  /** Whether the session may be in a room, in the queue, or wait for a room. */
  get mayHavePlace(): boolean {
    const { room, intent } = this.#state
    const isOutside = intent.kind === 'none' || intent.kind === 'leave'
    return this.#isAdopted || room.present !== undefined || !isOutside
  }

  /** The recent partners; undefined if there was none yet. */
  get encounters(): Encounters | undefined {
    return this.#state.room.encounters
  }

  /** What the session brings along to another shard, and its epoch here. */
  get departure(): Omit<Required<ShardArrival>, 'onJoined'> {
    const { epoch, welcomes, confirmedWelcomes, answers, room } = this.#state
    return { epoch, welcomes, confirmedWelcomes, answers, encounters: room.encounters }
  }

  enter(ticket: Ticket, generation: number, offer?: Uint8Array): void {
    const state = this.#state
    this.#quit('next')
    state.generation = generation
    state.site = ticket.site
    state.offer = offer
    this.#ticket = ticket
    const room = this.#context.createId()
    const isOffered = offer !== undefined
    const w = this.#toStored(ticket)
    state.intent = { kind: 'enter', ticket: w, sinceMs: this.#context.clock.now() }
    state.send('enter', { g: generation, w, room, isOffered }, clearLeft(state))
    if (!state.isAway) this.#context.onEntered(this, ticket)
  }

  change(ticket: Ticket): void {
    const state = this.#state
    const w = this.#toStored(ticket)
    if (state.intent.kind === 'enter') state.intent = { ...state.intent, ticket: w }
    this.#ticket = ticket
    state.send('change', { w, room: this.#context.createId() })
  }

  leave(reason: LeaveReason, generation: number): void {
    const state = this.#state
    this.#quit(reason)
    state.generation = generation
    state.intent = { kind: 'leave' }
    state.send('leave', { g: generation, reason }, clearLeft(state))
  }

  pass(frame: Uint8Array): void {
    this.#state.room.pass(frame)
  }

  away(): void {
    this.#context.onQuit(this)
    this.#state.isAway = true
    this.#state.send('away', {})
  }

  back(addressKey: string): void {
    const state = this.#state
    state.isAway = false
    const isNew = addressKey !== state.profile.addressKey
    if (isNew) state.profile = { ...state.profile, addressKey }
    state.send('back', {
      room: this.#context.createId(),
      ...(isNew && { f: toStoredProfile(state.profile) }),
    })
    if (state.intent.kind === 'enter' && this.#ticket) this.#context.onEntered(this, this.#ticket)
  }

  claimRoom(claim: RoomClaim | undefined, generation: number): void {
    const state = this.#state
    state.generation = generation
    const isAdopted = this.#isAdopted
    if (!claim) {
      state.send('claim', { g: generation, isAdopted })
      return
    }
    const { partnerKey = '', ...rest } = claim
    const { partnerId, roomId, mode, lobby } = claim
    state.room.remember({ roomId, mode, lobby, partnerId, partnerKey: claim.partnerKey })
    state.claimedRoomId = roomId
    const stated = { ...rest, partnerKey, site: state.profile.site }
    state.intent = { kind: 'claim', claim: stated, isAdopted }
    if (isAdopted) state.room.expect(roomId)
    const inMs = this.#context.restoreLeftMs()
    this.#isClaiming = true
    state.send('claim', { g: generation, isAdopted, claim: stated, inMs }, () => {
      this.#isClaiming = false
      this.#release?.handleClaimed()
    })
  }

  report(asked: string | null, reason: ReportReason): void {
    reportPartner(this.#state, asked, reason)
  }

  block(roomId: string): void {
    blockPartner(this.#state, roomId)
  }

  welcome(number: number): void {
    this.#state.welcomes = number
    this.#state.send('resumed', {})
  }

  confirmWelcome(): void {
    const state = this.#state
    state.confirmedWelcomes = state.welcomes
    state.send('welcomed', { welcomes: state.welcomes })
  }

  end(reason: LeaveReason): void {
    this.#quit(reason)
    this.#state.generation++
    this.#context.forget(this)
    const { left } = this.#state
    this.#state.send('end', { reason, ...(left && { left }) }, undefined, true)
  }

  /**
   * Ends the session in this shard, because it continues in another one. The command is sent until Redis answers.
   * @param onDeparted called with whether another node has, or had, the session
   */
  depart(reason: LeaveReason, onDeparted: (isLost: boolean) => void): void {
    this.#quit(reason)
    this.#context.forget(this)
    const handle = ([failure]: Answer): void => onDeparted(failure === 'fenced')
    const { left } = this.#state
    this.#state.send('depart', { reason, ...(left && { left }) }, handle, true)
  }

  /** Forgets the session in this shard without a command, because it comes back to this shard. */
  abandon(): void {
    this.#quit('next')
    this.#context.forget(this)
  }

  keep(frames: readonly Uint8Array[], sentBefore: number): void {
    // Numbers are stored from 1 on, because 0 means that the number is not known.
    this.#state.send('keep', { frames: frames.map(toText), first: sentBefore + 1 })
  }

  release(handover: Handover): void {
    this.#startRelease(handover, [])
  }

  /** Releases the session for another node, and notifies that node afterwards. */
  handleTaken({ to, welcomes }: Extract<StoredEvent, { type: 'release' }>): void {
    if (this.#release) this.#release.addTaker(to)
    else this.#startRelease(this.#state.listener.handleTaken?.(welcomes) ?? nothing, [to])
  }

  /** Call this when the partner's node has sent its last frame to this node. */
  handlePaused(): void {
    this.#state.room.handlePaused()
  }

  /** Another node takes the partner over, or will. */
  handlePause(roomId: string): void {
    this.#state.room.handlePause(roomId)
  }

  /** Call this when another node has taken the session over. */
  handleLost(): void {
    this.#state.exit()
    this.#state.generation++
    this.#state.listener.handleTaken?.(0)
  }

  /** Whether the events about this change of the session's place have not arrived. */
  isMissing(change: number): boolean {
    return this.#state.awaited === change && this.#state.change < change
  }

  /** Returns the command that states again what this node knows of the session. */
  statement(): Command {
    const state = this.#state
    state.stated = { generation: state.generation, roomId: state.room.present?.room.id }
    return state.statement()
  }

  /** Handles the answer to {@link statement}. Its events arrive before it. */
  handleRestated(restated: Restated): void {
    handleRestated(this.#state, restated, () => this.#onJoined?.(true))
  }

  /** Call this if Redis does not answer, and the session cannot be matched. */
  handleUnavailable(retryAfterMs: number): void {
    const { generation, listener } = this.#state
    this.#state.offer = undefined
    listener.handleEvent({ type: 'unavailable', generation, retryAfterMs })
  }

  /** Handles an event of the local queue, which has the session's ticket while Redis does not answer. */
  handleLocalEvent(event: EngineEvent): void {
    handleLocalEvent(this.#state, event)
  }

  /** The partner at this node has left the room while Redis does not answer. */
  handlePartnerLeft(roomId: string, reason: LeaveReason): void {
    handlePartnerLeft(this.#state, roomId, reason)
  }

  /** Handles a frame from the partner. Drops it if it is not for the present room. */
  handleFrame(item: FrameItem): void {
    this.#state.room.handleFrame(item)
  }

  /** Leaves the room of a match that was dropped. */
  decline(roomId: string): void {
    declineRoom(this.#state, roomId)
  }

  /** Handles an event of Redis. */
  handleEvent(event: StoredEvent): void {
    handleStoredEvent(this.#state, event)
  }

  #startRelease(handover: Handover, takers: readonly string[]): void {
    const forget = (): void => this.#context.forget(this)
    this.#release = new SessionRelease(this.#state, takers, forget)
    this.#release.start(handover, this.#isClaiming)
  }

  /** Leaves the place. The caller sends the command. */
  #quit(reason: LeaveReason): void {
    this.#context.onQuit(this)
    leavePlace(this.#state, reason, (partnerId, roomId) =>
      this.#context.find(partnerId)?.handlePartnerLeft(roomId, reason),
    )
  }

  #toStored(ticket: Ticket): Uint8Array {
    return toStoredTicket(ticket, this.#state.profile, this.#context.scheduleOf(ticket.site))
  }
}
