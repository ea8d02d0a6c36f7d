import type { Mode } from '@buddy-chat/protocol'

/** One session's seat in a room. */
export interface RoomSeat {
  readonly sessionId: string
  /** The server process that has the session. */
  readonly nodeId: string
  /** The name that the partner sees; empty if the user gave none. */
  readonly name: string
  /** The user's identity at the site, from the site token. */
  readonly subject: string | undefined
  /** The key of the person; see `SessionProfile`. */
  readonly personKey: string
}

/** Two matched sessions. An immutable value that can be sent to another process. */
export interface Room {
  readonly id: string
  readonly seats: readonly [RoomSeat, RoomSeat]
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  readonly lobby: string
  readonly mode: Mode
  /** When the room was opened, in milliseconds since 1970. */
  readonly openedAtMs: number
}

/** The index of a session's seat in `Room.seats`. */
export type SeatIndex = 0 | 1

/** Returns the seat of the other session in the room. */
export function partnerSeat({ seats }: Room, self: SeatIndex): RoomSeat {
  return seats[self === 0 ? 1 : 0]
}

/**
 * The data by which a session claims its room of an earlier server process. The server encrypts it in a
 * token when the room opens; see `sessions/resume-token.ts`.
 */
export interface RoomClaim {
  readonly roomId: string
  readonly sessionId: string
  readonly partnerId: string
  readonly mode: Mode
  readonly lobby: string
  /** When the room was opened, in milliseconds since 1970. */
  readonly openedAtMs: number
  /** The key of the partner's person; undefined in tokens of version 0.1.0. */
  readonly partnerKey: string | undefined
}
