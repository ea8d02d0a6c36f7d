import type { Entry } from '../history.ts'
import type { Findings, Rule } from './rule.ts'

/** Nobody is in two rooms at once, and each room has two clients, which name each other. */
export class Places implements Rule {
  readonly #findings: Findings

  constructor(findings: Findings) {
    this.#findings = findings
  }

  handle(entry: Entry): void {
    if (entry.do === 'waiting') this.#handleWaiting(entry.t, entry.c)
    else if (entry.do === 'matched') this.#handleMatched(entry)
  }

  #handleWaiting(t: number, c: string): void {
    const { stay } = this.#findings.story.of(c)
    if (!stay || stay.isAmbiguous) return
    this.#findDouble(t, `${c} was put into the queue while it was in room ${stay.room}`)
  }

  #handleMatched({ t, c, room, partner }: Entry & { readonly do: 'matched' }): void {
    const { story, violate, count } = this.#findings
    const { stay, isSearching, mayCross } = story.of(c)
    if (!stay && !isSearching && !mayCross) {
      violate(t, 'room', `${c} was put into room ${room} without a ticket`)
    }
    if (stay && !stay.isAmbiguous) {
      this.#findDouble(t, `${c} was put into room ${room} while it was in room ${stay.room}`)
    }
    const others = story.rooms.get(room) ?? []
    if (others.length === 0) count(t, 'calls')
    for (const other of others) {
      if (other.c === c) violate(t, 'room', `${c} was put into room ${room} twice`)
      else if (other.partner !== c || other.c !== partner) {
        this.#findDouble(
          t,
          `${c} is in room ${room} with ${partner}, but ${other.c} is there with ${other.partner}`,
        )
      }
    }
  }

  finish(): void {
    this.#findHalfRooms()
    this.#findStaleRooms()
  }

  /** Finds partners who were in another room while the server put them into this one. */
  #findHalfRooms(): void {
    const { story } = this.#findings
    for (const [room, stays] of story.rooms) {
      const [stay, other] = stays
      if (!stay || other) continue
      const elsewhere = story.clients
        .get(stay.partner)
        ?.stays.find(
          ({ isAmbiguous, from, to }) => !isAmbiguous && from < stay.requestedAt && to > stay.from,
        )
      if (!elsewhere) continue
      this.#findDouble(
        stay.from,
        `${stay.c} was put into room ${room} with ${stay.partner}, which was in room ${elsewhere.room}`,
      )
    }
  }

  /** At the end, the partner of each client is in the same room. */
  #findStaleRooms(): void {
    const { story, violate } = this.#findings
    for (const { c, stay } of story.clients.values()) {
      if (!stay || story.clients.get(stay.partner)?.stay?.room === stay.room) continue
      violate(
        stay.from,
        'stale room',
        `at the end ${c} is in room ${stay.room}, but its partner ${stay.partner} is not`,
      )
    }
  }

  #findDouble(t: number, text: string): void {
    this.#findings.violate(t, 'two rooms', text, 'double bookings')
  }
}
