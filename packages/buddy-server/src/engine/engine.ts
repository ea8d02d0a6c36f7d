// The engine holds the state that all users of a service share: the queue, the rooms, recent encounters and
// bans. A node (one server process) holds sessions. This file is the only interface between the two.
import type { LeaveReason, ReportReason } from '@buddy-chat/protocol'
import type { Room, RoomClaim, RoomSeat, SeatIndex } from './room.ts'
import type { Ticket } from './ticket.ts'

/** The engine's data about a session. */
export interface SessionProfile {
  /** The session's seat in its rooms. All rooms share this object. */
  readonly seat: RoomSeat
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /** The address of the latest connection, as limits and bans count it. Never sent, never logged. */
  readonly addressKey: string
}

/**
 * An event that the engine sends to a session. Its generation is that of the session's latest command that
 * the engine had handled. If the session has sent a later command since, the event is out of date.
 */
export type EngineEvent = { readonly generation: number } & (
  | { readonly type: 'queued' }
  | {
      readonly type: 'matched'
      readonly room: Room
      /** Seat 0 is the session that waited, seat 1 the one that arrived. */
      readonly seat: SeatIndex
      readonly interests: readonly string[]
      /** Whether the ticket of seat 1 had an offer, which seat 0 receives as its first `frame`. */
      readonly isOffered: boolean
    }
  /** The answer to `claimRoom`, after both sessions of the room have claimed it. */
  | {
      readonly type: 'restored'
      readonly room: Room
      readonly seat: SeatIndex
      readonly isPartnerPresent: boolean
    }
  /** A frame from the partner. */
  | { readonly type: 'frame'; readonly frame: Uint8Array }
  /** The partner has lost its connection, or has a connection again. */
  | { readonly type: 'presence'; readonly isPresent: boolean }
  /** Both sessions of the room have been away for some seconds. It may be ended if another room is needed. */
  | { readonly type: 'abandoned' }
  /** The room has ended, or the claim has failed, for a reason other than the session's own command. */
  | { readonly type: 'parted'; readonly reason: LeaveReason }
  /** The answer to a `report`. */
  | {
      readonly type: 'reported'
      readonly reason: ReportReason
      /** The room that the report named; null for the latest partner. */
      readonly asked: string | null
      /** Undefined if the session had no partner there, or if that was too long ago. */
      readonly encounter: ReportedEncounter | undefined
    }
)

/** The partner that a report is about. */
interface ReportedEncounter {
  readonly roomId: string
  readonly partnerId: string
  /** Undefined if an earlier process had the room and the partner has not come back yet. */
  readonly partner: SessionProfile | undefined
  /** Whether the session had already reported this partner. */
  readonly isRepeated: boolean
}

/** Receives the events of one session, in order. */
export interface EngineListener {
  handleEvent(event: EngineEvent): void
}

/**
 * One session's access to the engine. The engine handles the commands of a session in order, at any later
 * time. Answers are events. Some commands make earlier ones obsolete; they have a generation, which the
 * session increases by one each time.
 */
export interface EngineSession {
  /**
   * Leaves the room (the partner receives `parted` with `next`), the queue or the claim, and queues the
   * ticket. Answered by `queued` or `matched`.
   * @param offer a `signal` frame for the partner. It is relayed if a partner is waiting, and dropped
   *   otherwise, because the engine stores no frames.
   */
  enter(ticket: Ticket, generation: number, offer?: Uint8Array): void
  /**
   * Leaves the room, the queue or the claim. One command serves all three, because the session may not know
   * yet which of them it is in. There is no answer. The partner receives `parted`.
   */
  leave(reason: LeaveReason, generation: number): void
  /** Sends a frame to the partner. It is dropped if the room has ended meanwhile. */
  pass(frame: Uint8Array): void
  /**
   * The session has lost its connection. Its ticket is not matched until `back`. Its room continues, and the
   * partner receives `presence`.
   */
  away(): void
  /**
   * The session has a connection again, perhaps from another address. If it had a ticket, the ticket is
   * queued again, and answered by `queued` or `matched`.
   */
  back(addressKey: string): void
  /**
   * Claims the room of an earlier process. Called once for each restored session. Answered by `restored`, by
   * `presence` (the partner has not come back yet) or by `parted`. Without a claim, a partner that waits
   * for this session receives `parted`.
   */
  claimRoom(claim: RoomClaim | undefined, generation: number): void
  /** Reports the partner of a room, or the latest one if `roomId` is null. Answered by `reported`. */
  report(roomId: string | null, reason: ReportReason): void
  /** The session has ended. Like `leave`, and no command follows. */
  end(reason: LeaveReason): void
}

/** Receives the events of rooms. Only the node that has seat 0 of a room receives them. */
export interface EngineObserver {
  /** `waitsMs` is the time from ticket to match, in the order of the seats. */
  onOpened(room: Room, waitsMs: readonly [number, number]): void
  /** A room of an earlier process is open again. */
  onRestored(room: Room): void
  /** `leaverId` is the session that left, or seat 0 if both were away. */
  onEnded(room: Room, leaverId: string, reason: LeaveReason, durationMs: number): void
}

/** Keys that are refused until their ban expires. */
export interface BanList {
  /** Bans `key`. A present ban that lasts longer stays. */
  add(key: string, durationMs: number): void
  /** Whether this node knows a ban of `key`. A ban by another node may arrive later. */
  has(key: string): boolean
}

/** The access of one node to the state that all users share. */
export interface Engine {
  readonly bans: BanList
  /** The numbers of queued tickets and open rooms. They may be slightly out of date. */
  readonly counts: { readonly waiting: number; readonly rooms: number }
  /**
   * Registers a session of this node.
   * @param isRestored whether an earlier process had the session, so that its `claimRoom` follows
   */
  join(profile: SessionProfile, listener: EngineListener, isRestored: boolean): EngineSession
  /** Matches tickets that changed settings allow to match, over several turns of the event loop. */
  reload(): Promise<void>
  /** Ends rooms whose sessions have both been away for `awayMs`, over several turns of the event loop. */
  sweep(awayMs: number): Promise<void>
}
