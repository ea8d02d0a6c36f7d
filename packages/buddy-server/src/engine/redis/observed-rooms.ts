import type { Clock } from '../../clock.ts'
import type { EngineObserver } from '../engine.ts'
import type { Room } from '../room.ts'
import type { StoredEvent } from './wire.ts'

type Ended = Pick<
  Extract<StoredEvent, { type: 'ended' }>,
  'room' | 'leaver' | 'reason' | 'durationMs'
>

/** How long the end of a room is kept until its match is known, in milliseconds. */
const earlyEndMs = 120_000

/** The rooms whose seat 0 is at this node, which reports their ends to the observer. */
export class ObservedRooms {
  readonly #clock: Pick<Clock, 'after'>
  readonly #observer: Pick<EngineObserver, 'onEnded'>
  readonly #rooms = new Map<string, Room>()
  /** The ends of rooms, by the id of the room, that have arrived before the match, which another node reports. */
  readonly #early = new Map<string, Ended>()

  constructor(clock: Pick<Clock, 'after'>, observer: Pick<EngineObserver, 'onEnded'>) {
    this.#clock = clock
    this.#observer = observer
  }

  /**
   * Adds a room.
   * @param report reports to the observer that the room is open, before its end is reported
   */
  add(room: Room, report: () => void = () => undefined): void {
    this.#rooms.set(room.id, room)
    report()
    const ended = this.#early.get(room.id)
    if (!ended) return
    this.#early.delete(room.id)
    this.handleEnded(ended)
  }

  /** Forgets a room. Returns whether this node knew the room. */
  delete(roomId: string): boolean {
    return this.#rooms.delete(roomId)
  }

  /** Reports the end of a room, also if the session in seat 0 has ended meanwhile. */
  handleEnded(ended: Ended): void {
    const { room: id, leaver, reason, durationMs } = ended
    const room = this.#rooms.get(id)
    this.#rooms.delete(id)
    if (room) this.#observer.onEnded(room, leaver, reason, durationMs)
    else {
      this.#early.set(id, ended)
      this.#clock.after(earlyEndMs, () => this.#early.delete(id))
    }
  }
}
