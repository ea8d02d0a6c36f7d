import type { SessionProfile } from '../engine.ts'

/**
 * What a session's former partners keep of it: its profile, with the address of its latest connection. It
 * is an object of its own, so that it does not keep the session's memory.
 */
export interface Trace {
  profile: SessionProfile
}

/** A partner, in one room. */
export interface Encounter {
  readonly roomId: string
  readonly partnerId: string
  /** Undefined if the room is of an earlier process, and the partner has not come back. */
  readonly partner: Trace | undefined
}

interface Entry extends Encounter {
  readonly atMs: number
}

/** More rooms than a user can mean by "the one before". */
const maxEncounters = 10
/** Reported partners; more than rooms, because the same partner may be met many times. */
const maxReported = 100
/** A report names a room of the last hour. */
const maxAgeMs = 3_600_000

/**
 * The partners that one session has met lately. From it the engine answers who is barred from an immediate
 * rematch, and whom a report is about. It belongs to one session, so no other session can fill it.
 */
export class Encounters {
  /** The latest last. An array, because a Map of so few entries takes several times the memory. */
  readonly #entries: Entry[] = []
  /** Ids of partners, the latest last. Undefined until the first report: most users report nobody. */
  #reported: Set<string> | undefined

  /** How many encounters are kept. */
  get size(): number {
    return this.#entries.length
  }

  /** The partner in the latest room; undefined if there was none. */
  get latestPartnerId(): string | undefined {
    return this.#entries.at(-1)?.partnerId
  }

  /** Adds an encounter that begins or ends now, and drops the oldest one above the limit. */
  add({ roomId, partnerId, partner }: Encounter, nowMs: number): void {
    // An encounter in the latest room replaces the one that was added when it began.
    if (this.#entries.at(-1)?.roomId === roomId) this.#entries.pop()
    this.#entries.push({ roomId, partnerId, partner, atMs: nowMs })
    if (this.#entries.length > maxEncounters) this.#entries.shift()
  }

  /**
   * The encounter in this room, or the latest one if `roomId` is null. Undefined if there was none, or
   * if it ended more than an hour ago.
   */
  find(roomId: string | null, nowMs: number): Encounter | undefined {
    const entry = this.#entries.findLast((known) => roomId === null || known.roomId === roomId)
    return entry && nowMs - entry.atMs <= maxAgeMs ? entry : undefined
  }

  /**
   * Notes that the partner was reported.
   * @returns false if that partner had been reported already, in any room
   */
  report({ partnerId }: Encounter): boolean {
    const reported = (this.#reported ??= new Set())
    if (reported.has(partnerId)) return false
    reported.add(partnerId)
    const [oldest] = reported
    if (reported.size > maxReported && oldest !== undefined) reported.delete(oldest)
    return true
  }
}
