import { waitAfterCloseMs } from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../clock.ts'
import type { Handover } from '../engine/engine.ts'
import type { Refusal } from '../limits/refusal.ts'
import { refusal } from '../limits/refusal.ts'
import { FrameLimits } from '../limits/frame-limits.ts'
import type { FormerSessions } from './former-sessions.ts'
import type { Identity } from './identity.ts'
import type { Participant } from './participant.ts'
import type { ResumeTokens } from './resume-token.ts'
import type { SessionCounts } from './session.ts'
import { Session } from './session.ts'
import type { SessionLink } from './session-link.ts'

/** Why a session has ended. */
export type SessionEnd = 'left' | 'lost' | 'idle' | 'banned' | 'stopped' | 'moved'

interface SessionsDependencies {
  readonly clock: Clock
  readonly createId: () => string
  readonly tokens: ResumeTokens
  readonly formerSessions: Pick<FormerSessions, 'add'>
  readonly createParticipant: (session: Session, isRestored: boolean) => Participant
  readonly maxUsers: () => number
  /** Returns the maximum number of users of a site, by its key; undefined if the site has no such limit. */
  readonly maxUsersOf: (site: string) => number | undefined
  readonly maxSessionsPerAddress: () => number
  /**
   * Returns the grace time, for which a session outlives its connection; 0 if sessions end with their
   * connections.
   */
  readonly graceMs: () => number
  readonly maxReplayBytes: () => number
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  /** Returns the key of a person; see `safety/person-keys.ts`. */
  readonly personKeyOf: (identity: Identity) => string
  /** Returns how long a person still counts as new, in milliseconds; see `safety/new-visitors.ts`. */
  readonly newForMs: (identity: Identity) => number
  /** Called when the replay buffer of a session that is away overflows. */
  readonly onOverflow: (session: Session) => void
  /** Called when a session has lost its connection and may resume. */
  readonly onAway: (session: Session) => void
  /** Called when a session has ended and is no longer in the list. */
  readonly onEnded: (session: Session, reason: SessionEnd) => void
}

/** How many sessions end in one turn of the event loop. Ending them takes a few milliseconds. */
const maxExpiredAtOnce = 100

const serverFull = refusal('server-full', 'the server is full', waitAfterCloseMs['server-full'])

/** A session of another process that is being restored. */
export interface Former {
  readonly id: string
  readonly counts: SessionCounts
  /** Frames that the client has not received, in order. */
  readonly missed: readonly Uint8Array[]
  /** How many welcomes the client knows of. */
  readonly welcomes: number
}

/** The connection for which a session is created or resumed. */
interface Arrival {
  readonly link: SessionLink
  /** The client's address, in the form that limits and bans compare. */
  readonly addressKey: string
}

/**
 * All sessions of this process, present or away. A session that has lost its connection ends after the grace
 * time. A connection whose client presents the session's token takes the session over, even if the previous
 * connection still seems to work. The latest connection wins, so that a client need not wait until the server
 * notices a dead socket.
 *
 * A session gets its connection in two steps: `create` or `resume` reserves it for the connection, and
 * `attach` sends the welcome. Between the two steps the session keeps its frames.
 */
export class Sessions {
  readonly #dependencies: SessionsDependencies
  readonly #sessions = new Map<string, Session>()
  /** The sessions that are away, in the order in which they lost their connections. */
  readonly #away = new Set<Session>()
  #cancelExpiry: Cancel | undefined
  readonly #bySite = new Map<string, number>()
  readonly #byAddress = new Map<string, number>()
  /** All sessions share this function, because a function for each would need memory for every user. */
  readonly #maxReplayBytes: () => number

  constructor(dependencies: SessionsDependencies) {
    const { graceMs, maxReplayBytes } = dependencies
    this.#dependencies = dependencies
    this.#maxReplayBytes = () => (graceMs() > 0 ? maxReplayBytes() : 0)
  }

  get size(): number {
    return this.#sessions.size
  }

  /** The number of sessions that are away. */
  get awaySize(): number {
    return this.#away.size
  }

  get maxUsers(): number {
    return this.#dependencies.maxUsers()
  }

  /**
   * Returns a refusal if this process has no place for another session, and no session that is away could give up its
   * own. Takes constant time.
   */
  refuseIfFull(): Refusal | undefined {
    const canMakePlace = this.size === this.maxUsers && this.awaySize > 0
    return this.size >= this.maxUsers && !canMakePlace ? serverFull : undefined
  }

  /** Returns the number of sessions of a site, by its key. */
  sizeOf(site: string): number {
    return this.#bySite.get(site) ?? 0
  }

