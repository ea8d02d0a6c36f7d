import type { Entry } from '../history.ts'
import type { Stay } from '../story.ts'
import type { Findings, Rule } from './rule.ts'

interface Block {
  readonly pair: string
  /** Whether the client has sent another command after it, whose answer shows that the block was handled. */
  isFollowed: boolean
}

const pairOf = (one: string, other: string): string => [one, other].toSorted().join(' and ')

/**
 * Two people do not meet if one has blocked or reported the other, or if their site, band or lobby differs.
 *
 * A block counts once the client has received the answer to a command that it sent after the block on the same
 * connection: a node handles the commands of a session in order. A block does not count if the connection was lost
 * before that answer, or if the server has refused the block. After Redis has lost its data, it does not count until
 * the node that has handled it can have stored it again. A block forbids the matches for which one of the two has sent
 * a ticket after that time.
 */
export class Meetings implements Rule {
  readonly #findings: Findings
  readonly #unconfirmed = new Map<string, Block[]>()
  /** Since when a pair of people is blocked. */
  readonly #blockedSince = new Map<string, number>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  handle(entry: Entry): void {
    switch (entry.do) {
      case 'block':
      case 'report':
        this.#handleBlock(entry)
        break
      case 'ticket':
      case 'next':
        for (const block of this.#unconfirmed.get(entry.c) ?? []) block.isFollowed = true
        break
      case 'waiting':
      case 'matched':
        this.#confirm(entry.c, entry.t)
        break
      case 'lost':
        // The server may not have handled what was sent on a connection that was lost before the answer.
        this.#unconfirmed.delete(entry.c)
        break
      case 'error':
        // A node that has restored a session knows only its latest room, and refuses other reports by this name.
        if (entry.code === 'unknown-room') this.#unconfirmed.delete(entry.c)
        break
    }
  }

  finish(): void {
    for (const stays of this.#findings.story.rooms.values()) {
      const [one, other] = stays
      if (one) this.#check(one, other)
    }
  }

  #handleBlock({ c, room }: Entry & { readonly do: 'block' | 'report' }): void {
    const { story } = this.#findings
    const stay = story.of(c).stays.findLast((past) => past.room === room)
    if (!stay) return
    const [own, partner] = [story.of(c), story.clients.get(stay.partner)]
    if (!partner || own.person === partner.person) return
    const block = { pair: pairOf(own.person, partner.person), isFollowed: false }
    const known = this.#unconfirmed.get(c)
    if (known) known.push(block)
    else this.#unconfirmed.set(c, [block])
  }

  #confirm(c: string, t: number): void {
    const blocks = this.#unconfirmed.get(c)
    if (!blocks) return
    for (const { pair, isFollowed } of blocks) {
      if (isFollowed && !this.#blockedSince.has(pair)) this.#blockedSince.set(pair, t)
    }
    this.#unconfirmed.set(
      c,
      blocks.filter(({ isFollowed }) => !isFollowed),
    )
  }

  #check(one: Stay, other: Stay | undefined): void {
    const { story } = this.#findings
    const [a, b] = [story.of(one.c), story.clients.get(one.partner)]
    if (!b) {
      this.#forbid(one, `${one.c} met ${one.partner}, which no client is called`)
      return
    }
    for (const name of ['site', 'band'] as const) {
      if (a[name] !== b[name])
        this.#forbid(one, `${a.c} (${name} ${a[name]}) met ${b.c} (${name} ${b[name]})`)
    }
    if (other && !one.isAmbiguous && !other.isAmbiguous && one.lobby !== other.lobby) {
      this.#forbid(one, `${a.c} (lobby ${one.lobby}) met ${b.c} (lobby ${other.lobby})`)
    }
    const pair = pairOf(a.person, b.person)
    const requestedAt = Math.max(one.requestedAt, other?.requestedAt ?? 0)
    const blockedAt = this.#blockedSince.get(pair) ?? Infinity
    // Until the node that has handled the block has stored it again, no node knows of it.
    const isForgotten = this.#findings.faults.lacksUntil(blockedAt, one.from) > requestedAt
    if (requestedAt > blockedAt && !isForgotten) {
      this.#forbid(one, `${pair} met in room ${one.room} after a block or a report`)
    }
  }

  #forbid({ from }: Stay, text: string): void {
    this.#findings.violate(from, 'forbidden meeting', text, 'forbidden meetings')
  }
}
