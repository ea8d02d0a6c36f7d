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

/** A token that is older than this restores nothing, however short the server has been running. */
const maxStatementAgeMs = 24 * 3_600_000

/**
 * Sessions of an earlier server process, which prove themselves by their tokens. They can be restored until
 * this process has run for the grace time, so that sessions which ended long ago stay ended.
 */
export class FormerSessions {
  readonly #dependencies: FormerSessionsDependencies
  readonly #startedAtMs: number
  /** Ids that this process has had during that time: each session is restored once at most. */
  readonly #knownIds = new Set<string>()
  /** A reload that makes the grace time longer does not change it back, because the ids are gone. */
  #isOver = false

  constructor(dependencies: FormerSessionsDependencies) {
    this.#dependencies = dependencies
    this.#startedAtMs = dependencies.clock.now()
  }

  /** How long sessions of an earlier process may still come back; 0 if they cannot any more. */
  get leftMs(): number {
    if (this.#isOver) return 0
    const { clock, graceMs } = this.#dependencies
    return Math.max(0, this.#startedAtMs + graceMs() - clock.now())
  }

  /** This process has a session with this id. */
  add(id: string): void {
    if (this.leftMs > 0) this.#knownIds.add(id)
    else {
      this.#isOver = true
      this.#knownIds.clear()
    }
  }

  /** What the token proves of a session that can be restored. Undefined if it proves none. */
  find(token: string): SessionStatement | undefined {
    if (this.leftMs === 0) return undefined
    const statement = this.#dependencies.tokens.openSession(token)
    if (!statement || this.#knownIds.has(statement.sessionId)) return undefined
    return this.#isRecent(statement.sealedAtMs) ? statement : undefined
  }

  /** The room that the token proves of this session. Undefined if it proves none. */
  findRoom(token: string, sessionId: string): RoomClaim | undefined {
    const claim = this.#dependencies.tokens.openRoom(token)
    return claim?.sessionId === sessionId && this.#isRecent(claim.openedAtMs) ? claim : undefined
  }

  #isRecent(wallMs: number): boolean {
    return Math.abs(this.#dependencies.wallNow() - wallMs) < maxStatementAgeMs
  }
}
