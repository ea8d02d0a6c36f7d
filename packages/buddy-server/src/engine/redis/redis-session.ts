import type { LeaveReason, ReportReason } from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../../clock.ts'
import { Encounters } from '../memory/encounters.ts'
import type { WidenSchedule } from '../may-meet.ts'
import type {
  EngineEvent,
  EngineListener,
  EngineObserver,
  EngineSession,
  Handover,
  SessionProfile,
} from '../engine.ts'
import type { Room, RoomClaim, RoomSeat, SeatIndex } from '../room.ts'
import { partnerSeat } from '../room.ts'
import type { Ticket } from '../ticket.ts'
import { poolOf } from '../ticket.ts'
import type { Command } from './command-queue.ts'
import type {
  Adoption,
  Answer,
  Restated,
  StoredEvent,
  StoredProfile,
  StoredRoom,
  StoredTicket,
} from './wire.ts'

/** The parts of the engine that its sessions use. */
export interface RedisSessionContext {
  readonly nodeId: string
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly createId: () => string
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly scheduleOf: (site: string) => WidenSchedule
  readonly restoreLeftMs: () => number
  /** Returns how long a session outlives its connection. */
  readonly graceMs: () => number
  readonly observer: Pick<EngineObserver, 'onOpened' | 'onRestored' | 'onEnded'>
  /** Sends a command. Commands are handled in the order in which they were sent. */
  readonly send: (
    command: Command,
    handleAnswer?: (answer: Answer) => void,
    isKept?: boolean,
  ) => void
  /** Whether Redis answers. */
  readonly isConnected: () => boolean
  readonly find: (sessionId: string) => RedisSession | undefined
  /** Called when the session has entered a ticket. */
  readonly onEntered: (session: RedisSession, ticket: Ticket) => void
  /** Called when the session has left the queue. */
  readonly onQuit: (session: RedisSession) => void
  /** Relays a frame to a session, which may be at another node. */
  readonly relay: (nodeId: string, sessionId: string, roomId: string, frame: Uint8Array) => void
  /** Asks the node of the partner `partnerId` to send no more frames, before it releases the session `by`. */
  readonly pause: (nodeId: string, partnerId: string, roomId: string, by: string) => void
  /** Called with a promise that resolves when Redis knows that the session is released. */
  readonly onLeaving: (left: Promise<void>) => void
  readonly forget: (session: RedisSession) => void
  /** Called when the session can be taken over by the node `by`. */
  readonly onReleased: (sessionId: string, by: string) => void
  /** The rooms whose seat 0 is at this node. */
  readonly rooms: Map<string, Room>
}

/** How long a release waits for the partner's node, in milliseconds. Less than another node waits for the release. */
const pauseTimeoutMs = 700
/** How long frames wait while the partner's node changes, in milliseconds. */
const resumeTimeoutMs = 2000

const nothing: Handover = { frames: [], sentBefore: 0, received: 0 }

/** What the session's latest command was for, until it has an effect. */
type Intent =
  | { readonly kind: 'none' | 'leave' }
  | { readonly kind: 'enter'; readonly ticket: StoredTicket; readonly sinceMs: number }
  | { readonly kind: 'claim'; readonly claim: object }

interface Seated {
  readonly room: Room
  readonly seat: SeatIndex
  partnerNode: string
}

/** A session of this node. Its place (queue, room, claim) is in Redis; this is what the node knows of it. */
export class RedisSession implements EngineSession {
  readonly id: string
  /** True while the session is being stated again, false if that must be repeated; undefined otherwise. */
  isStated: boolean | undefined
  readonly #listener: EngineListener
  readonly #context: RedisSessionContext
  #profile: SessionProfile
  #generation = 0
  #epoch: number
  /** Whether the session was taken over from another node. */
  readonly #isAdopted: boolean
  /** The number of the latest change of the place that has arrived. */
  #change = 0
  #seated: Seated | undefined
  #encounters: Encounters | undefined
  #site = ''
  #offer: Uint8Array | undefined
  #cancelDue: Cancel | undefined
  #dueAtMs = Infinity
  #claimedRoomId: string | undefined
  #intent: Intent = { kind: 'none' }
  #isAway = false
  /** The reason of the latest command that leaves a place. */
  #reason: LeaveReason = 'left'
  /** The room that the session has left, until Redis knows it. */
  #left: { readonly id: string; readonly reason: LeaveReason } | undefined
  /** Whether the session is being released, so that it is no longer a session of this node. */
  isLeaving = false
  /** The nodes that wait for the release. */
  readonly #takers: string[] = []
  /** Frames for the partner, while its node changes. */
  #paused: { readonly frames: Uint8Array[]; readonly cancel: Cancel } | undefined
  /** Frames that have arrived before the answer to the claim of their room. */
  #early: Uint8Array[] | undefined
  /** Frames that still arrive while the session waits for its release. */
  #late:
    { readonly roomId: string; readonly frames: Uint8Array[]; readonly go: () => void } | undefined

