import type { EngineSession } from '../engine/engine.ts'
import type { Room, RoomSeat, SeatIndex } from '../engine/room.ts'
import { partnerSeat } from '../engine/room.ts'

/** Relays frames to the partner in one room. After that room has ended, it drops them. */
export interface PartnerLink {
  readonly room: Room
  /** The session's own seat. */
  readonly self: RoomSeat
  readonly partner: RoomSeat
  /** False as soon as the session has left the room, or has received the event that the room has ended. */
  readonly isOpen: boolean
  /** Sends a frame to the partner, unless the room has ended. */
  pass(frame: Uint8Array): void
}

/**
 * The link of a session in a room. It also contains the presence of the partner, according to the engine's
 * events.
 */
export class RoomLink implements PartnerLink {
  readonly room: Room
  readonly seat: SeatIndex
  isOpen = true
  isPartnerPresent: boolean
  /**
   * Whether both sessions have been away for some seconds, so that the room may be ended if another is
   * needed.
   */
  isAbandoned = false
  readonly #engine: EngineSession

  constructor(room: Room, seat: SeatIndex, isPartnerPresent: boolean, engine: EngineSession) {
    this.room = room
    this.seat = seat
    this.isPartnerPresent = isPartnerPresent
    this.#engine = engine
  }

  get self(): RoomSeat {
    return this.room.seats[this.seat]
  }

  get partner(): RoomSeat {
    return partnerSeat(this.room, this.seat)
  }

  pass(frame: Uint8Array): void {
    if (this.isOpen) this.#engine.pass(frame)
  }
}
