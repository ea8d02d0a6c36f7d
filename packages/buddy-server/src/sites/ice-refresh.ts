import type { Cancel, Clock } from '../clock.ts'
import type { Session } from '../sessions/session.ts'
import type { Site } from './site.ts'

/**
 * Sends sessions new ICE servers when half of the lifetime of their TURN credentials is over. So a call that
 * restarts ICE always has valid credentials.
 */
export class IceRefresh {
  readonly #clock: Clock
  readonly #siteOf: (session: Session) => Site
  readonly #epochMs: () => number
  readonly #timers = new Map<Session, Cancel>()

  /** @param epochMs returns the milliseconds since 1970 */
  constructor(clock: Clock, siteOf: (session: Session) => Site, epochMs: () => number) {
    this.#clock = clock
    this.#siteOf = siteOf
    this.#epochMs = epochMs
  }

  /** Call this when the session has received ICE servers. */
  begin(session: Session): void {
    this.end(session)
    const { iceTtlMs } = this.#siteOf(session)
    if (iceTtlMs === undefined) return
    const refresh = (): void => {
      this.begin(session)
      // A session that is away gets no message, because its next `welcome` contains new credentials, and the
      // message would use its replay buffer.
      if (!session.link) return
      const iceServers = this.#siteOf(session).iceServersFor(session.id, this.#epochMs())
      session.send({ type: 'ice-servers', iceServers })
    }
    this.#timers.set(session, this.#clock.after(iceTtlMs / 2, refresh))
  }

  /** Call this when the session has ended. */
  end(session: Session): void {
    this.#timers.get(session)?.()
    this.#timers.delete(session)
  }
}
