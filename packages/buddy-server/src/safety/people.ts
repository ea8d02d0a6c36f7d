import { dismiss } from '../sessions/dismiss.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { MessageOf } from '@buddy-chat/protocol'
import type { BanKeys } from './measures.ts'
import type { PersonKeys } from './person-keys.ts'
import type { StoredPerson } from './store.ts'

interface PeopleDependencies {
  readonly sessions: Pick<Sessions, 'find' | 'end'> & Iterable<Session>
  readonly keys: PersonKeys
}

/** The values from which the keys of a person are computed. */
type KeySource = Pick<Session, 'identity' | 'personKey' | 'addressKey'>

/** Finds the sessions of a person, and the keys of a session. */
export class People {
  readonly #sessions: PeopleDependencies['sessions']
  readonly #keys: PersonKeys

  constructor({ sessions, keys }: PeopleDependencies) {
    this.#sessions = sessions
    this.#keys = keys
  }

  /** Returns the keys by which a ban recognises the person of a session. */
  keysOf({ identity, personKey, addressKey }: KeySource): BanKeys {
    return {
      personId: personKey,
      visitorKey: identity.subject === undefined ? personKey : this.#keys.visitorKey(identity),
      addressHash: this.#keys.addressHash(identity.site, addressKey),
    }
  }

  /** Returns the person of a session, with the address of its latest connection. */
  personOf(session: KeySource & Pick<Session, 'id'>, atMs: number): StoredPerson {
    const { site } = session.identity
    return { ...this.keysOf(session), site, sessionId: session.id, atMs }
  }

  findSession(sessionId: string): Session | undefined {
    return this.#sessions.find(sessionId)
  }

  /** Returns the sessions of a person that are present or away. */
  sessionsOf({
    personId,
    visitorKey,
    site,
  }: Omit<StoredPerson, 'addressHash' | 'sessionId' | 'atMs'>): Session[] {
    return [...this.#sessions].filter((session) => {
      if (session.personKey === personId) return true
      // A person with a subject can have another session without it, or with another subject.
      const { identity } = session
      return (
        visitorKey !== personId &&
        identity.site === site &&
        this.#keys.visitorKey(identity) === visitorKey
      )
    })
  }

  /** Returns whether one of these keys is that of the person or the visitor of a session. */
  isAnyOf({ personKey, identity }: Session, keys: ReadonlySet<string>): boolean {
    if (keys.has(personKey)) return true
    return identity.subject !== undefined && keys.has(this.#keys.visitorKey(identity))
  }

  /** Returns the persons who have a session. */
  online(): Set<string> {
    return new Set([...this.#sessions].map(({ personKey }) => personKey))
  }

  /** Sends a client the reason of its ban, and ends its session. */
  dismiss(session: Session, measure: MessageOf<'measure'>): void {
    if (session.link) session.send(measure)
    dismiss(session, 'banned', this.#sessions)
  }
}
