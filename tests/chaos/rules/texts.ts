import type { Entry } from '../history.ts'
import { excuseOf } from '../loss-bounds.ts'
import type { Findings, Rule } from './rule.ts'

/** A connected client has received within this time what was sent to it without a fault, in milliseconds. */
const deliveredMs = 3000

interface Write {
  readonly t: number
  readonly k: number
}

/** The texts of one sender in one room. */
interface Stream {
  readonly room: string
  readonly from: string
  /** The latest write of each text that was given to a connection. */
  readonly writes: Map<number, Write>
  readonly heard: Set<number>
  latest: number
}

/**
 * The texts of a room arrive in order, none twice, and none is lost outside the bounds of `loss-bounds.ts`. A text is
 * lost if a later one of the same sender has arrived, or if the receiver stayed in the room, connected and without a
 * fault, long enough to receive it.
 */
export class Texts implements Rule {
  readonly #findings: Findings
  readonly #streams = new Map<string, Stream>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  handle(entry: Entry): void {
    if (entry.do === 'write') this.#handleWrite(entry)
    else if (entry.do === 'heard') this.#handleHeard(entry)
  }

  finish(): void {
    for (const stream of this.#streams.values()) {
      for (const [n, write] of stream.writes) {
        if (stream.heard.has(n)) continue
        if (n < stream.latest || this.#mustHaveArrived(stream, write)) this.#lose(stream, n, write)
      }
    }
  }

  #streamOf(room: string, from: string): Stream {
    const key = `${room} ${from}`
    const known = this.#streams.get(key)
    if (known) return known
    const stream = { room, from, writes: new Map(), heard: new Set<number>(), latest: 0 }
    this.#streams.set(key, stream)
    return stream
  }

  #handleWrite({ t, c, k, room, n }: Entry & { readonly do: 'write' }): void {
    const { writes } = this.#streamOf(room, c)
    if (!writes.has(n)) this.#findings.count(t, 'texts sent')
    writes.set(n, { t, k })
  }

  #handleHeard({ t, c, room, from, n }: Entry & { readonly do: 'heard' }): void {
    const { story, violate } = this.#findings
    const { stay } = story.of(c)
    // After its own command, a client drops what arrives until the next match.
    if (!stay) return
    const what = `text ${n} of ${from} in room ${room}`
    if (stay.room !== room || stay.partner !== from) {
      // The sender took a match for the answer to its latest ticket, and typed before the right answer arrived. Texts
      // do not name a room.
      if (story.clients.get(from)?.stays.some((past) => past.room === room && past.isAmbiguous)) {
        return
      }
      violate(t, 'wrong room', `${c} received ${what}, but was in room ${stay.room}`)
      return
    }
    const stream = this.#streamOf(room, from)
    if (stream.heard.has(n)) {
      violate(t, 'doubled', `${c} received ${what} twice`, 'doubled texts')
    } else if (n < stream.latest) {
      violate(t, 'order', `${c} received ${what} after text ${stream.latest}`)
    }
    stream.heard.add(n)
    stream.latest = Math.max(stream.latest, n)
  }

  /** Returns whether the receiver stayed connected in the room for some time without a fault after the write. */
  #mustHaveArrived({ room, from }: Stream, write: Write): boolean {
    const { story, faults } = this.#findings
    const stays = story.rooms.get(room) ?? []
    const own = stays.find(({ c }) => c === from)
    const stay = stays.find(({ c }) => c !== from)
    if (!own || !stay) return false
    // Nothing needs to arrive after the sender has left the room.
    const end = Math.min(stay.to, own.to)
    return story.of(stay.c).connections.some(({ welcomeAt, to }) => {
      const since = Math.max(write.t, welcomeAt, stay.from)
      const until = Math.min(to, end)
      return until - since >= deliveredMs && !faults.isAny(since, since + deliveredMs)
    })
  }

  #lose({ room, from }: Stream, n: number, { t, k }: Write): void {
    const { story, faults, violate, count } = this.#findings
    const sender = story.connection(from, k)
    const receiver = (story.rooms.get(room) ?? []).find(({ c }) => c !== from)
    const to = receiver && story.connectionAt(receiver.c, t)
    const leavesAt = to && receiver ? story.replacedAt(receiver.c, to) : Infinity
    const excuse = sender && excuseOf({ writtenAt: t, from: sender, to, leavesAt }, faults)
    if (excuse) {
      count(t, 'texts lost within bounds')
      return
    }
    const text = `text ${n} of ${from} in room ${room} did not reach ${receiver?.c ?? 'the partner'}`
    violate(
      t,
      'lost',
      `${text}; sender at node ${sender?.node}, receiver at node ${to?.node}`,
      'lost texts',
    )
  }
}
