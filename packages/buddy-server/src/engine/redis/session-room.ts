import type { Cancel } from '../../clock.ts'
import type { Encounter } from '../memory/encounters.ts'
import { Encounters } from '../memory/encounters.ts'
import type { Room, SeatIndex } from '../room.ts'
import { partnerSeat } from '../room.ts'
import type { SessionContext } from './session-context.ts'
import type { FrameItem } from './wire.ts'

/** A room, and the node that has the partner; empty if none has it. */
export interface Seated {
  readonly room: Room
  readonly seat: SeatIndex
  partnerNode: string
}

/** The session whose room it is. It receives the frames of the partner. */
interface Occupant {
  /** Increases each time that a node takes the session over, or that it moves to another shard. */
  readonly epoch: number
  deliverFrame(frame: Uint8Array): void
}

/** How long a release waits for the partner's node, in milliseconds. Less than another node waits for the release. */
const pauseTimeoutMs = 700
/** How long frames wait while the partner's node changes, in milliseconds. */
const resumeTimeoutMs = 2000

/**
 * The room of a session, as its node knows it: where frames for the partner go, and which frames of the partner the
 * session receives, also while one of the two comes to another node. Remembers the rooms before.
 */
export class SessionRoom {
  readonly #context: Pick<SessionContext, 'clock' | 'relay'>
  readonly #occupant: Occupant
  #seated: Seated | undefined
  /**
   * The highest epoch of the partner with which a frame has arrived. A frame with a lower one comes from a node that
   * had lost the partner and did not know it yet, for example because it hung. It is out of date.
   */
  #partnerEpoch = 0
  #encounters: Encounters | undefined
  /** Frames for the partner, which are held back while the partner changes its node. */
  #paused: { readonly frames: Uint8Array[]; readonly cancel: Cancel } | undefined
  /** Frames that have arrived before the answer to the claim of the room in which they were sent. */
  #early: { readonly roomId: string; readonly items: FrameItem[] } | undefined
  /** Frames that arrive while the session is being released, for the node that takes it over; undefined otherwise. */
  #collected: Uint8Array[] | undefined
  /** Whether the session is released. Redis decides what happens to frames that still arrive. */
  #isReleased = false
  /** The room whose last frame the partner's node sends soon, and what happens then. */
  #late: { readonly roomId: string; readonly go: () => void } | undefined

  /** @param encounters the partners that the session has met before it came to this shard */
  constructor(
    context: Pick<SessionContext, 'clock' | 'relay'>,
    occupant: Occupant,
    encounters?: Encounters,
  ) {
    this.#context = context
    this.#occupant = occupant
    this.#encounters = encounters
  }

  /** The recent partners; undefined if there was none yet. */
  get encounters(): Encounters | undefined {
    return this.#encounters
  }

  /** The present room; undefined outside. */
  get present(): Seated | undefined {
    return this.#seated
  }

  /** Notes that the session is in this room now. */
  enter(room: Room, seat: SeatIndex, partnerNode: string): void {
    this.exit()
    this.#seated = { room, seat, partnerNode }
    this.#partnerEpoch = 0
    this.remember(encounterIn(room, seat))
  }

  /** Notes that the session is in no room, and waits for none. */
  exit(): void {
    const seated = this.#seated
    const frames = this.#endPause()
    this.#seated = undefined
    this.#early = undefined
    if (!seated) return
    const { room, seat } = seated
    // Redis knows where the partner is now.
    const { sessionId: partnerId } = partnerSeat(room, seat)
    const { epoch } = this.#occupant
    for (const frame of frames) this.#context.relay('', [partnerId, room.id, frame, epoch])
    // The age of an encounter counts from the end of the room.
    this.remember(encounterIn(room, seat))
  }

