import type { LeaveReason } from '@buddy-chat/protocol'
import type { Cancel } from '../../clock.ts'
import type { EngineListener, SessionProfile } from '../engine.ts'
import type { Room, RoomClaim } from '../room.ts'
import type { Ticket } from '../ticket.ts'
import type { Encounters, Trace } from './encounters.ts'
import type { Person } from './people.ts'
import type { Pool } from './pool.ts'
import type { Entrant, Waiting } from './waiting.ts'

/** A session that searches. */
export interface Entry extends Entrant {
  readonly member: Member
}

/** A pool of the memory engine. */
export type MemberPool = Pool<Waiting<Entry>>

/** The state of one session in the memory engine. */
export interface Member {
  readonly listener: EngineListener
  profile: SessionProfile
  readonly person: Person
  /** Created when a partner's encounters need it. */
  trace: Trace | undefined
  /** Undefined until the first encounter. */
  encounters: Encounters | undefined
  /** The generation in the latest handled command that has one. */
  generation: number
  /**
   * When the session lost its connection, in milliseconds on the engine's clock; undefined while it has one.
   */
  awaySinceMs: number | undefined
  /** The ticket that is queued, or that will be queued when the session is back. */
  ticket: Ticket | undefined
  /** When that ticket was entered, in milliseconds on the engine's clock. */
  ticketSinceMs: number
  /** The pool of the latest ticket, while the session is present and has not left; undefined otherwise. */
  pool: MemberPool | undefined
  room: OpenRoom | undefined
  /** Whether the session is a restored one whose `claimRoom` was not handled yet. */
  isClaimPending: boolean
  /** Defined while the session waits for its partner to come back to a room of an earlier process. */
  claim: WaitingClaim | undefined
}

/** An open room, with its sessions. */
export interface OpenRoom {
  readonly room: Room
  /** In the order of the seats. */
  readonly members: readonly [Member, Member]
  /** When the room was opened, in milliseconds on the engine's clock. */
  readonly openedAtMs: number
  /** Undefined if the room was opened by an earlier process. */
  readonly pool: MemberPool | undefined
}

/** The claim of a session that waits for its partner to come back to a room of an earlier process. */
export interface WaitingClaim {
  readonly claim: RoomClaim
  readonly member: Member
  readonly cancelExpiry: Cancel
  /**
   * Why the session has stopped waiting; undefined while it waits. The partner receives the reason when it
   * comes back.
   */
  leftFor: LeaveReason | undefined
}

/** Returns the other session in the member's room; undefined if the member is in no room. */
export function partnerOf(member: Member): Member | undefined {
  const members = member.room?.members
  return members && (members[0] === member ? members[1] : members[0])
}

/** Returns the member's trace, which all its partners share. */
export function traceOf(member: Member): Trace {
  return (member.trace ??= { profile: member.profile })
}
