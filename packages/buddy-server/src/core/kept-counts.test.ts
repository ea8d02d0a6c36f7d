// After any steps in any order, the counts of the server are correct, and each client agrees with the server
// about its room.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TestServer, type TestClient } from './core.fixture.ts'
import { DelayedEngine } from '../engine/delayed-engine.fixture.ts'
import { MemoryEngine } from '../engine/memory/memory-engine.ts'

const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const
const kinds = [
  'join',
  'resume',
  'lose',
  'ticket',
  'next',
  'leave',
  'talk',
  'wait',
  'reload',
] as const
type Step = readonly [kind: (typeof kinds)[number], who: number, much: number]

/**
 * How often each kind of step is chosen. Steps with which sessions leave rooms and come back are the most
 * frequent.
 */
const weights = {
  join: 2,
  resume: 4,
  lose: 5,
  ticket: 4,
  wait: 4,
  next: 1,
  leave: 1,
  talk: 1,
  reload: 1,
}
const anyKind = fc.oneof(
  ...kinds.map((kind) => ({ weight: weights[kind], arbitrary: fc.constant(kind) })),
)
const anySteps = fc.array(fc.tuple(anyKind, fc.nat(1000), fc.nat(1000)), {
  minLength: 100,
  maxLength: 300,
})

/** The client of one session, over all its connections. */
class Person {
  readonly id: string
  client: TestClient
  /** The id of the client's room, according to the messages that the client has received. */
  room: string | undefined
  #receivedBefore = 0
  #read = 0

  constructor(client: TestClient) {
    this.client = client
    this.id = client.of('welcome')[0]!.session
  }

  /** How many frames of the session all its connections have received. */
  get received(): number {
    return this.#receivedBefore + this.client.received
  }

  /** Continues the session with a new connection. */
  follow(client: TestClient): void {
    this.#receivedBefore = this.received
    this.#read = 0
    this.client = client
  }

  /** Updates `room` by the messages that have arrived since it was last updated. */
  read(): void {
    for (const message of this.client.messages.slice(this.#read)) {
      if (message.type === 'matched') this.room = message.room
      if (message.type === 'partner-left') this.room = undefined
    }
    this.#read = this.client.messages.length
  }
}

const settings = {
  maxUsers: 6,
  maxRooms: 2,
  maxSessionsPerAddress: 1,
  rematchDelayMs: 0,
  maxResumeBytes: 2048,
}

/** A server with clients that come and go. */
class Crowd {
  /** Delivers all pending commands and events between sessions and engine. */
  settle = (): void => undefined
  readonly server: TestServer
  #people: Person[] = []

  /** @param seed the seed of an engine with delays; undefined for an engine that answers at once */
  constructor(seed?: number) {
    this.server = new TestServer(settings, {
      createEngine: (dependencies) => {
        if (seed === undefined) return new MemoryEngine(dependencies)
        const engine = new DelayedEngine(seed, dependencies, (given) => new MemoryEngine(given))
        this.settle = () => engine.settle()
        return engine
      },
    })
  }

