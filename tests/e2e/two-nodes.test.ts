// Two browsers at two servers, which share a Redis. One server is killed during the call.
import { describe, expect } from 'vitest'
import { startBalancer } from '../balancer.ts'
import type { NodeFixtures } from '../nodes-fixture.ts'
import { missingRedisMessage, nodeFixtures } from '../nodes-fixture.ts'
import { test as base } from './fixtures.ts'
import { watchMedia } from './frame-gaps.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

const test = base.extend<NodeFixtures>(nodeFixtures)

const occurrences = async (visitor: Visitor, text: string): Promise<number> =>
  (await visitor.text()).split(text).length - 1

describe.skipIf(missingRedisMessage)('two servers', () => {
  test('a call between users of two servers continues when one is killed: media flows, each text arrives once, and Next works', async ({
    startNodeProcess,
    visit,
  }) => {
    const [first, second] = await Promise.all([startNodeProcess(), startNodeProcess()])
    const balancer = await startBalancer([first.url, second.url], 'first')
    const [ana, bob] = await Promise.all([
      visit(`${balancer.url}/?name=Ana`),
      visit(`${second.url}/?name=Bob`),
    ])
    const both = [ana, bob]
    await meet(ana, bob)
    await Promise.all(both.map((visitor) => visitor.waitForMedia()))
    const expectMedia = await watchMedia(both)

    await first.kill()
    await bob.type('text-input', 'Bob typed meanwhile')
    await bob.press('send-button')
    await Promise.all(both.map((visitor) => visitor.waitForMedia(20)))
    await ana.type('text-input', 'Ana typed meanwhile')
    await ana.press('send-button')
    await Promise.all([
      ana.waitForText('Bob typed meanwhile'),
      bob.waitForText('Ana typed meanwhile'),
    ])
    for (const visitor of both) {
      await expect.poll(() => visitor.text(), { timeout: 20_000 }).not.toContain('out of reach')
      await expect.poll(() => visitor.text()).not.toContain('interrupted')
      expect(await visitor.state()).toBe('connected')
      for (const text of ['Ana typed meanwhile', 'Bob typed meanwhile']) {
        expect(await occurrences(visitor, text)).toBe(1)
      }
    }
    console.log(`a server is killed: ${await expectMedia()}`)

    const status = async (): Promise<unknown> => (await fetch(`${second.url}/status`)).json()
    await expect.poll(status).toMatchObject({ users: 2, waiting: 0, rooms: 1 })

    await ana.press('next-button')
    await Promise.all(both.map((visitor) => visitor.waitForMatches(2)))
    await Promise.all(both.map((visitor) => visitor.waitForState('connected')))
    await Promise.all(both.map((visitor) => visitor.waitForMedia()))
    balancer.close()
  })
})
