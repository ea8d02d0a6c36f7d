import type { LeaveReason } from '@buddy-chat/protocol'
import type { Cancel, Clock } from './clock.ts'
import type { Rooms } from './rooms.ts'
import type { Seat } from './sessions/resume-token.ts'
import type { Session } from './sessions/session.ts'

interface ReunionsDependencies {
  readonly clock: Clock
  readonly rooms: Pick<Rooms, 'canOpen' | 'reopen'>
  readonly findSession: (id: string) => Session | undefined
  /** How long a partner may still come back. */
  readonly leftMs: () => number
  /** Bytes kept for a partner who is not back yet. */
  readonly maxKeptBytes: () => number
  /** Milliseconds since 1970. */
  readonly wallNow: () => number
}

/** Memory that one kept frame costs beside its bytes: its typed array, and the function that passes it on. */
const keptOverheadBytes = 400

/** One who is back in a room of a server that has died, and whom it waits for. */
interface Reunion {
  readonly seat: Seat
  readonly first: Session
  readonly cancel: Cancel
  /** What passes each frame on that was kept. */
  passes: (() => void)[]
  keptBytes: number
  /** Why the first does not wait any more; the partner is told when it comes. */
  leftFor: LeaveReason | undefined
}

/**
 * Rooms that a server which has died left behind. One opens again when **both** have come back with
 * a seat in it: a seat alone, which may be an old one, opens nothing and binds nobody but whoever
 * shows it. Until the partner comes, what is said for it is kept, up to a bound.
 */
export class Reunions {
  readonly #dependencies: ReunionsDependencies
  /** By the session that is waited for. Several may claim to be its partner; one at most is. */
  readonly #byAwaited = new Map<string, Set<Reunion>>()
  readonly #bySession = new Map<Session, Reunion>()

  constructor(dependencies: ReunionsDependencies) {
    this.#dependencies = dependencies
  }

  /** How many wait for their partner. */
  get size(): number {
    return this.#bySession.size
  }

  /** Whether the session waits for its partner. */
  isAwaiting(session: Session): boolean {
    return this.#bySession.has(session)
  }

  /**
   * A restored session is here, in its seat, or in none. Whoever waits for it learns which. Call it
   * once for each session, after its `welcome`.
   */
  handleRestored(session: Session, seat: Seat | undefined): void {
    const awaiting = this.#byAwaited.get(session.id) ?? new Set()
    if (seat) {
      const { mode, lobby, partnerId, roomId } = seat
      const encounter = { roomId, partnerId, partner: undefined }
      session.encounters.add(encounter, this.#dependencies.clock.now())
      session.wish = { mode, lobby, interests: [], languages: [] }
      session.latestPartnerId = partnerId
    }
    let match: Reunion | undefined
    for (const reunion of awaiting) {
      const { roomId, sessionId } = reunion.seat
      if (seat?.roomId === roomId && seat.partnerId === sessionId) match = reunion
      else this.#dissolve(reunion)
    }
    if (!seat) return
    if (match) this.#reunite(match, session)
    // It is back already, and not for this room.
    else if (this.#dependencies.findSession(seat.partnerId)) tellLost(session)
    else this.#wait(session, seat)
  }

  /**
   * Keeps a frame of so many bytes for a partner who is awaited; false where none is.
   * @param pass called as soon as the two are in their room again, in the order of the frames
   */
  keep(session: Session, byteLength: number, pass: () => void): boolean {
    const reunion = this.#bySession.get(session)
    if (!reunion) return false
    reunion.passes.push(pass)
    reunion.keptBytes += byteLength + keptOverheadBytes
    if (reunion.keptBytes > this.#dependencies.maxKeptBytes()) this.#dissolve(reunion)
    return true
  }

  /** The session does not wait any more; its partner is told why on coming back. */
  leave(session: Session, reason: LeaveReason): void {
    const reunion = this.#bySession.get(session)
    if (!reunion) return
    this.#bySession.delete(session)
    reunion.passes = []
    reunion.leftFor = reason
  }

  #wait(first: Session, seat: Seat): void {
    const { clock, leftMs } = this.#dependencies
    const cancel = clock.after(leftMs(), () => this.#dissolve(reunion))
    const reunion: Reunion = { seat, first, cancel, passes: [], keptBytes: 0, leftFor: undefined }
    this.#bySession.set(first, reunion)
    const others = this.#byAwaited.get(seat.partnerId) ?? new Set()
    this.#byAwaited.set(seat.partnerId, others.add(reunion))
    first.send({ type: 'partner-away' })
  }

  #reunite(reunion: Reunion, second: Session): void {
    const { rooms, clock, wallNow } = this.#dependencies
    const { first, passes, leftFor, seat } = reunion
    if (leftFor) {
      this.#forget(reunion)
      second.send({ type: 'partner-left', reason: leftFor })
      return
    }
    if (!rooms.canOpen) {
      this.#dissolve(reunion)
      tellLost(second)
      return
    }
    this.#forget(reunion)
    const openedAtMs = clock.now() - (wallNow() - seat.openedAtMs)
    rooms.reopen({ id: seat.roomId, members: [first, second], openedAtMs })
    first.send({ type: 'partner-back' })
    // It may have been told that the other is away before the server died, or be wrong about it now.
    second.send({ type: first.link ? 'partner-back' : 'partner-away' })
    for (const pass of passes) pass()
  }

  #dissolve(reunion: Reunion): void {
    this.#forget(reunion)
    if (!reunion.leftFor) tellLost(reunion.first)
  }

  #forget(reunion: Reunion): void {
    const { first, seat, cancel } = reunion
    cancel()
    if (this.#bySession.get(first) === reunion) this.#bySession.delete(first)
    const others = this.#byAwaited.get(seat.partnerId)
    others?.delete(reunion)
    if (others?.size === 0) this.#byAwaited.delete(seat.partnerId)
  }
}

function tellLost(session: Session): void {
  session.send({ type: 'partner-left', reason: 'lost' })
}
