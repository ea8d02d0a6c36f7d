import type { Mode } from '@buddy-chat/protocol'
import type { SessionProfile } from '../engine.ts'

/**
 * A reference to the latest profile of a session. The encounters of its former partners keep this small
 * object instead of the session, so that the memory of an ended session can be freed.
 */
export interface Trace {
  profile: SessionProfile
}

/** A partner of one session, in one room. */
export interface Encounter {
  readonly roomId: string
  readonly mode: Mode
  readonly lobby: string
  readonly partnerId: string
  /** Undefined if the room was opened by an earlier process and the partner has not come back. */
  readonly partner: Trace | undefined
  /** The key of the partner's person; undefined if it is not known. */
  readonly partnerKey: string | undefined
}

/** A person whom a session has met. */
interface RecentPerson {
  readonly personKey: string
  readonly agoMs: number
}

interface Entry extends Encounter {
  readonly atMs: number
}

/** Maximum number of encounters of a session. A few are enough, because users report recent partners. */
const maxEncounters = 10
/**
 * Maximum number of reported partners that a session remembers. It exceeds the number of encounters, so that
 * a repeated report is recognised even after many other rooms.
 */
const maxReported = 100
/** How long after the end of a room a report may name it, in milliseconds. */
const maxAgeMs = 3_600_000

/**
 * The recent partners of one session. The engine uses them to find the partner that a report or a block is
 * about. Each session has its own list, so no other session can
 * fill it.
 */
export class Encounters {
  /**
   * The latest encounter is last. This is an array, because a Map with so few entries needs several times the
   * memory.
   */
  readonly #entries: Entry[] = []
  /** Ids of reported partners; the latest one is last. Undefined until the first report, to save memory. */
  #reported: Set<string> | undefined

  /** The number of encounters. */
  get size(): number {
    return this.#entries.length
  }

  /**
   * Adds an encounter that begins now, or updates the latest one, which ends now. Drops the oldest one if
   * there are too many.
   */
  add(encounter: Encounter, nowMs: number): void {
    // The encounter of the present room is replaced, so that its age counts from the end of the room.
    if (this.#entries.at(-1)?.roomId === encounter.roomId) this.#entries.pop()
    this.#entries.push({ ...encounter, atMs: nowMs })
    if (this.#entries.length > maxEncounters) this.#entries.shift()
  }

  /**
   * Returns the encounter in this room, or the latest one if `roomId` is null. Returns undefined if there was
   * none, or if it ended more than an hour ago.
   */
  find(roomId: string | null, nowMs: number): Encounter | undefined {
    const entry = this.#entries.findLast((known) => roomId === null || known.roomId === roomId)
    return entry && nowMs - entry.atMs <= maxAgeMs ? entry : undefined
  }

  /** Returns the people that were met at most `withinMs` ago, and how long ago. */
  recent(nowMs: number, withinMs: number): readonly RecentPerson[] {
    return this.#entries.flatMap(({ partnerKey, atMs }) => {
      const agoMs = nowMs - atMs
      return partnerKey && agoMs <= withinMs ? [{ personKey: partnerKey, agoMs }] : []
    })
  }

  /**
   * Records that the partner was reported.
   * @returns false if the partner had been reported before, in any room
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
