import type {
  EngineEvent,
  EngineListener,
  EngineSession,
} from '../../packages/buddy-server/src/engine/engine.ts'
import type { Room } from '../../packages/buddy-server/src/engine/room.ts'
import type { Ticket } from '../../packages/buddy-server/src/engine/ticket.ts'
import type { Random } from '../load/random.ts'
import type { Arrival } from './arrival.ts'
import { drawTime } from './arrival.ts'
import type { Search } from './referee.ts'

/** The events of a visitor. */
export interface VisitorObserver {
  readonly random: Random
  readonly now: () => number
  readonly after: (delayMs: number, callback: () => void) => void
  /** Called for each command and each event of a visitor. */
  readonly onStep: () => void
  readonly onMatched: (visitor: Visitor, event: EngineEvent & { type: 'matched' }) => void
  readonly onBlock: (visitor: Visitor) => void
  readonly onParted: (visitor: Visitor) => void
  /** Called when a search ends without a match. */
  readonly onGaveUp: (search: Search, waitedMs: number) => void
  readonly onGone: (visitor: Visitor) => void
}

const meanChatSeconds = 60
const leaveShare = 0.15
const blockShare = 0.02
const changeShare = 0.1

/** One session of one person, who chats, presses Next, blocks, changes interests and leaves. */
export class Visitor implements EngineListener {
  readonly arrival: Arrival
  readonly #ticket: Ticket
  readonly #observer: VisitorObserver
  #engine!: EngineSession
  #generation = 0
  #isGone = false
  room: Room | undefined
  /** The present search; undefined in a room. */
  search: Search | undefined

  constructor(arrival: Arrival, ticket: Ticket, observer: VisitorObserver) {
    this.arrival = arrival
    this.#ticket = ticket
    this.#observer = observer
  }

  get sessionId(): string {
    return this.#ticket.sessionId
  }

  /** Begins to search. */
  start(engine: EngineSession): void {
    const { after, random } = this.#observer
    this.#engine = engine
    this.#enter()
    after(this.arrival.stay * 1000, () => this.#leave())
    if (random.chance(changeShare)) {
      after(drawTime(random, 20) * 1000, () => this.#change())
    }
  }

  handleEvent(event: EngineEvent): void {
    const { onStep, onMatched } = this.#observer
    if (event.generation !== this.#generation) return
    onStep()
    if (event.type === 'matched') {
      onMatched(this, event)
      this.search = undefined
      this.room = event.room
      this.#chat(event.room)
    } else if (event.type === 'parted') {
      this.#closeRoom()
      this.#enter()
    }
  }

  #chat(room: Room): void {
    const { after, random, onBlock } = this.#observer
    after(drawTime(random, meanChatSeconds) * 1000, () => {
      if (this.room !== room) return
      if (random.chance(blockShare)) {
        onBlock(this)
        this.#engine.block(room.id)
      }
      this.#closeRoom()
      if (random.chance(leaveShare)) this.#leave()
      else this.#enter()
    })
  }

  #closeRoom(): void {
    if (this.room) this.#observer.onParted(this)
    this.room = undefined
  }

  #enter(): void {
    if (this.#isGone) return
    const { now, onStep } = this.#observer
    onStep()
    const { sinceMs = now(), ticket = this.#ticket } = this.search ?? {}
    this.search = { ticket, person: this.arrival.person, sinceMs }
    this.#engine.enter(ticket, ++this.#generation)
  }

  /** Drops the interests, so that every partner is acceptable. */
  #change(): void {
    if (!this.search || this.#isGone) return
    this.#observer.onStep()
    const change = { ...this.search.ticket, interests: [], interestKeys: [] }
    this.search = { ...this.search, ticket: change }
    this.#engine.change(change)
  }

  #leave(): void {
    if (this.#isGone) return
    this.#isGone = true
    const { now, onStep, onGaveUp, onGone } = this.#observer
    onStep()
    this.#closeRoom()
    if (this.search) onGaveUp(this.search, now() - this.search.sinceMs)
    this.search = undefined
    this.#generation++
    this.#engine.end('left')
    onGone(this)
  }
}