  /** Sends a frame to the partner, if there is one. */
  pass(frame: Uint8Array): void {
    if (!this.#seated) return
    if (this.#paused) {
      this.#paused.frames.push(frame)
      return
    }
    const { room, seat, partnerNode } = this.#seated
    const { sessionId: partnerId } = partnerSeat(room, seat)
    this.#context.relay(partnerNode, [partnerId, room.id, frame, this.#occupant.epoch])
  }

  /** Handles a frame from the partner. Drops it if it is not for the present room, or out of date. */
  handleFrame(item: FrameItem): void {
    const [, roomId, frame, epoch] = item
    if (this.#early?.roomId === roomId) {
      this.#early.items.push(item)
      return
    }
    if (this.#isReleased) {
      this.#context.relay('', item)
      return
    }
    if (this.#late?.roomId !== roomId && this.#seated?.room.id !== roomId) return
    if (epoch !== undefined) {
      if (epoch < this.#partnerEpoch) return
      this.#partnerEpoch = epoch
    }
    if (this.#collected) this.#collected.push(frame)
    else this.#occupant.deliverFrame(frame)
  }

  /** Keeps frames for a room that the session claims, until {@link takeEarly}. */
  expect(roomId: string): void {
    this.#early = { roomId, items: [] }
  }

  /** Returns the frames that have arrived for the claimed room. */
  takeEarly(): readonly FrameItem[] {
    const { items = [] } = this.#early ?? {}
    this.#early = undefined
    return items
  }

  /** From now on frames of the partner are for the node that takes the session over. */
  collect(): void {
    this.#collected ??= []
  }

  /** Returns the frames for the node that takes the session over. Redis gets those that arrive later. */
  takeCollected(): readonly Uint8Array[] {
    const frames = this.#collected ?? []
    this.#collected = undefined
    this.#isReleased = true
    return frames
  }

  /** Calls `go` when all frames for a room that the partner's node has sent already have arrived. */
  awaitLate(roomId: string, go: () => void): void {
    const finish = (): void => {
      cancel()
      this.#late = undefined
      go()
    }
    const cancel = this.#context.clock.after(pauseTimeoutMs, finish)
    this.#late = { roomId, go: finish }
  }

  /** The partner's node has sent its last frame to this node. */
  handlePaused(): void {
    this.#late?.go()
  }

  /** Call this when the partner is about to change its node. Frames wait until Redis names the next node. */
  handlePause(roomId: string): void {
    if (this.#seated?.room.id !== roomId || this.#paused) return
    const cancel = this.#context.clock.after(resumeTimeoutMs, () => this.#resume())
    this.#paused = { frames: [], cancel }
  }

  /** From now on frames go to this node. */
  changePartnerNode(node: string): void {
    if (!this.#seated || this.#seated.partnerNode === node) return
    this.#seated.partnerNode = node
    this.#resume()
  }

  /** Remembers a partner, whom a report or a block may name later. */
  remember(encounter: Omit<Encounter, 'partner'>): void {
    this.#encounters ??= new Encounters()
    this.#encounters.add({ ...encounter, partner: undefined }, this.#context.clock.now())
  }

  /** Returns the partner in this room, or the latest one if it is null; undefined if there was none. */
  findPartner(roomId: string | null): Encounter | undefined {
    return this.#encounters?.find(roomId, this.#context.clock.now())
  }

  /** Notes that a partner was reported. Returns false if that had happened before. */
  noteReport(partner: Encounter): boolean {
    return this.#encounters?.report(partner) ?? false
  }

  #resume(): void {
    for (const frame of this.#endPause()) this.pass(frame)
  }

  #endPause(): readonly Uint8Array[] {
    const { frames = [], cancel } = this.#paused ?? {}
    cancel?.()
    this.#paused = undefined
    return frames
  }
}

function encounterIn(room: Room, seat: SeatIndex): Omit<Encounter, 'partner'> {
  const { id: roomId, mode, lobby } = room
  const { sessionId: partnerId, personKey: partnerKey } = partnerSeat(room, seat)
  return { roomId, mode, lobby, partnerId, partnerKey }
}
