import type { LeaveReason } from '@buddy-chat/protocol'
import type { Clock } from '../../clock.ts'
import type { RoomClaim } from '../room.ts'
import { Encounters } from './encounters.ts'
import type { Member, WaitingClaim } from './member.ts'
import type { OpenRooms } from './open-rooms.ts'
import type { People } from './people.ts'
import type { EventOutbox } from './event-outbox.ts'

interface ClaimsDependencies {
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly outbox: EventOutbox
  readonly rooms: Pick<OpenRooms, 'canOpen' | 'restore'>
  readonly people: Pick<People, 'meet'>
  readonly findMember: (sessionId: string) => Member | undefined
  /** Returns how long sessions of an earlier process can still be restored. */
  readonly restoreLeftMs: () => number
}

/**
 * Restores rooms of an earlier server process. A room opens again when **both** sessions have claimed it. A
 * claim of one session alone restores nothing, because its token may be of a room that ended before the
 * restart.
 */
export class Claims {
  readonly #dependencies: ClaimsDependencies
  /**
   * Waiting claims by the id of the partner that has not come back. Several sessions may claim a room with
   * the same partner.
   */
  readonly #byPartner = new Map<string, Set<WaitingClaim>>()

  constructor(dependencies: ClaimsDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Handles the claim of a restored session, or undefined if it claims no room. Call this once for each
   * restored session.
   */
  handleClaim(member: Member, claim: RoomClaim | undefined): void {
    const { clock, people } = this.#dependencies
    if (claim) {
      const { roomId, mode, lobby, partnerId } = claim
      member.encounters ??= new Encounters()
      const partner = { partnerId, partner: undefined, partnerKey: claim.partnerKey }
      member.encounters.add({ roomId, mode, lobby, ...partner }, clock.now())
      if (claim.partnerKey !== undefined) people.meet(member.person, claim.partnerKey)
    }
    let match: WaitingClaim | undefined
    for (const waiting of this.#byPartner.get(member.profile.seat.sessionId) ?? []) {
      const { roomId, sessionId } = waiting.claim
      if (claim?.roomId === roomId && claim.partnerId === sessionId) match = waiting
      else this.#fail(waiting)
    }
    if (!claim) return
    if (match) this.#restore(match, member)
    else if (this.#isElsewhere(claim.partnerId)) this.#postLost(member)
    else this.#wait(member, claim)
  }

  /**
   * Ends the member's claim, if it has one. If the partner claims the room later, the partner receives the
   * reason.
   */
  leave(member: Member, reason: LeaveReason): void {
    if (!member.claim) return
    member.claim.leftFor = reason
    member.claim = undefined
  }

  /**
   * Returns whether the session has joined and its claim was already handled. Then it did not claim this
   * room.
   */
  #isElsewhere(sessionId: string): boolean {
    const member = this.#dependencies.findMember(sessionId)
    return member !== undefined && !member.isClaimPending
  }

  #wait(member: Member, claim: RoomClaim): void {
    const { clock, restoreLeftMs, outbox } = this.#dependencies
    const cancelExpiry = clock.after(restoreLeftMs(), () => this.#fail(waiting))
    const waiting: WaitingClaim = { claim, member, cancelExpiry, leftFor: undefined }
    member.claim = waiting
    const others = this.#byPartner.get(claim.partnerId) ?? new Set()
    this.#byPartner.set(claim.partnerId, others.add(waiting))
    const { listener, generation } = member
    outbox.post(() => listener.handleEvent({ type: 'presence', generation, isPresent: false }))
  }

  #restore(waiting: WaitingClaim, second: Member): void {
    const { rooms, clock, wallNow } = this.#dependencies
    const { member: first, leftFor, claim } = waiting
    if (leftFor) {
      this.#forget(waiting)
      this.#postParted(second, leftFor)
      return
    }
    if (!rooms.canOpen) {
      this.#fail(waiting)
      this.#postLost(second)
      return
    }
    this.#forget(waiting)
    const { roomId: id, lobby, mode, openedAtMs } = claim
    const { site } = first.profile
    rooms.restore({
      room: { id, seats: [first.profile.seat, second.profile.seat], site, lobby, mode, openedAtMs },
      members: [first, second],
      openedAtMs: clock.now() - (wallNow() - openedAtMs),
      pool: undefined,
    })
  }

  /** Ends a claim whose partner has not come back, or has not claimed the same room. */
  #fail(waiting: WaitingClaim): void {
    this.#forget(waiting)
    if (!waiting.leftFor) this.#postLost(waiting.member)
  }

  #postLost(member: Member): void {
    this.#postParted(member, 'lost')
  }

  #postParted({ listener, generation }: Member, reason: LeaveReason): void {
    this.#dependencies.outbox.post(() =>
      listener.handleEvent({ type: 'parted', generation, reason }),
    )
  }

  #forget(waiting: WaitingClaim): void {
    const { member, claim, cancelExpiry } = waiting
    cancelExpiry()
    if (member.claim === waiting) member.claim = undefined
    const others = this.#byPartner.get(claim.partnerId)
    others?.delete(waiting)
    if (others?.size === 0) this.#byPartner.delete(claim.partnerId)
  }
}