  /** Returns the session with this id; undefined if this process has none. */
  find(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** Returns the session of this process that `token` proves; undefined if there is none. */
  findByToken(token: string): Session | undefined {
    const id = this.#dependencies.tokens.openSession(token)?.sessionId
    return id === undefined ? undefined : this.#sessions.get(id)
  }

  /** Returns how many welcomes the client with this token knows of; 0 if the token is invalid. */
  welcomesIn(token: string): number {
    return this.#dependencies.tokens.openSession(token)?.welcomes ?? 0
  }

  /** Iterates over all sessions. Sessions may be added and removed meanwhile. */
  [Symbol.iterator](): IterableIterator<Session> {
    return this.#sessions.values()
  }

  /**
   * Creates a session and reserves it for a connection. Returns a refusal if the site, the address or the
   * server is full.
   * @param former the session to restore, if an earlier process had it
   * @param id the id of the session
   */
  create(
    identity: Identity,
    { link, addressKey }: Arrival,
    former?: Former,
    id = former?.id ?? this.#dependencies.createId(),
  ): Session | Refusal {
    const { clock, onOverflow, createParticipant, formerSessions } = this.#dependencies
    const { personKeyOf, newForMs, wallNow } = this.#dependencies
    const refused = this.#findPlace(identity, addressKey)
    if (refused) return refused
    const session = new Session(id, identity, {
      addressKey,
      personKey: personKeyOf(identity),
      sinceMs: wallNow(),
      counts: former?.counts,
      welcomes: former?.welcomes,
      limits: new FrameLimits(clock.now() + newForMs(identity)),
      nowMs: clock.now(),
      maxReplayBytes: this.#maxReplayBytes,
      onOverflow,
      createParticipant: (created) => createParticipant(created, former !== undefined),
    })
    if (former && former.missed.length > 0) {
      for (const frame of former.missed) session.sendFrame(frame)
      // Until the client has them, another node may need them.
      session.participant.keep(former.missed, former.counts.sent)
    }
    session.pendingLink = link
    this.#sessions.set(session.id, session)
    formerSessions.add(session.id)
    add(1, identity.site, this.#bySite)
    add(1, addressKey, this.#byAddress)
    return session
  }

  /**
   * Returns the token with which a client can resume the session; null if sessions do not outlive their
   * connections.
   */
  tokenOf(session: Session): string | null {
    const { tokens, graceMs, wallNow } = this.#dependencies
    if (graceMs() === 0) return null
    const { id, identity, welcomes } = session
    return tokens.sealSession({ sessionId: id, sealedAtMs: wallNow(), facts: identity, welcomes })
  }

  /**
   * Reserves the session that `token` proves for a connection, and closes its previous connection with
   * `session-taken`. From then on the session counts for the new address.
   * @param received number of frames that the client has
   * @returns undefined if the session does not exist, belongs to another site, or no longer keeps a frame
   *   that the client has missed; the client then gets a new session. A refusal if the new address is full.
   */
  resume(
    { token, received, site }: { token: string; received: number; site: string },
    { link, addressKey }: Arrival,
  ): Session | Refusal | undefined {
    const session = this.findByToken(token)
    if (!session || session.identity.site !== site) return undefined
    if (addressKey !== session.addressKey) {
      const refused = this.#findPlaceAt(addressKey)
      if (refused) return refused
      add(-1, session.addressKey, this.#byAddress)
      add(1, addressKey, this.#byAddress)
      session.addressKey = addressKey
    }
    const previous = session.link
    // This is checked after `#findPlaceAt`, because that may end the partner's session, which sends one more
    // frame to this session.
    if (!session.framesAfter(received)) {
      // The session ends, because its only client cannot continue it and gets a new session.
      this.end(session, 'lost')
      previous?.close('session-taken')
      return undefined
    }
    this.#away.delete(session)
    session.pendingLink = link
    session.detach()
    previous?.close('session-taken')
    return session
  }

  /**
   * Gives the session to the connection that it is reserved for; see {@link Session.attach}.
   * @returns the number of frames sent again. Undefined if the session has ended meanwhile, another
   *   connection has taken it over, or a frame that the client has missed is no longer kept.
   */
  attach(
    session: Session,
    link: SessionLink,
    received: number | undefined,
    welcome: () => Uint8Array,
  ): number | undefined {
    if (this.#sessions.get(session.id) !== session || session.pendingLink !== link) return undefined
    session.countWelcome()
    const replayed = session.attach(link, received, welcome)
    if (replayed === undefined) {
      this.end(session, 'lost')
      return undefined
    }
    session.pendingLink = undefined
    session.awaySinceMs = undefined
    return replayed
  }

  /**
   * Call this when a connection that has a session, or for which it is reserved, has closed. Has no effect
   * if another connection has taken the session over.
   * @param isLeaving whether the user left; then the session ends at once
   */
  detach(session: Session, link: SessionLink, isLeaving: boolean): void {
    const { clock, graceMs, onAway } = this.#dependencies
    if (this.#sessions.get(session.id) !== session) return
    if (session.link !== link && session.pendingLink !== link) return
    if (isLeaving || graceMs() === 0) {
      this.end(session, isLeaving ? 'left' : 'lost')
      return
    }
    // If the connection closes before its welcome, the session may already have been away.
    const wasAway = session.awaySinceMs !== undefined
    session.detach()
    session.pendingLink = undefined
    session.awaySinceMs = clock.now()
    this.#away.add(session)
    this.#scheduleExpiry()
    if (!wasAway) onAway(session)
  }

  /**
   * Ends a session at this node, because another one takes it over. If the client has resumed the session here since it
   * asked the other node, its connection is closed with `going-away`, and it reconnects; otherwise with `session-taken`.
   * @param welcomes how many welcomes the client knew of when it came to the other node
   * @returns what the other node needs
   */
  give(id: string, welcomes: number): Handover {
    const session = this.#sessions.get(id)
    if (!session) return { frames: [], sentBefore: 0, received: 0 }
    const { link, handover } = session
    this.end(session, 'moved')
    link?.close(welcomes < session.welcomes ? 'going-away' : 'session-taken')
    return handover
  }

  /** Ends a session. A second call has no effect. The caller closes the connection. */
  end(session: Session, reason: SessionEnd): void {
    if (!this.#sessions.delete(session.id)) return
    this.#away.delete(session)
    add(-1, session.identity.site, this.#bySite)
    add(-1, session.addressKey, this.#byAddress)
    this.#dependencies.onEnded(session, reason)
    session.detach()
    session.pendingLink = undefined
  }

  /**
   * Checks the limits on the number of sessions of this process, including those that are away. The engine has
   * checked the same limits for all nodes, unless it could not. If the server or the address
   * is full, makes a place by ending the session that has been away longest, among those that may be ended.
   * If the site is full, ends no session.
   * @returns undefined if there is a place
   */
  #findPlace({ site }: Identity, addressKey: string): Refusal | undefined {
    const { maxUsersOf } = this.#dependencies
    if (this.sizeOf(site) >= (maxUsersOf(site) ?? Infinity)) {
      return refusal('server-full', 'this site is full', waitAfterCloseMs['server-full'])
    }
    const isFull = (): boolean => this.size >= this.maxUsers
    // If there are more sessions than the limit, which a reload can cause, ending one would not make a place.
    if (this.size <= this.maxUsers) {
      const refused = this.#findPlaceAt(addressKey)
      if (refused) return refused
      if (isFull()) this.endLongestAway()
    }
    return isFull() ? serverFull : undefined
  }

  #findPlaceAt(addressKey: string): Refusal | undefined {
    const max = this.#dependencies.maxSessionsPerAddress()
    const size = this.#byAddress.get(addressKey) ?? 0
    if (size < max) return undefined
    if (size === max && this.endLongestAway(addressKey)) return undefined
    const message = 'too many sessions from one address'
    return refusal('too-many-connections', message, waitAfterCloseMs['too-many-connections'])
  }

  /**
   * Ends the session of this process that has been away longest, among those that may be ended. Returns false if
   * there is none.
   */
  endLongestAway(addressKey?: string): boolean {
    for (const session of this.#away) {
      if (addressKey !== undefined && session.addressKey !== addressKey) continue
      if (!session.participant.canGiveWay) continue
      this.end(session, 'lost')
      return true
    }
    return false
  }

  /**
   * Sets the timer for the next session that expires. One timer is enough, because sessions expire in the
   * order in which they lost their connections.
   */
  #scheduleExpiry(): void {
    const [first] = this.#away
    if (!first || this.#cancelExpiry) return
    const leftMs = this.#graceLeftMs(first)
    this.#cancelExpiry = this.#dependencies.clock.after(Math.max(0, leftMs), () => {
      this.#cancelExpiry = undefined
      this.#expire()
    })
  }

  /**
   * Ends the sessions that have expired. They may be thousands if a network fails, so they end over several
   * turns of the event loop.
   */
  #expire(): void {
    let left = maxExpiredAtOnce
    for (const session of this.#away) {
      // The time is checked, because timers may fire a little early.
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

/** Adds `by` to the count of `key`, and deletes the key if its count is 0. */
function add(by: 1 | -1, key: string, counts: Map<string, number>): void {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
