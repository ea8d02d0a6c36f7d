import type { Clock } from '../clock.ts'
import type { RoomClaim } from '../engine/room.ts'
import type { ResumeTokens, SessionStatement } from './resume-token.ts'

interface FormerSessionsDependencies {
  readonly clock: Pick<Clock, 'now'>
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly tokens: ResumeTokens
  /**
   * Returns the grace time, for which a session outlives its connection; 0 if sessions end with their
   * connections.
   */
  readonly graceMs: () => number
}

/** Maximum age of a token that restores a session or a room. */
const maxStatementAgeMs = 24 * 3_600_000

/**
 * Finds sessions of an earlier server process by their tokens. They can be restored until this process has
 * run for the grace time. After that, they would have ended even without a restart.
 */
export class FormerSessions {
  readonly #dependencies: FormerSessionsDependencies
  readonly #startedAtMs: number
  /**
   * Ids of all sessions that this process had while sessions could be restored, so that each is restored at
   * most once.
   */
  readonly #knownIds = new Set<string>()
  /**
   * Whether sessions can no longer be restored. It stays true even if a reload makes the grace time longer: the
   * ids in `#knownIds` are deleted by then, so a session could be restored twice.
   */
  #isOver = false

  constructor(dependencies: FormerSessionsDependencies) {
    this.#dependencies = dependencies
    this.#startedAtMs = dependencies.clock.now()
  }

  /** How long sessions of an earlier process can still be restored; 0 if that time is over. */
  get leftMs(): number {
    if (this.#isOver) return 0
    const { clock, graceMs } = this.#dependencies
    return Math.max(0, this.#startedAtMs + graceMs() - clock.now())
  }

  /** Records that this process has a session with this id, created or restored. */
  add(id: string): void {
    if (this.leftMs > 0) this.#knownIds.add(id)
    else {
      this.#isOver = true
      this.#knownIds.clear()
    }
  }

  /** Returns the content of a token; undefined if the token is invalid or too old. */
  open(token: string): SessionStatement | undefined {
    const statement = this.#dependencies.tokens.openSession(token)
    return statement && this.#isRecent(statement.sealedAtMs) ? statement : undefined
  }

  /** Returns whether an earlier process may have had the session, and this one did not restore it yet. */
  canRestore(sessionId: string): boolean {
    return this.leftMs > 0 && !this.#knownIds.has(sessionId)
  }

  /**
   * Returns the claim in a room token; undefined if the token is invalid, too old, or belongs to another
   * session.
   */
  findRoom(token: string, sessionId: string): RoomClaim | undefined {
    const claim = this.#dependencies.tokens.openRoom(token)
    return claim?.sessionId === sessionId && this.#isRecent(claim.openedAtMs) ? claim : undefined
  }

  #isRecent(wallMs: number): boolean {
    return Math.abs(this.#dependencies.wallNow() - wallMs) < maxStatementAgeMs
  }
}
