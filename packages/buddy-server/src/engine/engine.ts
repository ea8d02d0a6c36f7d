// The engine holds the state that all users of a service share: the queue, the rooms, recent encounters and
// bans. A node (one server process) holds sessions. This file is the only interface between the two.
import type { LeaveReason, Mode, ReportReason, SearchObstacle } from '@buddy-chat/protocol'
import type { NoPlace, PlaceLimits } from './places.ts'
import type { Room, RoomClaim, RoomSeat, SeatIndex } from './room.ts'
import type { Ticket } from './ticket.ts'

/** What the engine knows about a session and its user. */
export interface SessionProfile {
  /** The session's seat. Every room of the session contains this object. */
  readonly seat: RoomSeat
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /**
   * The address of the latest connection, in the form that limits and bans compare. Never sent to clients,
   * never logged.
   */
  readonly addressKey: string
  /**
   * The person whose session this is, also in another tab or later; see `safety/person-keys.ts`. Two sessions
   * of one person are matched only while no other person is in the pool. Never sent to clients, never logged.
   */
  readonly personKey: string
}

/**
 * An event that the engine sends to a session. Its generation is the one that the engine received with the
 * session's latest handled command. If the session has increased its generation since, the event is out of
 * date, and the session drops it. `reported` and `blocked` are never out of date.
 */
export type EngineEvent = { readonly generation: number } & (
  | { readonly type: 'queued' }
  /** The engine cannot match the ticket at present. It keeps it, and tries again after this time. */
  | { readonly type: 'unavailable'; readonly retryAfterMs: number }
  /** The state of the search of a queued ticket. Follows `queued`, and is sent again when it has changed. */
  | ({ readonly type: 'searching' } & SearchState)
  | {
      readonly type: 'matched'
      readonly room: Room
      /** Seat 0 is the session that waited, seat 1 the one that arrived. */
      readonly seat: SeatIndex
      /** The interests that both tickets have, in the spelling of this session. */
      readonly interests: readonly string[]
      /** The languages that both tickets have. */
      readonly languages: readonly string[]
      /**
       * Whether the ticket of the session in seat 1 had an offer, which the session in seat 0 receives as its
       * first `frame`.
       */
      readonly isOffered: boolean
      /**
       * Whether the two people have met recently. They are matched only if both have nobody else in the pool.
       */
      readonly isRematch: boolean
    }
  /** The answer to `claimRoom`, sent to both sessions of the room when both have claimed it. */
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
  /**
   * Both sessions of the room have been away for some seconds. The engine may end the room if other tickets
   * need one.
   */
  | { readonly type: 'abandoned' }
  /** The room has ended or the claim has failed, but not by a command of this session. */
  | { readonly type: 'parted'; readonly reason: LeaveReason }
  /** The answer to a `report`. */
  | {
      readonly type: 'reported'
      readonly reason: ReportReason
      /** The room that the report named; null if it named the latest partner. */
      readonly asked: string | null
      /** Undefined if the session had no partner in that room, or if the room ended too long ago. */
      readonly encounter: ReportedEncounter | undefined
    }
  /** The answer to a `block`. */
  | {
      readonly type: 'blocked'
      /** False if the session had no partner in that room, or if the room ended too long ago. */
      readonly isKnown: boolean
    }
)

/** The state of a search. */
export interface SearchState {
  /** The number of present sessions whose latest ticket was for this pool, including the session. */
  readonly online: number
  /** How long tickets of this kind have recently waited, in milliseconds; null if there were too few. */
  readonly estimateMs: number | null
  /**
   * The interests of which the partner must share one, as the user has spelled them; empty if none is
   * required.
   */
  readonly interests: readonly string[]
  /** The languages of which the partner must share one; empty if none is required. */
  readonly languages: readonly string[]
  /** The time until the search requires less; null if it will not. */
  readonly widensInMs: number | null
  /** Why the search finds no partner. */
  readonly obstacle: SearchObstacle
}

/** The partner that a report is about. */
export interface ReportedEncounter {
  readonly roomId: string
  readonly mode: Mode
  readonly lobby: string
  readonly partnerId: string
  /** Undefined if the room was opened by an earlier process and the partner has not come back yet. */
  readonly partner: SessionProfile | undefined
  /** The key of the partner's person. Undefined if an earlier version of the server opened the room. */
  readonly partnerKey: string | undefined
  /** Whether the session had already reported this partner, in this room or another. */
  readonly isRepeated: boolean
}

/** A frame for a session's client. */
interface KeptFrame {
  /** How many frames of the session were sent before it; undefined if that is not known. */
  readonly sentBefore: number | undefined
  readonly frame: Uint8Array
}

/** What a node gives to the one that takes a session over. */
export interface Handover {
  /** Frames that the client has not acknowledged. They are consecutive. */
  readonly frames: readonly Uint8Array[]
  /** How many frames of the session were sent before the first of them. */
  readonly sentBefore: number
  /** How many frames of the client were handled. */
  readonly received: number
}

