// The engine holds what all users of a service share: the queue, the rooms, which session is in which
// room, whom a session has met, and bans. A node (one server process) holds sessions. This file is the
// only interface between the two.
import type { LeaveReason, ReportReason } from '@buddy-chat/protocol'
import type { Room, RoomClaim, RoomSeat, SeatIndex } from './room.ts'
import type { Ticket } from './ticket.ts'

/** A session, as the engine knows it. */
export interface SessionProfile {
  /** What the session's rooms have of it. One object for all of them. */
  readonly seat: RoomSeat
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /** The address of the latest connection, as limits and bans count it. Never sent, never logged. */
  readonly addressKey: string
}

/**
 * What the engine reports to a session. Every event has the generation of the session's latest command
 * that the engine had handled; an event of an earlier generation than the session's is out of date.
 */
export type EngineEvent = { readonly generation: number } & (
  | { readonly type: 'queued' }
  | {
      readonly type: 'matched'
      readonly room: Room
      /** The session in seat 0 has waited; the one in seat 1 has arrived. */
      readonly seat: SeatIndex
      readonly interests: readonly string[]
      /** An offer came with the ticket of seat 1; seat 0 receives it as its first `frame`. */
      readonly isOffered: boolean
    }
  /** The answer to a `claimRoom`, when both sessions of the room have made theirs. */
  | {
      readonly type: 'restored'
      readonly room: Room
      readonly seat: SeatIndex
      readonly isPartnerPresent: boolean
    }
  /** A frame from the partner. */
  | { readonly type: 'frame'; readonly frame: Uint8Array }
  /** The partner has lost its connection, or has one again. */
  | { readonly type: 'presence'; readonly isPresent: boolean }
  /** Both sessions of the room have been away for some seconds: the room gives way if rooms are scarce. */
  | { readonly type: 'abandoned' }
  /** The room has ended, or the claim has failed, for a reason other than the session's own command. */
  | { readonly type: 'parted'; readonly reason: LeaveReason }
  /** The answer to a `report`. */
  | {
      readonly type: 'reported'
      readonly reason: ReportReason
      /** The room that the report named; null for the latest partner. */
      readonly asked: string | null
      /** Undefined if the session has met no partner there, or too long ago. */
      readonly encounter: ReportedEncounter | undefined
    }
)

/** The partner whom a report is about. */
interface ReportedEncounter {
  readonly roomId: string
  readonly partnerId: string
  /** Undefined if the room is of an earlier process, and the partner has not come back yet. */
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
 * time; answers are events. A command with a generation makes all earlier ones obsolete: the
 * session counts them up.
 */
export interface EngineSession {
  /**
   * Leaves the room (its partner receives `parted` with `next`), the queue or the claim, if there is one,
   * and queues the ticket. Answered by `queued` or `matched`.
   * @param offer a `signal` frame for the partner. It is passed on if a partner waits already, and
   *   dropped otherwise: the engine stores no frames.
   */
  enter(ticket: Ticket, generation: number, offer?: Uint8Array): void
  /**
   * Leaves the room, the queue or the claim. Which one it is may not be known to the session yet, so one
   * command serves all three. There is no answer; the partner receives `parted`.
   */
  leave(reason: LeaveReason, generation: number): void
  /** Passes a frame on to the partner. Dropped if the room has ended meanwhile. */
  pass(frame: Uint8Array): void
  /**
   * The session has lost its connection. Its ticket is not matched until `back`; its room stays, and the
   * partner receives `presence`.
   */
  away(): void
  /**
   * The session has a connection again, perhaps from another address. A ticket that was withdrawn enters
   * the queue again, and is answered by `queued` or `matched`.
   */
  back(addressKey: string): void
  /**
   * A restored session is here, and proves the room that it was in. Called once for each restored
   * session; without a claim, a partner that waits for it receives `parted`. Answered by
   * `restored`, by `presence` (the partner is not back yet) or by `parted`.
   */
  claimRoom(claim: RoomClaim | undefined, generation: number): void
  /** Reports the partner of a room, or the latest one if `roomId` is null. Answered by `reported`. */
  report(roomId: string | null, reason: ReportReason): void
  /** The session is over: as `leave`, and no more commands follow. */
  end(reason: LeaveReason): void
}

/** Receives what concerns a room, at one node: the one that has seat 0. */
export interface EngineObserver {
  /** `waitsMs` is the time from ticket to match, in the order of the seats. */
  onOpened(room: Room, waitsMs: readonly [number, number]): void
  /** A room of an earlier process is open again. */
  onRestored(room: Room): void
  /** `leaverId` is the session that left, or seat 0 if both were away. */
  onEnded(room: Room, leaverId: string, reason: LeaveReason, durationMs: number): void
}

/** Keys that are refused for a while. */
export interface BanList {
  /** Bans `key`; a ban that lasts longer stays. */
  add(key: string, durationMs: number): void
  /** What this node knows: a ban by another node may arrive later. */
  has(key: string): boolean
}

/** What is shared by all users, seen from one node. */
export interface Engine {
  readonly bans: BanList
  /** Tickets in the queue, and open rooms: what this node knows, perhaps a moment old. */
  readonly counts: { readonly waiting: number; readonly rooms: number }
  /**
   * Registers a session of this node.
   * @param isRestored whether an earlier process had the session, so that its `claimRoom` follows
   */
  join(profile: SessionProfile, listener: EngineListener, isRestored: boolean): EngineSession
  /** Settings have changed: tickets that can be matched now are matched, over several turns. */
  reload(): Promise<void>
  /** Ends rooms that both sessions have been away from for `awayMs`, over several turns. */
  sweep(awayMs: number): Promise<void>
}
