// Four visitors in two pairs change partners by pressing Next, by closing the tab and by pressing
// Stop.
import { expect, vi } from 'vitest'
import { test } from './fixtures.ts'
import { Visitor } from './visitor.ts'

interface NamedVisitor {
  readonly name: string
  readonly visitor: Visitor
}

/**
 * Returns the name of each visitor's partner, by the visitor's name. Fails unless all visitors are
 * connected, and each is the partner of their partner.
 */
async function pairs(visitors: readonly NamedVisitor[]): Promise<Map<string, string>> {
  await Promise.all(visitors.map(({ visitor }) => visitor.waitForState('connected')))
  const seen = new Map<string, string>()
  for (const { name, visitor } of visitors) seen.set(name, await visitor.partnerName())
  for (const [name, partner] of seen) expect(seen.get(partner), `${name}’s partner`).toBe(name)
  return seen
}

/**
 * Checks that `match` and `leave` events alternate in each page, so that no visitor was in two
 * rooms at once.
 */
async function expectNeverInTwoRooms(visitors: readonly NamedVisitor[]): Promise<void> {
  for (const { name, visitor } of visitors) {
    const { events } = await visitor.record()
    const order = events.map((event) => event.name)
    expect(order, name).toEqual(order.map((_, index) => (index % 2 === 0 ? 'match' : 'leave')))
  }
}

test('four visitors always find another partner: after Next on both sides, after a closed tab, and after Stop', async ({
  startServer,
  visit,
}) => {
  // With the default, the two users who press Next would wait for the other pair instead of meeting again.
  const { server, url } = await startServer({ avoidRecentMs: 0 })
  const visitors = await Promise.all(
    ['Ana', 'Bob', 'Cem', 'Dua'].map(async (name) => ({
      name,
      visitor: await visit(`${url}/?name=${name}`),
    })),
  )
  const named = (name: string): NamedVisitor => visitors.find((visitor) => visitor.name === name)!

  // There are two pairs, each with media in both directions.
  await Promise.all(visitors.map(({ visitor }) => visitor.press('start-button')))
  let seen = await pairs(visitors)
  await Promise.all(visitors.map(({ visitor }) => visitor.waitForMedia()))
  expect(server.status()).toMatchObject({ users: 4, rooms: 2, waiting: 0 })

  // Both partners press Next at the same moment. The other pair's call is not affected.
  const matches = server.status().matches
  const others = visitors.filter(({ name }) => name !== 'Ana' && name !== seen.get('Ana'))
  const eventsBefore = await Promise.all(others.map(({ visitor }) => visitor.record()))
  await Visitor.pressTogether('next-button', [
    named('Ana').visitor,
    named(seen.get('Ana')!).visitor,
  ])
  await vi.waitFor(() => expect(server.status().matches).toBeGreaterThan(matches), 10_000)
  seen = await pairs(visitors)
  await Promise.all(visitors.map(({ visitor }) => visitor.waitForMedia()))
  expect(await Promise.all(others.map(({ visitor }) => visitor.record()))).toEqual(eventsBefore)
  expect(server.status()).toMatchObject({ users: 4, rooms: 2, waiting: 0 })

  // One visitor closes the tab. Their partner sees that they left, and waits for another partner.
  const closing = named('Ana')
  const left = named(seen.get('Ana')!)
  await closing.visitor.page.close()
  await left.visitor.waitForText('Ana left.')
  await left.visitor.waitForState('waiting')
  expect(server.status()).toMatchObject({ users: 3, rooms: 1, waiting: 1 })

  // A visitor of the other pair presses Stop. Their devices are released, and the other two are matched.
  const [stopping, staying] = others as [NamedVisitor, NamedVisitor]
  await stopping.visitor.press('stop-button')
  await stopping.visitor.waitForEndedTracks()
  await stopping.visitor.waitForPart('start-screen')
  const remaining = [left, staying]
  seen = await pairs(remaining)
  await Promise.all(remaining.map(({ visitor }) => visitor.waitForMedia()))
  expect((await staying.visitor.record()).events.at(-2)).toEqual({
    name: 'leave',
    about: 'partner-left',
  })
  expect(server.status()).toMatchObject({ users: 2, rooms: 1, waiting: 0 })

  // The visitor who stopped can start again.
  await stopping.visitor.press('start-button')
  await stopping.visitor.waitForState('waiting')

  await expectNeverInTwoRooms([left, stopping, staying])
  for (const { visitor } of [left, stopping, staying]) expect(visitor.errors).toEqual([])
})