/** What another node had of a session that this node has taken over. */
export interface Adopted {
  /** Frames that the client may not have received, in order. */
  readonly frames: readonly KeptFrame[]
  /** How many frames of the client the other node has handled; undefined if that node is dead. */
  readonly received: number | undefined
}

/** Receives the events of one session, in order. */
export interface EngineListener {
  handleEvent(event: EngineEvent): void
  /**
   * Called only by an engine of several nodes. Another node takes the session over. The session must end at this node
   * without a command to the engine. Returns what the other node needs.
   * @param welcomes how many welcomes the client knew of when it came to the other node; 0 if this is not known
   */
  handleTaken?(welcomes: number): Handover
}

/**
 * One session's access to the engine. The engine handles the commands of a session in order, within the call
 * or later. Answers are events. Some commands make earlier ones obsolete. These have the parameter
 * `generation`, a number that the session increases by one for each such command.
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
   * Replaces the ticket that is queued, which keeps its place in the queue. Has no effect if none is queued.
   * It makes no earlier answer obsolete: a match that was made before stays. Answered by `searching` or
   * `matched`.
   * @param ticket a ticket for the same site, lobby, mode and band
   */
  change(ticket: Ticket): void
  /**
   * Leaves the room, the queue or the claim. One command serves all three, because the session may not know
   * yet which of them it is in. There is no answer. The partner receives `parted`.
   */
  leave(reason: LeaveReason, generation: number): void
  /** Sends a frame to the partner. The frame is dropped if the room has ended meanwhile. */
  pass(frame: Uint8Array): void
  /**
   * The session has lost its connection. Its ticket is not matched until `back`. Its room continues, and the
   * partner receives `presence`.
   */
  away(): void
  /**
   * The session has a connection again, perhaps from another address. If it had a ticket, the ticket is
   * queued again in its former place, and answered by `queued` or `matched`.
   */
  back(addressKey: string): void
  /**
   * Claims the room that the session had in an earlier process. Called once for each restored session, also
   * if it claims no room. Answered by `restored`, by `presence` (the partner has not come back yet) or by
   * `parted`. If `claim` is undefined, there is no answer, and a partner that waits for this session receives
   * `parted`.
   */
  claimRoom(claim: RoomClaim | undefined, generation: number): void
  /**
   * Reports the partner of a room, or the latest partner if `roomId` is null. The two people are never matched
   * again. Answered by `reported`.
   */
  report(roomId: string | null, reason: ReportReason): void
  /**
   * Blocks the partner of a room: the two people are never matched again. The room continues. Answered by
   * `blocked`.
   */
  block(roomId: string): void
  /**
   * Keeps frames that the client has not received, because the session is away. Only a node that takes the session
   * over uses them.
   * @param sentBefore how many frames of the session were sent before the first of them
   */
  keep(frames: readonly Uint8Array[], sentBefore: number): void
  /**
   * The session is resumed, and its client will be welcomed for the `number`th time. The client may not receive it.
   */
  welcome(number: number): void
  /**
   * The client has received the latest welcome. From now on no node takes the session over for a client that knows of
   * fewer: that client has come here since, and the other request was delayed.
   */
  confirmWelcome(): void
  /**
   * This node stops, and another one may take the session over. Ends the session here, as `end` does, but its room
   * continues if there are other nodes.
   */
  release(handover: Handover): void
  /** The session has ended. It leaves as with `leave`, and sends no more commands. */
  end(reason: LeaveReason): void
}

/**
 * A relation of two people: they have met recently, or one has blocked or reported the other. `one` and
 * `other` are keys of persons, and their order means nothing.
 */
export type PairKind = 'met' | 'blocked'

/** Receives the events of rooms. Only the node that has seat 0 of a room receives them. */
export interface EngineObserver {
  /**
   * A room was opened. `waitsMs` contains the time from ticket to match of both sessions, in the order of the
   * seats.
   */
  onOpened(room: Room, waitsMs: readonly [number, number]): void
  /** A room of an earlier process is open again. */
  onRestored(room: Room): void
  /** A room has ended. `leaverId` is the session that left, or the session of seat 0 if both were away. */
  onEnded(room: Room, leaverId: string, reason: LeaveReason, durationMs: number): void
  /**
   * Two people avoid each other until the given time, in milliseconds since 1970. Called again if that time
   * changes.
   */
  onPair(kind: PairKind, one: string, other: string, untilMs: number): void
}

/** The pairs of people who avoid each other. */
export interface PairList {
  /** Adds a pair that an earlier process knew, until a time in milliseconds since 1970. */
  add(kind: PairKind, one: string, other: string, untilMs: number): void
  /** Notes a pair that another node has made and stored for all nodes. */
  note(kind: PairKind, one: string, other: string, untilMs: number): void
}

