import type { Session } from './session.ts'

/** What is kept of a session that may end: enough to ban the person later. It holds nothing that grows. */
export interface Trace extends Pick<Session, 'id' | 'identity'> {
  /** The address of its latest connection; its session changes it. */
  addressKey: string
}

/** A partner, in one room. */
export interface Encounter {
  readonly roomId: string
  readonly partnerId: string
  /** Undefined if the room was of a process before this one, and the partner has not come back. */
  readonly partner: Trace | undefined
}

interface Entry extends Encounter {
  readonly atMs: number
}

/** More rooms than a person can mean by "the one before", and few bytes. */
const maxEncounters = 10
/** Reported partners; longer than the list of rooms, because the same partner may come again and again. */
const maxReported = 100
/** A report comes soon, or not at all. */
const maxAgeMs = 3_600_000

/**
 * Whom one session has met lately, so that a report reaches the person meant, also after that person
 * has left. It belongs to its session: no other session can make it forget its encounters.
 */
export class Encounters {
  /** The latest last. An array, because a Map of so few costs several times the memory. */
  readonly #entries: Entry[] = []
  /** Ids of partners, the latest last. Most people report no partner. */
  #reported: Set<string> | undefined

  /** How many are kept. */
  get size(): number {
    return this.#entries.length
  }

  /** Keeps an encounter that begins or ends now; the oldest beyond the bound is forgotten. */
  add({ roomId, partnerId, partner }: Encounter, nowMs: number): void {
    // A room that is kept already is the latest one.
    if (this.#entries.at(-1)?.roomId === roomId) this.#entries.pop()
    this.#entries.push({ roomId, partnerId, partner, atMs: nowMs })
    if (this.#entries.length > maxEncounters) this.#entries.shift()
  }

  /**
   * The encounter in this room, or the latest one if none is named; undefined if there was none, or
   * it is too long ago.
   */
  find(roomId: string | null, nowMs: number): Encounter | undefined {
    const entry = this.#entries.findLast((known) => roomId === null || known.roomId === roomId)
    return entry && nowMs - entry.atMs <= maxAgeMs ? entry : undefined
  }

  /** Takes a report of a partner. False if that partner is reported already, in whichever room. */
  report({ partnerId }: Encounter): boolean {
    const reported = (this.#reported ??= new Set())
    if (reported.has(partnerId)) return false
    reported.add(partnerId)
    const [oldest] = reported
    if (reported.size > maxReported && oldest !== undefined) reported.delete(oldest)
    return true
  }
}
