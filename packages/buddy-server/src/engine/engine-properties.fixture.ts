// What is true of every engine after any sequence of commands, regardless of the order in which commands and
// events of different sessions arrive.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContractSession, EngineUnderTest } from './engine-world.fixture.ts'
import { EngineWorld } from './engine-world.fixture.ts'
import type { EngineDependencies } from './memory/memory-engine.ts'

const ids = ['a', 'b', 'c', 'd', 'e', 'f'] as const
/** With three shards, they are in two of them. */
const lobbies = ['one', 'two'] as const

const step = fc.record({
  kind: fc.constantFrom(
    'enter',
    'enter',
    'leave',
    'pass',
    'pass',
    'away',
    'back',
    'report',
    'wait',
  ),
  who: fc.nat({ max: ids.length - 1 }),
  amount: fc.nat({ max: 30 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Creates an engine whose commands and events are delayed, in an order that depends on the seed. */
type CreateEngine = (seed: number, dependencies: EngineDependencies) => EngineUnderTest

/**
 * Sessions that execute random steps. The frames that they pass are `[index of the sender, number of frames
 * that it sent before in this room]`.
 */
class Crowd {
  readonly world: EngineWorld
  readonly sessions: readonly ContractSession[]
  /** The lobby of each session's latest ticket. */
  readonly #lobbies = new Map<ContractSession, string>()
  readonly #sent = new Map<ContractSession, number>()
  /** The id of the room in which each session sent its latest frame. */
  readonly #rooms = new Map<ContractSession, string | undefined>()

  constructor(createEngine: CreateEngine, seed: number, maxRooms: number) {
    this.world = new EngineWorld((dependencies) => createEngine(seed, dependencies))
    this.world.maxRooms = maxRooms
    this.sessions = this.world.join(...ids)
  }

  take({ kind, who, amount }: Step): void {
    const session = this.sessions[who]!
    if (kind === 'wait') this.world.clock.advance(amount * 300)
    else if (kind === 'away' && session.isPresent) session.away()
    else if (kind === 'back' && !session.isPresent) session.back()
    else if (session.isPresent) this.#command(kind, session, amount)
    for (let count = 0; count < amount; count++) this.world.step()
    for (const each of this.sessions) this.#checkFrames(each)
  }

  /**
   * Delivers all pending commands and events. Then checks that rooms, sessions and counts agree, and that no
   * two compatible tickets wait.
   */
  async checkSettled(): Promise<void> {
    await this.world.settle()
    for (const session of this.sessions) this.#checkFrames(session)
    const { waiting, rooms } = this.world.engine.counts
    const seated = this.sessions.filter(({ room }) => room)
    expect(seated).toHaveLength(2 * rooms)
    for (const { room } of seated) {
      const members = this.sessions.filter((session) => session.room?.id === room!.id)
      expect(members.map(({ id }) => id).toSorted()).toEqual(
        room!.seats.map(({ sessionId }) => sessionId).toSorted(),
      )
    }
    const searching = this.sessions.filter(({ isSearching, isPresent }) => isSearching && isPresent)
    expect(searching).toHaveLength(waiting)
    for (const { room } of searching) expect(room).toBeUndefined()
    if (rooms < this.world.maxRooms) this.#checkPairs(searching)
    const opened = this.world.observed.filter(([event]) => event === 'opened')
    const ended = this.world.observed.filter(([event]) => event === 'ended')
    expect(opened.length - ended.length).toBe(rooms)
    expect(new Set(ended.map(([, room]) => room.id)).size).toBe(ended.length)
  }

  /** Checks that two sessions wait in one lobby only if one of them has blocked or reported the other. */
  #checkPairs(searching: readonly ContractSession[]): void {
    const blocked = this.world.pairs.filter(([kind]) => kind === 'blocked')
    for (const [index, one] of searching.entries()) {
      for (const other of searching.slice(index + 1)) {
        if (this.#lobbies.get(one) !== this.#lobbies.get(other)) continue
        const keys = [one, other].map(({ id }) => `person ${id}`)
        expect(blocked.some(([, ...pair]) => keys.every((key) => pair.includes(key)))).toBe(true)
      }
    }
  }

  #command(kind: Step['kind'], session: ContractSession, amount: number): void {
    if (kind === 'enter') {
      const lobby = lobbies[amount % 2]!
      this.#lobbies.set(session, lobby)
      session.enter({ lobby })
    } else if (kind === 'leave') session.leave()
    else if (kind === 'report') session.report()
    else if (kind === 'pass' && session.room) {
      if (this.#rooms.get(session) !== session.room.id) this.#sent.set(session, 0)
      this.#rooms.set(session, session.room.id)
      const number = this.#sent.get(session) ?? 0
      this.#sent.set(session, number + 1)
      session.pass(ids.indexOf(session.id as (typeof ids)[number]), number)
    }
  }

  /** Checks that all frames are from the partner of the present room, in order and without gaps. */
  #checkFrames({ id, room, frames }: ContractSession): void {
    const partner = room?.seats.find(({ sessionId }) => sessionId !== id)?.sessionId
    for (const [index, [sender, number]] of frames.entries()) {
      expect([ids[sender!], number]).toEqual([partner, index])
    }
  }
}

/** An engine in another process takes longer, in particular on a busy machine. */
const timeoutMs = 60_000

/**
 * Describes what is true of an engine of any kind, by this number of random sequences for each case.
 * @param limits the maximum numbers of rooms
 */
export function describeProperties(
  name: string,
  numRuns: number,
  createEngine: CreateEngine,
  limits: readonly number[] = [1, 2, 1000],
): void {
  describe.each(limits)(`${name} with at most %i rooms`, (maxRooms) => {
    test(
      'delivers frames in order, and in the end its rooms, sessions and counts agree',
      async () => {
        let matches = 0
        await fc.assert(
          fc.asyncProperty(
            fc.array(step, { minLength: 40, maxLength: 120 }),
            fc.integer(),
            async (steps, seed) => {
              const crowd = new Crowd(createEngine, seed, maxRooms)
              for (const each of steps) {
                crowd.take(each)
                // An engine in another process may answer before the next step.
                if (each.kind === 'wait') await new Promise(setImmediate)
              }
              await crowd.checkSettled()
              matches += crowd.world.observed.length
            },
          ),
          { numRuns },
        )
        // The test would prove nothing if no sessions were matched.
        expect(matches).toBeGreaterThan(numRuns)
      },
      timeoutMs,
    )
  })
}
