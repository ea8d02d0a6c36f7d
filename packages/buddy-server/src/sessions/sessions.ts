import { waitAfterCloseMs } from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../clock.ts'
import type { Refusal } from '../limits/refusal.ts'
import { refusal } from '../limits/refusal.ts'
import { FrameLimits } from '../limits/frame-limits.ts'
import type { ResumeTokens, Seat, SessionStatement } from './resume-token.ts'
import type { Identity, SessionCounts, SessionLink } from './session.ts'
import { Session } from './session.ts'

/** Why a session is over. */
export type SessionEnd = 'left' | 'lost' | 'idle' | 'banned' | 'stopped'

interface SessionsDependencies {
  readonly clock: Clock
  readonly createId: () => string
  readonly tokens: ResumeTokens
  readonly maxUsers: () => number
  /** Of a site, by its key; undefined: no cap but the server's. */
  readonly maxUsersOf: (site: string) => number | undefined
  readonly maxSessionsPerAddress: () => number
  /** Whether a session that is away gives way to a newcomer. */
  readonly mayGiveWay: (session: Session) => boolean
  /** How long a session outlives its connection; 0: not at all. */
  readonly graceMs: () => number
  readonly maxReplayBytes: () => number
  /** Milliseconds since 1970. */
  readonly wallNow: () => number
  /** More has come for a session that is away than is kept for it. */
  readonly onOverflow: (session: Session) => void
  /** Its connection is lost; it is expected back. */
  readonly onAway: (session: Session) => void
  /** It is over; it is not in the list any more. */
  readonly onEnded: (session: Session, reason: SessionEnd) => void
}

/** A statement older than this restores nothing, however young the server. */
const maxStatementAgeMs = 24 * 3_600_000

/** Ending so many sessions takes a few milliseconds. */
const maxExpiredAtOnce = 100

/** A session that another process has known. */
export interface Former {
  readonly id: string
  readonly counts: SessionCounts
}

/** The connection that a session begins or goes on with. */
interface Arrival {
  readonly link: SessionLink
  /** What limits and bans count by. */
  readonly addressKey: string
}

/** A session that was resumed, and what its client has missed. */
export interface Resumed {
  readonly session: Session
  readonly missed: readonly Uint8Array[]
}

/**
 * Everyone who has said hello, present or away. A session that lost its connection waits for the
 * grace time; whoever shows its token takes it over, also from a connection that still seems alive:
 * the latest wins, so that coming back never has to wait for the server to notice a dead socket.
 */
export class Sessions {
  readonly #dependencies: SessionsDependencies
  readonly #sessions = new Map<string, Session>()
  /** Longest away first. */
  readonly #away = new Set<Session>()
  #cancelExpiry: Cancel | undefined
  readonly #bySite = new Map<string, number>()
  readonly #byAddress = new Map<string, number>()
  readonly #startedAtMs: number
  /** One function for all sessions: each would cost its memory for every user. */
  readonly #maxReplayBytes: () => number
  /** Ids this process has had while former sessions may still come: each is restored once at most. */
  readonly #knownIds = new Set<string>()
  /** Once over, it stays over, also if a reload makes the grace time longer: the ids are gone. */
  #isRestoreOver = false

  constructor(dependencies: SessionsDependencies) {
    const { graceMs, maxReplayBytes } = dependencies
    this.#dependencies = dependencies
    this.#maxReplayBytes = () => (graceMs() > 0 ? maxReplayBytes() : 0)
    this.#startedAtMs = dependencies.clock.now()
  }

