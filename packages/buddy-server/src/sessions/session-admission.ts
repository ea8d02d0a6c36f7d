import { waitAfterCloseMs } from '@buddy-chat/protocol'
import type { Engine, SessionProfile } from '../engine/engine.ts'
import type { NoPlace, PlaceLimits } from '../engine/places.ts'
import { SessionElsewhereError } from '../engine/session-elsewhere-error.ts'
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
// The client tries again, and this node or another one then takes the session over.
const elsewhere = refusal('server-full', 'another server has the session', 2000)

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
   * away longest. The session counts from now on; call {@link cancel} if it is not created. If another node has taken
   * the session over meanwhile, the client is asked to try again.
   * @returns undefined if there is a place
   */
  async admit({ sessionId, identity, addressKey }: Applicant): Promise<Refusal | undefined> {
    const { nodeId, personKeyOf } = this.#dependencies
    const { maxUsersOf, maxSessionsPerAddress } = this.#dependencies
    const { site, name, subject } = identity
    const personKey = personKeyOf(identity)
    const seat = { sessionId, nodeId, name, subject, personKey }
    const profile: SessionProfile = { seat, site, addressKey, personKey }
    const limits = {
      maxOfSite: maxUsersOf(site) ?? Infinity,
      maxOfAddress: maxSessionsPerAddress(),
    }
    let found: NoPlace | undefined
    try {
      found = await this.#place(profile, limits)
    } catch (error) {
      if (error instanceof SessionElsewhereError) return elsewhere
      throw error
    }
    return found && (found.full === 'site' ? siteFull : addressFull)
  }

  async #place(profile: SessionProfile, limits: PlaceLimits): Promise<NoPlace | undefined> {
    const { engine, sessions } = this.#dependencies
    const found = await engine.admit(profile, limits)
    // If there are more sessions than the limit, which a reload can cause, ending one would not make a place.
    const canMakePlace = found?.full === 'address' && found.excess === 0
    const isPlaceMade = canMakePlace && sessions.endLongestAway(profile.addressKey)
    return isPlaceMade ? engine.admit(profile, limits) : found
  }

  /** Gives the place back, unless the session was created. */
  cancel(sessionId: string): void {
    this.#dependencies.engine.cancel(sessionId)
  }
}
