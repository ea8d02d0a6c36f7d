import type { Cancel, Clock } from '../clock.ts'
import type { Session } from '../sessions/session.ts'
import type { Site } from './site.ts'

/**
 * Sends new ICE servers to whoever holds credentials that end, when half their time is over: a call
 * that restarts ICE late still finds its TURN server.
 */
export class IceRefresh {
  readonly #clock: Clock
  readonly #siteOf: (session: Session) => Site
  readonly #epochMs: () => number
  readonly #timers = new Map<Session, Cancel>()

  /** @param epochMs milliseconds since 1970 */
  constructor(clock: Clock, siteOf: (session: Session) => Site, epochMs: () => number) {
    this.#clock = clock
    this.#siteOf = siteOf
    this.#epochMs = epochMs
  }

  /** The session has just been given ICE servers. */
  begin(session: Session): void {
    this.end(session)
    const { iceTtlMs } = this.#siteOf(session)
    if (iceTtlMs === undefined) return
    const refresh = (): void => {
      this.begin(session)
      // While it is away they would fill what is kept for it, and its next `welcome` has new ones.
      if (!session.link) return
      const iceServers = this.#siteOf(session).iceServersFor(session.id, this.#epochMs())
      session.send({ type: 'ice-servers', iceServers })
    }
    this.#timers.set(session, this.#clock.after(iceTtlMs / 2, refresh))
  }

  /** The session is over. */
  end(session: Session): void {
    this.#timers.get(session)?.()
    this.#timers.delete(session)
  }
}