/** Keys that are refused until their ban expires. */
export interface BanList {
  /** Bans `key`. If it is already banned for longer, the longer ban stays. */
  add(key: string, durationMs: number): void
  /** The number of bans that this node knows. Some of them may have ended. */
  readonly size: number
  /** Lifts the ban of `key`, if there is one. */
  delete(key: string): void
  /** Whether this node knows a ban of `key`. A ban by another node may arrive later. */
  has(key: string): boolean
}

/** The bans in the memory of one node. */
export interface LocalBans extends BanList {
  /** Returns how long `key` is still banned, in milliseconds; 0 if it is not. */
  leftMs(key: string): number
  /** Iterates over the keys. Bans may be lifted meanwhile. */
  keys(): IterableIterator<string>
}

/** What a node tells the others about itself. */
export interface NodeReport {
  /** The name by which operators know it. Two nodes may have the same. */
  readonly name: string
  /** Equal if nodes have the same secret key. Undefined from a node of version 0.1.0. */
  readonly keyMark: string | undefined
  readonly version: string
  /** When the node started, in milliseconds since 1970. */
  readonly startedAtMs: number
  readonly isDraining: boolean
  /** Sessions, present or away. */
  readonly users: number
  readonly away: number
  readonly maxUsers: number
  readonly connections: number
  /** Tickets of its sessions in the queue. */
  readonly waiting: number
  /** Rooms whose session in seat 0 is at this node, so that each room counts once. */
  readonly rooms: number
}

/** A node, as the others know it. */
export interface NodeStatus extends NodeReport {
  readonly id: string
  /** Whether the other nodes have declared it dead. */
  readonly isLost: boolean
  /** The time since its latest beat, in milliseconds. */
  readonly beatAgoMs: number
}

/** The access of one node to the state that all users share. */
export interface Engine {
  /** Whether the engine can match users of some sites. False while Redis does not answer. */
  readonly isUp: boolean
  /** Whether there can be other nodes. */
  readonly hasOtherNodes: boolean
  readonly bans: BanList
  readonly pairs: PairList
  /**
   * The numbers of queued tickets, open rooms and sessions at all nodes. They may be slightly out of date.
   */
  readonly counts: { readonly waiting: number; readonly rooms: number; readonly users: number }
  /**
   * The nodes, including this one, oldest first. Those that were lost are included for some minutes. Empty for an
   * engine of one node.
   */
  readonly nodes: readonly NodeStatus[]
  /** Returns the number of sessions of a site at all nodes. It may be slightly out of date. */
  usersOf(site: string): number
  /**
   * Takes a place for a session that joins next, or moves a session of this node to another address. A session has one
   * place at its site and one at its address, whichever node has it, from here or from `join` until it ends. Rejects
   * with {@link SessionElsewhereError} if another node has the session.
   * @returns why there is no place; undefined if the session has one, or if that cannot be found out now
   */
  admit(profile: SessionProfile, limits: PlaceLimits): Promise<NoPlace | undefined>
  /** Gives the place of a session back. Has no effect if the session has joined. */
  cancel(sessionId: string): void
  /**
   * Registers a session of this node.
   * @param isRestored whether another process had the session. If so, its `claimRoom` follows
   */
  join(profile: SessionProfile, listener: EngineListener, isRestored: boolean): EngineSession
  /**
   * Takes over a session of a site that another node has or had. Call `join` next.
   * Rejects if the engine cannot find out now which node has it.
   * @param welcomes how many welcomes the client knows of
   * @returns undefined if no node has the session; `elsewhere` if the client has received a later welcome than it says,
   *   so that the session continues without this request
   */
  adopt(
    sessionId: string,
    site: string,
    welcomes: number,
  ): Promise<Adopted | 'elsewhere' | undefined>
  /**
   * Makes sure that this node still has a session, if it cannot be certain of that: while this node hung, another one
   * may have taken the session over. Then the session ends here before the promise resolves.
   * @param welcomes how many welcomes the client knows of. If it is more than this node has sent, another node has had
   *   the session, which ends here at once
   * @returns undefined if this node certainly has the session, or if the engine cannot find that out now
   */
  confirm(sessionId: string, welcomes: number): Promise<void> | undefined
  /**
   * Called when settings have changed. Matches the tickets that the new settings allow to match, over several
   * turns of the event loop.
   */
  reload(): Promise<void>
  /** Ends rooms whose sessions have both been away for `awayMs`, over several turns of the event loop. */
  sweep(awayMs: number): Promise<void>
  /**
   * This node will stop soon. From now on, tickets of other nodes prefer equal partners of nodes that stay. Call it
   * before `close`.
   */
  drain(): void
  /** Resolves when all commands have been handled. Call it after the last command. */
  close(): Promise<void>
}