  constructor(
    profile: SessionProfile,
    listener: EngineListener,
    isRestored: boolean,
    adoption: Adoption | undefined,
    context: RedisSessionContext,
  ) {
    this.id = profile.seat.sessionId
    this.#epoch = adoption?.epoch ?? 1
    this.#isAdopted = adoption !== undefined
    this.#profile = profile
    this.#listener = listener
    this.#context = context
    const isAdopted = this.#isAdopted
    const f = toStoredProfile(profile)
    const { taken = 0 } = adoption ?? {}
    this.#send('join', { g: 0, k: profile.personKey, f, isRestored, isAdopted, taken })
  }

  /** The number of times that nodes have taken the session over. */
  get epoch(): number {
    return this.#epoch
  }

  enter(ticket: Ticket, generation: number, offer?: Uint8Array): void {
    this.#quit('next')
    this.#generation = generation
    this.#site = ticket.site
    this.#offer = offer
    const room = this.#context.createId()
    const isOffered = offer !== undefined
    const w = this.#toStored(ticket)
    this.#intent = { kind: 'enter', ticket: w, sinceMs: this.#context.clock.now() }
    this.#send('enter', { g: generation, w, room, isOffered }, this.#clearLeft())
    if (!this.#isAway) this.#context.onEntered(this, ticket)
  }

  change(ticket: Ticket): void {
    const w = this.#toStored(ticket)
    if (this.#intent.kind === 'enter') this.#intent = { ...this.#intent, ticket: w }
    this.#send('change', { w, room: this.#context.createId() })
  }

  leave(reason: LeaveReason, generation: number): void {
    this.#quit(reason)
    this.#generation = generation
    this.#intent = { kind: 'leave' }
    this.#send('leave', { g: generation, reason }, this.#clearLeft())
  }

  pass(frame: Uint8Array): void {
    if (!this.#seated) return
    if (this.#paused) {
      this.#paused.frames.push(frame)
      return
    }
    const { room, seat, partnerNode } = this.#seated
    this.#context.relay(partnerNode, partnerSeat(room, seat).sessionId, room.id, frame)
  }

  away(): void {
    this.#isAway = true
    this.#send('away', {})
  }

  back(addressKey: string): void {
    this.#isAway = false
    const isNew = addressKey !== this.#profile.addressKey
    if (isNew) this.#profile = { ...this.#profile, addressKey }
    this.#send('back', {
      room: this.#context.createId(),
      ...(isNew && { f: toStoredProfile(this.#profile) }),
    })
  }

  claimRoom(claim: RoomClaim | undefined, generation: number): void {
    this.#generation = generation
    const isAdopted = this.#isAdopted
    if (!claim) {
      this.#send('claim', { g: generation, isAdopted })
      return
    }
    const { partnerKey = '', ...rest } = claim
    const { partnerId, roomId, mode, lobby } = claim
    this.#remember({ roomId, mode, lobby, partnerId, partnerKey: claim.partnerKey })
    this.#claimedRoomId = roomId
    const stated = { ...rest, partnerKey, site: this.#profile.site }
    this.#intent = { kind: 'claim', claim: stated }
    if (isAdopted) this.#early = []
    this.#send('claim', {
      g: generation,
      isAdopted,
      claim: stated,
      inMs: this.#context.restoreLeftMs(),
    })
  }

  report(asked: string | null, reason: ReportReason): void {
    const found = this.#encounters?.find(asked, this.#context.clock.now())
    const isRepeated = found ? !this.#encounters!.report(found) : false
    this.#block(found, (profile) => {
      const encounter = found && {
        roomId: found.roomId,
        mode: found.mode,
        lobby: found.lobby,
        partnerId: found.partnerId,
        partner: profile && toProfile(found.partnerId, profile),
        partnerKey: found.partnerKey,
        isRepeated,
      }
      const generation = this.#generation
      this.#listener.handleEvent({ type: 'reported', generation, reason, asked, encounter })
    })
  }

  block(roomId: string): void {
    const found = this.#encounters?.find(roomId, this.#context.clock.now())
    this.#block(found, () => {
      const isKnown = found !== undefined
      this.#listener.handleEvent({ type: 'blocked', generation: this.#generation, isKnown })
    })
  }

  end(reason: LeaveReason): void {
    this.#quit(reason)
    this.#generation++
    this.#context.forget(this)
    this.#send('end', { reason }, undefined, true)
  }

  keep(frames: readonly Uint8Array[], sentBefore: number): void {
    // Numbers are stored from 1 on, because 0 means that the number is not known.
    this.#send('keep', { frames: frames.map(toText), first: sentBefore + 1 })
  }

  release(handover: Handover): void {
    const { room, seat, partnerNode = '' } = this.#seated ?? {}
    this.#exit()
    this.#generation++
    this.isLeaving = true
    const left = new Promise<void>((resolve) => {
      const go = (more: readonly Uint8Array[]): void => {
        const frames = [...handover.frames, ...more].map(toText)
        const fields = { frames, first: handover.sentBefore + 1, received: handover.received }
        this.#send('release', { ...fields, graceMs: this.#context.graceMs() }, () => {
          this.#context.forget(this)
          for (const node of this.#takers) this.#context.onReleased(this.id, node)
          resolve()
        })
      }
      if (room && seat !== undefined && partnerNode !== '') {
        this.#awaitLate(room.id, go)
        this.#context.pause(partnerNode, partnerSeat(room, seat).sessionId, room.id, this.id)
      } else go([])
    })
    this.#context.onLeaving(left)
  }

  /** Collects the frames that the partner's node has sent already, and passes them to `go`. */
  #awaitLate(roomId: string, go: (frames: readonly Uint8Array[]) => void): void {
    const frames: Uint8Array[] = []
    const finish = (): void => {
      cancel()
      this.#late = undefined
      go(frames)
    }
    const cancel = this.#context.clock.after(pauseTimeoutMs, finish)
    this.#late = { roomId, frames, go: finish }
  }

  /** The partner's node has sent its last frame to this node. */
  handlePaused(): void {
    this.#late?.go()
  }

  /** Another node takes the partner over, or will. Frames wait until Redis says where they go. */
  handlePause(roomId: string): void {
    if (this.#seated?.room.id !== roomId || this.#paused) return
    const cancel = this.#context.clock.after(resumeTimeoutMs, () => this.#resume())
    this.#paused = { frames: [], cancel }
  }

  #resume(): void {
    const { frames = [], cancel } = this.#paused ?? {}
    cancel?.()
    this.#paused = undefined
    for (const frame of frames) this.pass(frame)
  }

  /** Another node has the session. */
  handleLost(): void {
    this.#exit()
    this.#generation++
    this.#listener.handleTaken?.()
  }

  /** Returns the command that states again what this node knows of the session. */
  statement(): Command {
    const { nodeId, clock, restoreLeftMs, createId } = this.#context
    const intent = this.#intent
    return {
      c: 'restate',
      s: this.id,
      n: nodeId,
      e: this.#epoch,
      g: this.#generation,
      v: this.#change,
      k: this.#profile.personKey,
      f: toStoredProfile(this.#profile),
      isAway: this.#isAway,
      reason: this.#reason,
      room: createId(),
      ...(this.#left && { left: this.#left }),
      ...(this.#seated && { at: toStoredRoom(this.#seated.room) }),
      ...(intent.kind === 'enter' && { w: intent.ticket, waitedMs: clock.now() - intent.sinceMs }),
      ...(intent.kind === 'claim' && { claim: intent.claim, inMs: restoreLeftMs() }),
    }
  }

  /** Handles the answer to {@link statement}. Its events arrive before it. */
  handleRestated({ epoch, frames, isWaiting }: Restated): void {
    this.#epoch = epoch
    this.#left = undefined
    const at = this.#seated?.room.id
    if (at === undefined) return
    // Frames with a number are in the replay buffer of this node.
    for (const [number, frame] of frames) {
      if (number === 0) this.handleFrame(at, fromText(frame))
    }
    if (!isWaiting) return
    const { clock, graceMs } = this.#context
    clock.after(graceMs(), () =>
      this.#send('expectPartner', { at, room: this.#context.createId() }),
    )
  }

  /** The profile of the session, which a local engine needs too. */
  get profile(): SessionProfile {
    return this.#profile
  }

  /** Redis does not answer, and cannot be asked for a partner before this time is over. */
  handleUnavailable(retryAfterMs: number): void {
    this.#offer = undefined
    const generation = this.#generation
    this.#listener.handleEvent({ type: 'unavailable', generation, retryAfterMs })
  }

  /** An event of the local queue, in which the session is while Redis does not answer. */
  handleLocalEvent(event: EngineEvent): void {
    const generation = this.#generation
    if (event.type === 'matched') {
      const { room, seat } = event
      this.#exit()
      this.#seated = { room, seat, partnerNode: this.#context.nodeId }
      this.#intent = { kind: 'none' }
      if (seat === 0) this.#context.rooms.set(room.id, room)
      const { sessionId: partnerId, personKey: partnerKey } = partnerSeat(room, seat)
      this.#remember({ roomId: room.id, mode: room.mode, lobby: room.lobby, partnerId, partnerKey })
    }
    if (event.type === 'queued' || event.type === 'searching' || event.type === 'matched') {
      this.#listener.handleEvent({ ...event, generation })
    }
  }

  /** Reports that a room has ended while Redis does not answer. */
  #endLocally(room: Room, reason: LeaveReason): void {
    const { rooms, observer, wallNow } = this.#context
    if (!rooms.delete(room.id)) return
    observer.onEnded(room, this.id, reason, Math.max(0, wallNow() - room.openedAtMs))
  }

  /** Its partner at this node has left the room while Redis does not answer. */
  handlePartnerLeft(roomId: string, reason: LeaveReason): void {
    if (this.#seated?.room.id !== roomId) return
    this.#left = { id: roomId, reason }
    this.#exit()
    this.#listener.handleEvent({ type: 'parted', generation: this.#generation, reason })
  }

  /** Releases the session for another node, and notifies that node afterwards. */
  handleTaken(by: string): void {
    this.#takers.push(by)
    if (!this.isLeaving) this.release(this.#listener.handleTaken?.() ?? nothing)
  }

  /** Handles a frame from the partner. Drops it if it is not for the present room. */
  handleFrame(roomId: string, frame: Uint8Array): void {
    if (this.#late?.roomId === roomId) this.#late.frames.push(frame)
    else if (this.#early && this.#claimedRoomId === roomId) this.#early.push(frame)
    else if (this.#seated?.room.id === roomId) {
      this.#listener.handleEvent({ type: 'frame', generation: this.#generation, frame })
    }
  }

  #changePartnerNode(node: string): void {
    if (!this.#seated || this.#seated.partnerNode === node) return
    this.#seated.partnerNode = node
    this.#resume()
  }

  handleEvent(event: StoredEvent): void {
    if (event.type === 'ended') {
      const room = this.#context.rooms.get(event.room)
      this.#context.rooms.delete(event.room)
      if (room) {
        this.#context.observer.onEnded(room, event.leaver, event.reason, event.durationMs)
      }
      return
    }
    if (event.v !== undefined) {
      if (event.v <= this.#change) return
      this.#change = event.v
    }
    const isCurrent = event.g === this.#generation
    const early = this.#early ?? []
    if (event.type === 'matched' || event.type === 'restored') {
      if (event.room.id === this.#seated?.room.id) {
        // The session knows the room already.
        this.#seated.partnerNode = event.partner
        return
      }
      this.#seat(event, isCurrent)
    }
    if (!isCurrent) return
    switch (event.type) {
      case 'searching':
        // Another node may report the match before the answer to `enter` arrives. Then the search is over.
        if (!this.#seated) this.#handleSearching(event)
        break
      case 'matched': {
        const { interests, languages, isOffered, isRematch, seat, g: generation } = event
        const { room } = this.#seated!
        const match = { room, seat, interests, languages, isOffered, isRematch }
        this.#listener.handleEvent({ type: 'matched', generation, ...match })
        // The offer follows the match, so that it is the partner's first frame.
        if (isOffered && seat === 1 && this.#offer) this.pass(this.#offer)
        this.#offer = undefined
        break
      }
      case 'restored': {
        const { isPartnerPresent, seat, g: generation } = event
        const { room } = this.#seated!
        this.#listener.handleEvent({ type: 'restored', generation, room, seat, isPartnerPresent })
        const kept = (event.frames ?? []).map(([, frame]) => fromText(frame))
        for (const frame of [...kept, ...early]) this.handleFrame(room.id, frame)
        break
      }
      case 'presence':
        if (event.node !== undefined) this.#changePartnerNode(event.node)
        this.#listener.handleEvent({
          type: 'presence',
          generation: event.g,
          isPresent: event.isPresent,
        })
        break
      case 'moved':
        this.#changePartnerNode(event.node)
        break
      case 'abandoned':
        this.#listener.handleEvent({ type: 'abandoned', generation: event.g })
        break
      case 'parted':
        this.#exit()
        this.#intent = { kind: 'none' }
        this.#listener.handleEvent({ type: 'parted', generation: event.g, reason: event.reason })
        break
      case 'due':
        this.#setDue(event.inMs, false)
        break
      case 'again':
        this.#setDue(event.inMs, true)
        break
      case 'emptied':
        this.#context.clock.after(event.inMs, () => this.#send('abandon', { room: event.room }))
        break
      case 'claiming': {
        const room = this.#claimedRoomId
        this.#context.clock.after(event.inMs, () => this.#send('failClaim', { room }))
        break
      }
    }
  }

  #handleSearching(event: StoredEvent & { type: 'searching' }): void {
    this.#offer = undefined
    const { g: generation, isFirst, online, obstacle } = event
    const { estimateMs = null, interests = [], languages = [], widensInMs = null } = event
    const search = { online, estimateMs, interests, languages, widensInMs, obstacle }
    if (isFirst) this.#listener.handleEvent({ type: 'queued', generation })
    this.#listener.handleEvent({ type: 'searching', generation, ...search })
  }

  /** Notes the room, and tells the observer of it. */
  #seat(event: StoredEvent & { type: 'matched' | 'restored' }, isCurrent: boolean): void {
    const { room: fields, profiles, seat, partner } = event
    const room = toRoom(fields, profiles)
    if (seat === 0) {
      const isKnown = event.type === 'restored' && event.isContinued
      this.#context.rooms.set(room.id, room)
      if (event.type === 'matched') this.#context.observer.onOpened(room, event.waitsMs)
      else if (!isKnown) this.#context.observer.onRestored(room)
    }
    if (!isCurrent) return
    this.#exit()
    this.#seated = { room, seat, partnerNode: partner }
    this.#intent = { kind: 'none' }
    const { sessionId: partnerId, personKey: partnerKey } = partnerSeat(room, seat)
    this.#remember({ roomId: room.id, mode: room.mode, lobby: room.lobby, partnerId, partnerKey })
  }

  #block(
    found: ReturnType<Encounters['find']>,
    onProfile: (profile: StoredProfile | undefined) => void,
  ): void {
    if (!found) {
      this.#send('nothing', {}, () => onProfile(undefined), true)
      return
    }
    const { partnerId: partner, partnerKey = '' } = found
    const handle = ([, , , result]: Answer): void =>
      onProfile(result ? (result as StoredProfile) : undefined)
    this.#send('block', { k: this.#profile.personKey, partner, partnerKey }, handle, true)
  }

  #remember(encounter: {
    readonly roomId: string
    readonly mode: Room['mode']
    readonly lobby: string
    readonly partnerId: string
    readonly partnerKey: string | undefined
  }): void {
    this.#encounters ??= new Encounters()
    this.#encounters.add({ ...encounter, partner: undefined }, this.#context.clock.now())
  }

  /** Leaves the place by a command, which Redis may receive later. */
  #quit(reason: LeaveReason): void {
    this.#reason = reason
    this.#context.onQuit(this)
    if (this.#seated) {
      const { room, seat, partnerNode } = this.#seated
      this.#left = { id: room.id, reason }
      const { nodeId, isConnected, find } = this.#context
      if (!isConnected() && partnerNode === nodeId) {
        this.#endLocally(room, reason)
        find(partnerSeat(room, seat).sessionId)?.handlePartnerLeft(room.id, reason)
      }
    }
    this.#exit()
  }

  /** Returns a function that is called when Redis knows of the latest command. */
  #clearLeft(): (answer: Answer) => void {
    const left = this.#left
    return ([failure]) => {
      if (failure === false && this.#left === left) this.#left = undefined
    }
  }

  /** Notes that the session is in no room, queue or claim. */
  #exit(): void {
    const { room, seat } = this.#seated ?? {}
    const { frames = [], cancel } = this.#paused ?? {}
    cancel?.()
    this.#paused = undefined
    if (room && seat !== undefined) {
      // Redis knows where the partner is now.
      for (const frame of frames)
        this.#context.relay('', partnerSeat(room, seat).sessionId, room.id, frame)
    }
    this.#seated = undefined
    this.#early = undefined
    this.#cancelDue?.()
    this.#cancelDue = undefined
    this.#dueAtMs = Infinity
    if (!room || seat === undefined) return
    // The age of an encounter counts from the end of the room.
    const { sessionId: partnerId, personKey: partnerKey } = partnerSeat(room, seat)
    this.#remember({ roomId: room.id, mode: room.mode, lobby: room.lobby, partnerId, partnerKey })
  }

  #setDue(inMs: number, keepsEarlier: boolean): void {
    const { clock } = this.#context
    const dueAtMs = clock.now() + inMs
    if (keepsEarlier && this.#dueAtMs <= dueAtMs) return
    this.#cancelDue?.()
    this.#dueAtMs = dueAtMs
    this.#cancelDue = clock.after(inMs, () => {
      this.#dueAtMs = Infinity
      const { interestsMs, languagesMs, regionMs } = this.#context.scheduleOf(this.#site)
      const room = this.#context.createId()
      this.#send('due', { schedule: [interestsMs, languagesMs, regionMs], room })
    })
  }

  #send(
    name: string,
    fields: object,
    handleAnswer?: (answer: Answer) => void,
    isKept = false,
  ): void {
    const { nodeId, send } = this.#context
    send({ c: name, s: this.id, n: nodeId, e: this.#epoch, ...fields }, handleAnswer, isKept)
  }

  #toStored(ticket: Ticket): StoredTicket {
    const { site, lobby, mode, attributes, asks, languages, region } = ticket
    const { interestsMs, languagesMs, regionMs } = this.#context.scheduleOf(site)
    const names = Object.keys(attributes).toSorted()
    const sg =
      names.length === 0 ? '' : JSON.stringify(names.map((name) => [name, attributes[name]]))
    const { subject } = this.#profile.seat
    return {
      pool: poolOf(ticket),
      site,
      lobby,
      mode,
      il: ticket.interests,
      ik: ticket.interestKeys,
      la: languages,
      at: attributes,
      as: asks,
      sg,
      ag: asks.length === 0 ? '' : JSON.stringify([sg, asks]),
      kI: ticket.keepsInterests,
      kL: ticket.keepsLanguages,
      iM: interestsMs,
      lM: languagesMs,
      rg: region,
      rM: regionMs,
      delay: ticket.delayMs,
      fk: [
        `address ${this.#profile.addressKey}`,
        ...(subject === undefined ? [] : [`subject ${subject}`]),
      ],
    }
  }
}

