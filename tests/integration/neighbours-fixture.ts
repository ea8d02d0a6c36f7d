import type { BuddyServerOptions } from '@buddy-chat/server'
import { expect } from 'vitest'
import type { RunningServer } from '../server-fixture.ts'
import { test as base } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

/** Two in a room, who were there before somebody misbehaved. */
class Neighbours {
  readonly #one: RawClient
  readonly #other: RawClient
  #lines = 0

  constructor(one: RawClient, other: RawClient) {
    this.#one = one
    this.#other = other
  }

  /** Says something, in both directions, without waiting for it. */
  talk(): void {
    this.#lines++
    for (const one of [this.#one, this.#other]) one.send({ type: 'text', text: `${this.#lines}` })
  }

  /** Fails unless all that was said has arrived, in order, and nothing else came. */
  async expectUndisturbed(): Promise<void> {
    for (let time = 1; time <= 3; time++) this.talk()
    for (const one of [this.#one, this.#other]) {
      for (let line = 1; line <= this.#lines; line++) {
        expect((await one.receive('text')).text).toBe(`${line}`)
      }
      await one.settled()
      expect(one.unread.filter((type) => type !== 'stats')).toEqual([])
    }
    this.#lines = 0
  }
}

/** A server with a pair of neighbours, who are looked after when a test has ended. */
export const test = base.extend<{
  readonly startWithNeighbours: (options?: BuddyServerOptions) => Promise<RunningServer>
}>({
  startWithNeighbours: async ({ startServer }, use) => {
    const pairs: Neighbours[] = []
    await use(async (options) => {
      const running = await startServer(options)
      const pair = new Neighbours(...(await RawClient.pair(running.url, 'next door')))
      pair.talk()
      pairs.push(pair)
      return running
    })
    for (const pair of pairs) await pair.expectUndisturbed()
  },
})
