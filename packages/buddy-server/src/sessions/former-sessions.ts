import type { Clock } from '../clock.ts'
import type { RoomClaim } from '../engine/room.ts'
import type { ResumeTokens, SessionStatement } from './resume-token.ts'

interface FormerSessionsDependencies {
  readonly clock: Pick<Clock, 'now'>
  /** Milliseconds since 1970. */
  readonly wallNow: () => number
  readonly tokens: ResumeTokens
  /** How long a session outlives its connection; 0 if it does not. */
  readonly graceMs: () => number
}

/** Maximum age of a token that restores a session or a room. */
const maxStatementAgeMs = 24 * 3_600_000

/**
 * Finds sessions of an earlier server process by their tokens. They can be restored until this process has
 * run for the grace time. After that, all of them would have ended in the earlier process too.
 */
export class FormerSessions {
  readonly #dependencies: FormerSessionsDependencies
  readonly #startedAtMs: number
  /** Ids of all sessions that this process had during that time, so that each is restored at most once. */
  readonly #knownIds = new Set<string>()
  /** Stays true if a reload makes the grace time longer, because the ids have been deleted. */
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

  /** Call this when this process gets a session with this id. */
  add(id: string): void {
    if (this.leftMs > 0) this.#knownIds.add(id)
    else {
      this.#isOver = true
      this.#knownIds.clear()
    }
  }

  /** Returns the content of a token whose session can be restored; undefined if it cannot. */
  find(token: string): SessionStatement | undefined {
    if (this.leftMs === 0) return undefined
    const statement = this.#dependencies.tokens.openSession(token)
    if (!statement || this.#knownIds.has(statement.sessionId)) return undefined
    return this.#isRecent(statement.sealedAtMs) ? statement : undefined
  }

  /** Returns the room that the token proves for this session; undefined if it proves none. */
  findRoom(token: string, sessionId: string): RoomClaim | undefined {
    const claim = this.#dependencies.tokens.openRoom(token)
    return claim?.sessionId === sessionId && this.#isRecent(claim.openedAtMs) ? claim : undefined
  }

  #isRecent(wallMs: number): boolean {
    return Math.abs(this.#dependencies.wallNow() - wallMs) < maxStatementAgeMs
  }
}
