import type { BuddyServerOptions } from '@buddy-chat/server'
import { expect } from 'vitest'
import type { RunningServer } from '../server-fixture.ts'
import { test as base } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

/** Two clients in a room. Other clients in a test, which misuse the server, must not disturb them. */
class Neighbours {
  readonly #one: RawClient
  readonly #other: RawClient
  #textCount = 0

  constructor(one: RawClient, other: RawClient) {
    this.#one = one
    this.#other = other
  }

  /** Sends a text from each client to its partner. */
  sendTexts(): void {
    this.#textCount++
    for (const client of [this.#one, this.#other]) {
      client.send({ type: 'text', text: `${this.#textCount}` })
    }
  }

  /** Fails unless all texts arrive in order, and no other message arrives. */
  async expectUndisturbed(): Promise<void> {
    for (let time = 1; time <= 3; time++) this.sendTexts()
    for (const client of [this.#one, this.#other]) {
      for (let number = 1; number <= this.#textCount; number++) {
        expect((await client.receive('text')).text).toBe(`${number}`)
      }
      await client.settled()
      expect(client.unread.filter((type) => type !== 'stats')).toEqual([])
    }
  }
}

export const test = base.extend<{
  /**
   * Starts a server with two clients in a room. When the test ends, their texts must have arrived in
   * order, and the room must still work.
   */
  readonly startWithNeighbours: (options?: BuddyServerOptions) => Promise<RunningServer>
}>({
  startWithNeighbours: async ({ startServer }, use) => {
    const pairs: Neighbours[] = []
    await use(async (options) => {
      const running = await startServer(options)
      const pair = new Neighbours(...(await RawClient.pair(running.url, 'neighbours')))
      pair.sendTexts()
      pairs.push(pair)
      return running
    })
    for (const pair of pairs) await pair.expectUndisturbed()
  },
})
