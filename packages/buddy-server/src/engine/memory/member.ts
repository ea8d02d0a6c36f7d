import type { LeaveReason } from '@buddy-chat/protocol'
import type { Cancel } from '../../clock.ts'
import type { EngineListener, SessionProfile } from '../engine.ts'
import type { Room, RoomClaim } from '../room.ts'
import type { Ticket } from '../ticket.ts'
import type { Encounters, Trace } from './encounters.ts'

/** What the memory engine knows of one session. */
export interface Member {
  readonly listener: EngineListener
  profile: SessionProfile
  /** Undefined until a partner keeps it. */
  trace: Trace | undefined
  /** Undefined until the first encounter. */
  encounters: Encounters | undefined
  /** Of the latest command that was handled. */
  generation: number
  /** On the engine's clock; undefined while the session has a connection. */
  awaySinceMs: number | undefined
  /** The ticket that is in the queue, or that enters it when the session is back. */
  ticket: Ticket | undefined
  room: OpenRoom | undefined
  /** Whether the session is restored, and its claim has not come yet. */
  isClaimPending: boolean
  /** Undefined unless the session waits for its partner in a room of an earlier process. */
  claim: WaitingClaim | undefined
}

/** A room with the sessions in it. */
export interface OpenRoom {
  readonly room: Room
  /** In the order of the seats. */
  readonly members: readonly [Member, Member]
  /** On the engine's clock. */
  readonly openedAtMs: number
}

/** A session that waits for its partner in a room of an earlier process. */
export interface WaitingClaim {
  readonly claim: RoomClaim
  readonly member: Member
  readonly cancelExpiry: Cancel
  /** Why the session does not wait any more; its partner receives the reason when it comes back. */
  leftFor: LeaveReason | undefined
}

/** The other session in the member's room; undefined if the member is in none. */
export function partnerOf(member: Member): Member | undefined {
  const members = member.room?.members
  return members && (members[0] === member ? members[1] : members[0])
}

/** The member's trace; one object for all who keep it. */
export function traceOf(member: Member): Trace {
  return (member.trace ??= { profile: member.profile })
}
