import type { Random } from '../load/random.ts'
import { bands } from './cluster.ts'
import type { ClientContext, Person } from './chaos-client.ts'
import { ChaosClient } from './chaos-client.ts'

const lobbies = ['', '', 'quiet']
const interests = ['chess', 'jazz', 'tea', 'go', 'films']
const languages = ['en', 'pl', 'pt']
/** The share of the clients whose connections a fault drops. */
const droppedShare = 0.3

/** The clients of a run, and what their users do. */
export class Crowd {
  readonly #context: ClientContext
  readonly #random: Random
  readonly #size: number
  readonly #clients = new Set<ChaosClient>()
  #people = 0
  #tabs = 0
  #isQuiet = false
  #isOver = false

  constructor(size: number, context: Omit<ClientContext, 'onGaveUp'>) {
    this.#size = size
    this.#random = context.random
    this.#context = { ...context, onGaveUp: (client) => this.#replace(client) }
  }

  /** The clients that are in use. */
  get clients(): readonly ChaosClient[] {
    return [...this.#clients]
  }

  start(): void {
    while (this.#clients.size < this.#size) this.#open(this.#newPerson())
  }

  /** From now on, the users stay where they are: none leaves a room, a lobby or the site. */
  becomeQuiet(): void {
    this.#isQuiet = true
  }

  /** Drops the connections of some clients. */
  dropConnections(): void {
    for (const client of this.#clients) if (this.#random.chance(droppedShare)) client.drop()
  }

  close(): void {
    this.#isOver = true
    for (const client of this.#clients) client.close()
  }

  #newPerson(): Person {
    const { below, pick } = this.#random
    return {
      name: `p${++this.#people}`,
      band: pick(bands),
      address: `127.${1 + below(250)}.${below(250)}.${2 + below(250)}`,
    }
  }

  #open(person: Person): void {
    const node = this.#random.below(this.#context.urls.length)
    const client = new ChaosClient(`c${++this.#tabs}`, person, node, this.#context)
    this.#clients.add(client)
    this.#step(client)
  }

  /** Another tab takes the place of one that was closed. */
  #replace(client: ChaosClient): void {
    this.#clients.delete(client)
    if (this.#isOver) return
    // Sometimes the tab belongs to a person who has another tab already.
    const isSecondTab = this.#random.chance(0.2) && this.#clients.size > 0
    this.#open(isSecondTab ? this.#random.pick(this.clients).person : this.#newPerson())
  }

  #step(client: ChaosClient): void {
    setTimeout(
      () => {
        if (this.#isOver || !this.#clients.has(client)) return
        this.#act(client)
        this.#step(client)
      },
      150 + this.#random.below(500),
    ).unref()
  }

  /** Runs one random action of the user, or one failure of the network. */
  #act(client: ChaosClient): void {
    const { chance, below } = this.#random
    if (this.#isQuiet) {
      if (client.isConnected && client.room === undefined && !client.isSearching)
        this.#search(client)
      return
    }
    const event = below(1000)
    if (event < 4) client.drop()
    else if (event < 7) client.takeOver()
    else if (event < 10) {
      client.close()
      this.#replace(client)
    } else if (client.room !== undefined) {
      const share = below(1000)
      // Without a connection only a few texts are typed, because the server limits the rate of those that are kept.
      if (share < 300) {
        if (client.isConnected || chance(0.3)) client.text()
      } else if (share < 380) client.next()
      else if (share < 400) client.leave()
      else if (share < 408) client.block()
      else if (share < 416) client.report()
    } else if (!client.isSearching) this.#search(client)
    else if (chance(0.02)) client.leave()
  }

  #search(client: ChaosClient): void {
    const { pick, chance } = this.#random
    client.ticket(
      pick(lobbies),
      chance(0.5) ? [pick(interests), pick(interests)] : [],
      chance(0.5) ? [pick(languages)] : [],
    )
  }
}
