import type { ResolvedServerOptions } from '../config/server-settings.ts'
import { TokenBucket } from '../limits/token-bucket.ts'
import type { PartnerLink } from '../sessions/partner-link.ts'
import type { Session } from '../sessions/session.ts'
import { newForMs } from './new-visitors.ts'
import { mayHaveContact } from './contacts.ts'
import { minLetters, RepeatedTexts } from './repeated-texts.ts'
import type { KeyedHash, TextSketch } from './text-sketch.ts'
import { sketchOf } from './text-sketch.ts'

/** The rate at which new visitors may send addresses, handles and telephone numbers. */
const contactRateOfNew = { burst: 3, perSecond: 1 / 60 } as const

/**
 * The maximum number of texts of one author in one room that are read, and that are compared. A bot sends its
 * text at once, because strangers leave.
 */
const maxReadTexts = 10
const maxComparedTexts = 3

/** People behind one address may together send the same text in more rooms than one person. */
const addressTolerance = 2

/** How long a client waits before it sends a text again that was too similar to others. */
const retryAfterMs = 60_000

interface TextGateDependencies {
  readonly settings: () => Pick<
    ResolvedServerOptions,
    'repeatedTextRooms' | 'repeatedTextWindowMs' | 'newVisitorMs'
  >
  /** Returns the time of a clock that never goes back. */
  readonly now: () => number
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly hash: KeyedHash
  /**
   * Called when a text was sent in too many rooms.
   * @param isPersistent whether it was sent in twice as many
   */
  readonly onRepeated: (
    session: Session,
    roomId: string,
    rooms: number,
    isPersistent: boolean,
  ) => void
}

/** Why a text is not relayed. */
export interface TextRefusal {
  readonly message: string
  readonly retryAfterMs: number
}

/** The counts for one author in one room. */
interface RoomTexts {
  read: number
  compared: number
}

/**
 * Refuses texts that only bots send: nearly the same text to many strangers, and many addresses or handles of
 * a new visitor. It reads texts, but neither keeps nor logs them.
 */
export class TextGate {
  readonly #dependencies: TextGateDependencies
  readonly #repeated: RepeatedTexts
  readonly #texts = new WeakMap<PartnerLink, RoomTexts>()
  readonly #contacts = new WeakMap<Session, TokenBucket>()

  constructor(dependencies: TextGateDependencies) {
    this.#dependencies = dependencies
    const { settings } = dependencies
    this.#repeated = new RepeatedTexts(() => ({
      maxRooms: settings().repeatedTextRooms,
      windowMs: settings().repeatedTextWindowMs,
    }))
  }

  /** Returns whether the next text of a session has to be read. */
  wants(session: Session): boolean {
    const { partner } = session.participant
    if (!partner) return false
    return this.#comparesNext(partner) || this.#isNew(session)
  }

  /** Returns why a text must not be relayed; undefined if it may. */
  check(session: Session, partner: PartnerLink, text: string): TextRefusal | undefined {
    const isCompared = this.#comparesNext(partner)
    if (isCompared) this.#countRead(partner)
    // Most texts end here, so that relaying them costs little more.
    if (!mayHaveContact(text) && (text.length < minLetters || !isCompared)) return undefined
    const sketch = sketchOf(text, this.#dependencies.hash)
    const refusal = this.#checkContacts(session, sketch)
    if (refusal || !isCompared) return refusal
    return this.#checkRepeated(session, partner, sketch)
  }

  /** Drops the data that is older than the window. */
  sweep(): void {
    this.#repeated.sweep(this.#dependencies.now())
  }

  #isNew({ identity }: Session): boolean {
    const { settings, wallNow } = this.#dependencies
    return newForMs(identity, wallNow(), settings().newVisitorMs) > 0
  }

  #comparesNext(partner: PartnerLink): boolean {
    if (this.#dependencies.settings().repeatedTextRooms === 0) return false
    const { read, compared } = this.#texts.get(partner) ?? { read: 0, compared: 0 }
    return read < maxReadTexts && compared < maxComparedTexts
  }

  #countRead(partner: PartnerLink): void {
    const texts = this.#texts.get(partner) ?? { read: 0, compared: 0 }
    this.#texts.set(partner, texts)
    texts.read++
  }

  /**
   * Returns a hash of a session's address at its site, which only this process can compute. The keys of reports
   * and bans would take longer than all the rest, and are not needed, because nothing here is stored.
   */
  #addressHashOf({ addressKey, identity }: Session): string {
    const { hash } = this.#dependencies
    const address = JSON.stringify([identity.site, addressKey])
    return `${hash(address)} ${hash(`${address} again`)}`
  }

  #checkContacts(session: Session, { contacts }: TextSketch): TextRefusal | undefined {
    if (contacts.length === 0 || !this.#isNew(session)) return undefined
    const nowMs = this.#dependencies.now()
    const bucket = this.#contacts.get(session) ?? new TokenBucket(contactRateOfNew, nowMs)
    this.#contacts.set(session, bucket)
    const waitMs = bucket.take(nowMs)
    if (waitMs === 0) return undefined
    return { message: 'new users may send few addresses and handles', retryAfterMs: waitMs }
  }

  #checkRepeated(
    session: Session,
    partner: PartnerLink,
    sketch: TextSketch,
  ): TextRefusal | undefined {
    const { now, onRepeated } = this.#dependencies
    const { personKey } = session
    const { id: roomId } = partner.room
    const byPerson = this.#repeated.add(personKey, roomId, sketch, now())
    if (!byPerson) return undefined
    const texts = this.#texts.get(partner)
    if (texts) texts.compared++
    const address = this.#addressHashOf(session)
    const byAddress = this.#repeated.add(address, roomId, sketch, now(), addressTolerance)
    const broken = [byPerson, byAddress].find(
      (repetition) => repetition && repetition.rooms > repetition.allowedRooms,
    )
    if (!broken) return undefined
    onRepeated(session, roomId, broken.rooms, broken.rooms >= 2 * broken.allowedRooms)
    return { message: 'this text was said to too many strangers', retryAfterMs }
  }
}
