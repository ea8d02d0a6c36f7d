// A visitor who follows a link leaves the chat at once. If the visitor goes back, the chat works
// again.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

interface Page {
  isMarked?: boolean
}

/** Leaves the page for another page of the same site, as a link does. */
async function leave({ page }: Visitor, url: string): Promise<void> {
  await page.evaluate(() => Object.assign(window, { isMarked: true }))
  await page.goto(`${url}/demo.css`)
}

/** Goes back. Resolves with true if the browser restored the page from its back/forward cache. */
async function goBack({ page }: Visitor): Promise<boolean> {
  await page.goBack()
  return page.evaluate(() => (window as unknown as Page).isMarked ?? false)
}

const eventsOf = async (visitor: Visitor): Promise<string[]> =>
  (await visitor.record()).events.map(({ name, about }) => `${name} ${about}`)

test('a video call ends at once when its page is left; after going back, the visitor can start another call', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  await meet(ana, bob)
  await leave(ana, url)
  await bob.waitForText('Ana left.')
  expect(await eventsOf(bob)).toEqual(['match Ana', 'leave partner-left'])

  // Chromium does not cache a page that has a camera or a peer connection. Therefore this page is a
  // new one.
  expect(await goBack(ana)).toBe(false)
  await ana.waitForState('idle')
  await ana.press('start-button')
  await Promise.all([ana.waitForMatches(1), bob.waitForMatches(2)])
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  await Promise.all([ana.waitForMovement(), bob.waitForMovement()])
})

// In text mode, the browser caches the page. It closes the page's socket only when it restores the
// page. If the client waited for that, partners would write to an absent visitor until then.
test('a text call ends at once when its page is left, and the client searches again when the page is restored', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const page = (name: string): string => `${url}/?name=${name}&mode=text`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await meet(ana, bob)
  await leave(ana, url)
  await bob.waitForText('Ana left.')
  expect(await eventsOf(bob)).toEqual(['match Ana', 'leave partner-left'])
  expect(server.status()).toMatchObject({ users: 1, away: 0, rooms: 0 })

  expect(await goBack(ana)).toBe(true)
  await Promise.all([ana.waitForMatches(2), bob.waitForMatches(2)])
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await ana.type('text-input', 'back again')
  await ana.press('send-button')
  await bob.waitForText('back again')
  expect(await eventsOf(ana)).toEqual(['match Bob', 'leave server-lost', 'match Bob'])
})

test('in text mode, a page that is left leaves the queue, and waits again when it is restored', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const page = (name: string): string => `${url}/?name=${name}&mode=text`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await ana.press('start-button')
  await ana.waitForState('waiting')
  await leave(ana, url)
  await expect.poll(() => server.status()).toMatchObject({ users: 0, waiting: 0 })
  await bob.press('start-button')
  await bob.waitForState('waiting')

  expect(await goBack(ana)).toBe(true)
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  expect([await eventsOf(ana), await eventsOf(bob)]).toEqual([['match Bob'], ['match Ana']])
})