  /** How long sessions of a process before this one may still come back; 0: not any more. */
  get restoreLeftMs(): number {
    if (this.#isRestoreOver) return 0
    const { clock, graceMs } = this.#dependencies
    return Math.max(0, this.#startedAtMs + graceMs() - clock.now())
  }

  get size(): number {
    return this.#sessions.size
  }

  /** How many are away. */
  get awaySize(): number {
    return this.#away.size
  }

  get maxUsers(): number {
    return this.#dependencies.maxUsers()
  }

  /** Sessions of a site, by its key. */
  sizeOf(site: string): number {
    return this.#bySite.get(site) ?? 0
  }

  /** The session with this id. */
  find(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** Every session; the list may be changed meanwhile. */
  [Symbol.iterator](): IterableIterator<Session> {
    return this.#sessions.values()
  }

  /**
   * Makes a session, or says which cap is reached: of the site, the address or the server.
   * @param former the session it is to be, where a process before this one had it
   */
  create(identity: Identity, { link, addressKey }: Arrival, former?: Former): Session | Refusal {
    const { clock, createId, onOverflow } = this.#dependencies
    const refused = this.#findPlace(identity, addressKey)
    if (refused) return refused
    const session = new Session(former?.id ?? createId(), identity, {
      addressKey,
      counts: former?.counts,
      limits: new FrameLimits(),
      nowMs: clock.now(),
      maxReplayBytes: this.#maxReplayBytes,
      onOverflow,
    })
    session.link = link
    this.#sessions.set(session.id, session)
    if (this.restoreLeftMs > 0) this.#knownIds.add(session.id)
    else {
      this.#isRestoreOver = true
      this.#knownIds.clear()
    }
    add(1, identity.site, this.#bySite)
    add(1, addressKey, this.#byAddress)
    return session
  }

  /** The token to come back with; null where sessions do not outlive connections. */
  tokenOf(session: Session): string | null {
    const { tokens, graceMs, wallNow } = this.#dependencies
    if (graceMs() === 0) return null
    const { id, identity } = session
    return tokens.sealSession({ sessionId: id, sealedAtMs: wallNow(), facts: identity })
  }

  /**
   * What `token` says of a session that a process before this one had. Undefined where it proves
   * nothing, or is too old; where this process has known the session itself; and as soon as this
   * process has run for the grace time, so that sessions which ended long ago cannot be had again.
   */
  former(token: string): SessionStatement | undefined {
    if (this.restoreLeftMs === 0) return undefined
    const statement = this.#dependencies.tokens.openSession(token)
    if (!statement || this.#knownIds.has(statement.sessionId)) return undefined
    return this.#isRecent(statement.sealedAtMs) ? statement : undefined
  }

  /** The seat that `token` proves to be that of the session; undefined where it proves none. */
  formerSeat(token: string, sessionId: string): Seat | undefined {
    const seat = this.#dependencies.tokens.openSeat(token)
    return seat?.sessionId === sessionId && this.#isRecent(seat.openedAtMs) ? seat : undefined
  }

  /**
   * Gives the session that `token` proves to `link`; another connection that has it is closed with
   * `session-taken`. Undefined where there is no such session any more, its `site` is another, or
   * what the client has missed after `received` frames is not held: then it starts anew. From now on
   * it counts for the address of `link`; a refusal if that is another, which has no place for it.
   */
  resume(
    { token, received, site }: { token: string; received: number; site: string },
    { link, addressKey }: Arrival,
  ): Resumed | Refusal | undefined {
    const id = this.#dependencies.tokens.openSession(token)?.sessionId
    const session = id === undefined ? undefined : this.#sessions.get(id)
    if (!session || session.identity.site !== site) return undefined
    if (addressKey !== session.addressKey) {
      const refused = this.#findPlaceAt(addressKey)
      if (refused) return refused
      add(-1, session.addressKey, this.#byAddress)
      add(1, addressKey, this.#byAddress)
      session.handleMoved(addressKey)
    }
    // Not earlier: the session that gave way may be that of the partner, whose end is a frame too.
    const missed = session.framesAfter(received)
    if (!missed) {
      // No client can go on with it: its own is here and starts anew.
      const taken = session.link
      this.end(session, 'lost')
      taken?.close('session-taken')
      return undefined
    }
    session.acknowledge(received)
    this.#away.delete(session)
    const previous = session.link
    session.link = link
    session.awaySinceMs = undefined
    previous?.close('session-taken')
    return { session, missed }
  }

  /**
   * The connection `link` of a session has ended: by the person's wish, or by accident. Nothing
   * happens where another connection has taken the session over.
   */
  detach(session: Session, link: SessionLink, isParting: boolean): void {
    const { clock, graceMs, onAway } = this.#dependencies
    if (session.link !== link || this.#sessions.get(session.id) !== session) return
    if (isParting || graceMs() === 0) {
      this.end(session, isParting ? 'left' : 'lost')
      return
    }
    session.handleAway(clock.now())
    this.#away.add(session)
    this.#scheduleExpiry()
    onAway(session)
  }

  /** Ends a session; a second call does nothing. Its connection is the caller's business. */
  end(session: Session, reason: SessionEnd): void {
    if (!this.#sessions.delete(session.id)) return
    this.#away.delete(session)
    add(-1, session.identity.site, this.#bySite)
    add(-1, session.addressKey, this.#byAddress)
    this.#dependencies.onEnded(session, reason)
    session.link = undefined
  }

  /**
   * The rule of all caps. Sessions that are away count like the others; if the server or the address
   * is full, one that may gives way to a newcomer, longest away first. At a full site none does.
   * @returns undefined if there is a place
   */
  #findPlace({ site }: Identity, addressKey: string): Refusal | undefined {
    const { maxUsersOf } = this.#dependencies
    if (this.sizeOf(site) >= (maxUsersOf(site) ?? Infinity)) {
      return refusal('server-full', 'this site is full', waitAfterCloseMs['server-full'])
    }
    const isFull = (): boolean => this.size >= this.maxUsers
    // Above a cap, as after a reload that lowered it, one place less would still be none.
    if (this.size <= this.maxUsers) {
      const refused = this.#findPlaceAt(addressKey)
      if (refused) return refused
      if (isFull()) this.#endLongestAway()
    }
    return isFull()
      ? refusal('server-full', 'the server is full', waitAfterCloseMs['server-full'])
      : undefined
  }

  #findPlaceAt(addressKey: string): Refusal | undefined {
    const max = this.#dependencies.maxSessionsPerAddress()
    const size = this.#byAddress.get(addressKey) ?? 0
    if (size < max) return undefined
    if (size === max && this.#endLongestAway(addressKey)) return undefined
    const message = 'too many people from one address'
    return refusal('too-many-connections', message, waitAfterCloseMs['too-many-connections'])
  }

  /** Ends the session, of those that give way, that is away for the longest time; false if none does. */
  #endLongestAway(addressKey?: string): boolean {
    for (const session of this.#away) {
      if (addressKey !== undefined && session.addressKey !== addressKey) continue
      if (!this.#dependencies.mayGiveWay(session)) continue
      this.end(session, 'lost')
      return true
    }
    return false
  }

  #isRecent(wallMs: number): boolean {
    return Math.abs(this.#dependencies.wallNow() - wallMs) < maxStatementAgeMs
  }

  /** One timer for all sessions that are away; they expire in the order in which they left. */
  #scheduleExpiry(): void {
    const [first] = this.#away
    if (!first || this.#cancelExpiry) return
    const leftMs = this.#graceLeftMs(first)
    this.#cancelExpiry = this.#dependencies.clock.after(Math.max(0, leftMs), () => {
      this.#cancelExpiry = undefined
      this.#expire()
    })
  }

  /** A network that fails loses thousands of sessions at once: not all of them expire in one turn. */
  #expire(): void {
    let left = maxExpiredAtOnce
    for (const session of this.#away) {
      // Timers may fire a little early.
      if (left-- === 0 || this.#graceLeftMs(session) > 0) break
      this.end(session, 'lost')
    }
    this.#scheduleExpiry()
  }

  #graceLeftMs({ awaySinceMs = 0 }: Session): number {
    const { clock, graceMs } = this.#dependencies
    return awaySinceMs + graceMs() - clock.now()
  }
}

/** Adds to what is counted for `key`; nothing is kept of a key that counts none. */
function add(by: 1 | -1, key: string, counts: Map<string, number>): void {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