/** Returns a profile as Redis keeps it. */
export function toStoredProfile({
  seat,
  site,
  addressKey,
  personKey,
}: SessionProfile): StoredProfile {
  const { name, subject = '', nodeId } = seat
  return { name, subject, nodeId, personKey, addressKey, site }
}

/** Returns the bytes of {@link toText}. */
export function fromText(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/** Returns the bytes as text, because Redis mixes up texts and bytes inside a value. */
function toText(frame: Uint8Array): string {
  return Buffer.from(frame).toString('base64')
}

function toSeat(sessionId: string, { nodeId, name, subject, personKey }: StoredProfile): RoomSeat {
  return { sessionId, nodeId, name, subject: subject || undefined, personKey }
}

function toProfile(sessionId: string, stored: StoredProfile): SessionProfile {
  const { site, addressKey, personKey } = stored
  return { seat: toSeat(sessionId, stored), site, addressKey, personKey }
}

function toRoom(
  { ids, ...fields }: StoredRoom,
  profiles: readonly [StoredProfile, StoredProfile],
): Room {
  return { ...fields, seats: [toSeat(ids[0], profiles[0]), toSeat(ids[1], profiles[1])] }
}

function toStoredRoom({ seats, ...fields }: Room): StoredRoom {
  return { ...fields, ids: [seats[0].sessionId, seats[1].sessionId] }
}