  async take([kind, who, much]: Step): Promise<void> {
    const { server } = this
    const address = addresses[much % addresses.length]!
    const person = this.#people[who % this.#people.length]
    if (kind === 'join') this.#welcome(await server.join(address))
    else if (kind === 'wait') server.clock.advance([1, 3000, 5000, 5000, 31_000][much % 5]!)
    else if (kind === 'reload') {
      server.settings = { ...server.settings, maxRooms: 1 + (much % 3), maxUsers: 4 + (who % 4) }
      server.core.reload()
      await server.core.engine.reload()
    } else if (kind === 'resume' && person) {
      const resume = { ...person.client.resume, received: person.received }
      this.#welcome(await server.join(address, { resume }), person)
    } else if (person && this.#isPresent(person)) this.#act(kind, person)
    for (const each of this.#people) each.read()
  }

  /** Checks what must be true at any time. */
  checkClients(): void {
    const { sessions } = this.server.core
    const present = this.#people.filter((person) => this.#isPresent(person))
    for (const { id, received, room } of present) {
      const session = sessions.find(id)!
      expect({ received, room }).toEqual({
        received: session.sent,
        room: session.participant.room?.id,
      })
    }
  }

  /** Delivers all pending commands and events. Then checks what must be true when none is pending. */
  checkSettled(): void {
    this.settle()
    for (const each of this.#people) each.read()
    this.checkClients()
    const { sessions } = this.server.core
    const { waiting, rooms } = this.server.core.counts()
    const open = new Set([...sessions].flatMap(({ participant }) => participant.room ?? []))
    expect(rooms).toBe(open.size)
    for (const room of open) {
      const members = room.seats.map(({ sessionId }) => sessions.find(sessionId)!)
      expect(members.map(({ participant }) => participant.room)).toEqual([room, room])
      const isAbandoned = members.some(({ participant }) => participant.canGiveWay)
      if (isAbandoned) expect(members.some(({ isPresent }) => isPresent)).toBe(false)
    }
    const searching = [...sessions].filter(
      ({ participant, isPresent }) => participant.isSearching && isPresent,
    )
    expect(waiting).toBe(searching.length)
    // At most one ticket can wait, because all tickets have the same pool and there is no rematch delay.
    if (rooms < this.server.settings.maxRooms) expect(waiting).toBeLessThan(2)
  }

  /** Ends all sessions. Then checks that as many sessions and rooms can be created as at the beginning. */
  async checkPlaces(): Promise<void> {
    const { server } = this
    const { sessions } = server.core
    for (const session of sessions) sessions.end(session, 'lost')
    this.settle()
    expect(server.core.counts()).toEqual({ users: 0, away: 0, waiting: 0, rooms: 0 })
    server.settings = { ...server.settings, maxUsers: 100, maxRooms: 1 }
    for (const address of addresses) {
      const joined = [0, 1].map(async () => (await server.join(address)).of('welcome').length)
      expect(await Promise.all(joined)).toEqual([1, 0])
    }
    for (const session of sessions) sessions.end(session, 'lost')
    const [client] = await server.pair()
    this.settle()
    const second = await server.pair('192.0.2.8', '192.0.2.9')
    this.settle()
    const rooms = [client, ...second].map(({ session }) => session.participant.room !== undefined)
    expect(rooms).toEqual([true, false, false])
  }

  #act(kind: Step[0], person: Person): void {
    const { client } = person
    if (kind === 'lose') client.disconnect()
    else if (kind === 'talk') {
      for (let line = 0; line < 8; line++) client.send({ type: 'text', text: 'x'.repeat(300) })
    } else {
      // A client that leaves its room receives no message about that.
      if (kind !== 'next' || client.session.participant.mode) person.room = undefined
      if (kind === 'ticket') client.enter()
      else client.send(kind === 'next' ? { type: 'next', offer: null } : { type: 'leave' })
    }
  }

  #welcome(client: TestClient, former?: Person): void {
    const [welcome] = client.of('welcome')
    if (!welcome) return
    if (former?.id === welcome.session) {
      former.follow(client)
      return
    }
    this.#people = this.#people.filter((person) => person !== former)
    this.#people.push(new Person(client))
  }

  #isPresent({ id }: Person): boolean {
    return this.server.core.sessions.find(id)?.isPresent ?? false
  }
}

/** @param settleEvery after how many steps all pending commands and events are delivered */
async function run(crowd: Crowd, steps: readonly Step[], settleEvery: number): Promise<void> {
  for (const [index, step] of steps.entries()) {
    await crowd.take(step)
    crowd.checkClients()
    if (index % settleEvery === 0) crowd.checkSettled()
  }
  crowd.checkSettled()
  await crowd.checkPlaces()
}

test('counts, rooms and the queue agree after any steps, and every place becomes free in the end', async () => {
  await fc.assert(
    fc.asyncProperty(anySteps, async (steps) => {
      await run(new Crowd(), steps, 1)
    }),
    { numRuns: 200, seed: 9, endOnFailure: true },
  )
})

test('counts, rooms and the queue agree after any steps if the engine answers late', async () => {
  await fc.assert(
    fc.asyncProperty(anySteps, fc.integer(), async (steps, seed) => {
      await run(new Crowd(seed), steps, 7)
    }),
    { numRuns: 100, seed: 10, endOnFailure: true },
  )
})
