// Interests in real browsers with a real server: the order of matches, a search that widens, a visitor who
// refuses that, and the words for two people who may not meet again. Text mode, because media does not matter
// here.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

const page = (url: string, name: string, interests: string): string =>
  `${url}/?mode=text&name=${name}&interests=${interests}`

/** Longer than any test, so that no search widens. */
const never = 3_600_000

async function enter(visitor: Visitor): Promise<void> {
  await visitor.press('start-button')
  await visitor.waitForState('waiting')
}

test('two visitors with a common interest meet before a third who has waited longer', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({ widenInterestsMs: never })
  const [cem, ana, bob] = await Promise.all([
    visit(page(url, 'Cem', 'tea')),
    visit(page(url, 'Ana', 'chess,go')),
    visit(page(url, 'Bob', 'CHESS')),
  ])
  await enter(cem)
  await enter(ana)
  await bob.press('start-button')
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  // Each visitor sees the interest in their own spelling.
  await ana.waitForText('You both like chess.')
  await bob.waitForText('You both like CHESS.')
  await cem.waitForText('Looking for someone who likes tea')
  expect(await cem.state()).toBe('waiting')
})

test('two visitors without a common interest meet when their searches widen', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({ widenInterestsMs: 1000 })
  const [ana, bob] = await Promise.all([
    visit(page(url, 'Ana', 'chess')),
    visit(page(url, 'Bob', 'tea')),
  ])
  await meet(ana, bob)
})

test('a visitor who keeps an interest is not widened, and meets after changing it while waiting', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer({ widenInterestsMs: 4000 })
  const [ana, bob] = await Promise.all([
    visit(page(url, 'Ana', 'chess')),
    visit(page(url, 'Bob', 'tea')),
  ])
  await enter(ana)
  await ana.press('keep-interests-button')
  await enter(bob)
  // Bob's search now accepts every partner. Ana's does not, so neither has met a partner.
  await bob.waitForText('Looking for someone who speaks English')
  await ana.waitForText('Looking for someone who likes chess')
  expect([await ana.state(), server.status().matches]).toEqual(['waiting', 0])
  // By keyboard alone: the panel has the focus.
  await ana.press('change-button')
  await ana.page.keyboard.type('tea')
  await ana.page.keyboard.press('Enter')
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await ana.waitForText('You both like tea.')
})

test('two visitors who may not meet again both wait, and see the reason', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const [ana, bob] = await Promise.all([
    visit(page(url, 'Ana', 'chess')),
    visit(page(url, 'Bob', 'chess')),
  ])
  await meet(ana, bob)
  await ana.page.$eval('buddy-chat', (chat) =>
    (chat as unknown as { client: { block(): void } }).client.block(),
  )
  for (const visitor of [ana, bob]) {
    await visitor.waitForText('You have just met everybody who is here.')
    expect(await visitor.state()).toBe('waiting')
  }
  expect(server.status().matches).toBe(1)
})
