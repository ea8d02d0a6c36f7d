import { waitAfterCloseMs } from '@buddy-chat/protocol'
import type { Engine, SessionProfile } from '../engine/engine.ts'
import type { Refusal } from '../limits/refusal.ts'
import { refusal } from '../limits/refusal.ts'
import type { Identity } from './identity.ts'
import type { Sessions } from './sessions.ts'

interface SessionAdmissionDependencies {
  readonly engine: Pick<Engine, 'admit' | 'cancel'>
  readonly nodeId: string
  readonly sessions: Pick<Sessions, 'endLongestAway'>
  readonly personKeyOf: (identity: Identity) => string
  /** Returns the maximum number of users of a site, by its key; undefined if the site has no such limit. */
  readonly maxUsersOf: (site: string) => number | undefined
  readonly maxSessionsPerAddress: () => number
}

/** A session that wants to be created, or continued from another address. */
interface Applicant {
  readonly sessionId: string
  readonly identity: Identity
  readonly addressKey: string
}

const siteFull = refusal('server-full', 'this site is full', waitAfterCloseMs['server-full'])
const addressFull = refusal(
  'too-many-connections',
  'too many sessions from one address',
  waitAfterCloseMs['too-many-connections'],
)

/**
 * Admits sessions by the limits that hold for all nodes together: the users of a site, and the sessions of an
 * address. {@link Sessions} checks the limits of the node itself.
 */
export class SessionAdmission {
  readonly #dependencies: SessionAdmissionDependencies

  constructor(dependencies: SessionAdmissionDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Takes a place for a session. If the address is full, ends the session of this node and this address that has been
   * away longest. The session counts from now on; call {@link cancel} if it is not created.
   * @returns undefined if there is a place
   */
  async admit({ sessionId, identity, addressKey }: Applicant): Promise<Refusal | undefined> {
    const { engine, nodeId, sessions, personKeyOf } = this.#dependencies
    const { maxUsersOf, maxSessionsPerAddress } = this.#dependencies
    const { site, name, subject } = identity
    const personKey = personKeyOf(identity)
    const seat = { sessionId, nodeId, name, subject, personKey }
    const profile: SessionProfile = { seat, site, addressKey, personKey }
    const limits = {
      maxOfSite: maxUsersOf(site) ?? Infinity,
      maxOfAddress: maxSessionsPerAddress(),
    }
    let found = await engine.admit(profile, limits)
    // If there are more sessions than the limit, which a reload can cause, ending one would not make a place.
    const canMakePlace = found?.full === 'address' && found.excess === 0
    if (canMakePlace && sessions.endLongestAway(addressKey)) {
      found = await engine.admit(profile, limits)
    }
    return found && (found.full === 'site' ? siteFull : addressFull)
  }

  /** Gives the place back, unless the session was created. */
  cancel(sessionId: string): void {
    this.#dependencies.engine.cancel(sessionId)
  }
}
