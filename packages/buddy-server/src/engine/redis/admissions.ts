import type { Clock } from '../../clock.ts'
import type { SessionProfile } from '../engine.ts'
import { SessionElsewhereError } from '../session-elsewhere-error.ts'
import type { NoPlace, Place, PlaceLimits } from '../places.ts'
import type { Command } from './command-queue.ts'
import { toStoredProfile } from './stored-values.ts'
import type { Answer } from './wire.ts'

/** The dependencies of {@link Admissions}. */
export interface AdmissionsDependencies {
  readonly nodeId: string
  readonly clock: Pick<Clock, 'after'>
  readonly send: (command: Command, handleAnswer?: (answer: Answer) => void) => void
  /** Returns the epoch of a session that this node has, or has taken over. */
  readonly epochOf: (sessionId: string) => number | undefined
}

/** A session is admitted if Redis does not answer within this time, in milliseconds. */
const admitTimeoutMs = 1000

/** How long another shard may take to count the sessions of an address and of a site, in milliseconds. */
const countTimeoutMs = 250

/** The sessions that one shard has. */
export interface SessionNumbers {
  readonly ofAddress: number
  readonly ofSite: number
}

const noSessions: SessionNumbers = { ofAddress: 0, ofSite: 0 }

/** Takes places for sessions, which Redis counts. */
export class Admissions {
  readonly #dependencies: AdmissionsDependencies

  constructor(dependencies: AdmissionsDependencies) {
    this.#dependencies = dependencies
  }

  /** Takes a place for a session; see `Engine.admit`. */
  admit(profile: SessionProfile, limits: PlaceLimits): Promise<NoPlace | undefined> {
    const { sessionId: s } = profile.seat
    const { nodeId, clock, send, epochOf } = this.#dependencies
    const { maxOfSite, maxOfAddress } = limits
    const command = {
      c: 'admit',
      s,
      n: nodeId,
      e: epochOf(s) ?? 1,
      g: 0,
      k: profile.personKey,
      f: toStoredProfile(profile),
      maxOfAddress,
      ...(Number.isFinite(maxOfSite) && { maxOfSite }),
    }
    return new Promise((resolve, reject) => {
      const cancel = clock.after(admitTimeoutMs, () => resolve(undefined))
      send(command, ([failure, , , result]) => {
        cancel()
        if (failure === 'fenced') reject(new SessionElsewhereError())
        else resolve(result ? (result as NoPlace) : undefined)
      })
    })
  }

  /** Resolves with the numbers of sessions of an address and of a site; 0 if Redis does not answer soon. */
  sessionsAt({ addressKey: address, site }: Place): Promise<SessionNumbers> {
    const { clock, send } = this.#dependencies
    return new Promise((resolve) => {
      const cancel = clock.after(countTimeoutMs, () => resolve(noSessions))
      send({ c: 'sessionsAt', address, site }, ([failure, , , result]) => {
        cancel()
        resolve(failure === false ? (result as SessionNumbers) : noSessions)
      })
    })
  }

  /** Gives the place of a session back, unless this node has the session. */
  cancel(sessionId: string): void {
    const { nodeId, send, epochOf } = this.#dependencies
    if (epochOf(sessionId) === undefined) send({ c: 'cancel', s: sessionId, n: nodeId })
  }
}
