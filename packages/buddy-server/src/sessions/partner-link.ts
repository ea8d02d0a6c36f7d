import type { EngineSession } from '../engine/engine.ts'
import type { Room, RoomSeat, SeatIndex } from '../engine/room.ts'
import { partnerSeat } from '../engine/room.ts'

/** The way to the partner in one room. It carries nothing any more when that room has ended. */
export interface PartnerLink {
  readonly room: Room
  /** The session's own seat. */
  readonly self: RoomSeat
  readonly partner: RoomSeat
  /** False from the moment the session has left the room, or has learned that it has ended. */
  readonly isOpen: boolean
  /** Passes a frame on to the partner. */
  pass(frame: Uint8Array): void
}

/** The link of a session that is in a room, with what events have told about the partner. */
export class RoomLink implements PartnerLink {
  readonly room: Room
  readonly seat: SeatIndex
  isOpen = true
  isPartnerPresent: boolean
  /** Both sessions have been away for some seconds. */
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
