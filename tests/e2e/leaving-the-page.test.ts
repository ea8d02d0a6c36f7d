// Whoever follows a link in the middle of it has left at once, and finds a chat that works on return.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Person } from './person.ts'

interface Page {
  isMarked?: boolean
}

/** Goes to another page of the same site, as by a link. */
async function leave({ page }: Person, url: string): Promise<void> {
  await page.evaluate(() => Object.assign(window, { isMarked: true }))
  await page.goto(`${url}/demo.css`)
}

/** Goes back. Resolves with whether the browser has kept the page as it was. */
async function comeBack({ page }: Person): Promise<boolean> {
  await page.goBack()
  return page.evaluate(() => (window as unknown as Page).isMarked ?? false)
}

const told = async (person: Person): Promise<string[]> =>
  (await person.record()).events.map(({ name, about }) => `${name} ${about}`)

test('in a video call: the partner is told at once, and on return Start begins another with a picture', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await leave(ana, url)
  await bob.sees('Ana left.')
  expect(await told(bob)).toEqual(['match Ana', 'leave partner-left'])

  // Chromium keeps no page that has a camera or a peer connection: this is a fresh one.
  expect(await comeBack(ana)).toBe(false)
  await ana.is('idle')
  await ana.press('start-button')
  await Promise.all([ana.matches(1), bob.matches(2)])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
  await Promise.all([ana.seesMovement(), bob.seesMovement()])
})

// One that only writes is kept as it was, but for its socket, which ends when it is shown again: were
// it left to that, partners would write to nobody for as long as the page is kept.
test('in a written conversation: the partner is told at once, and on return the search goes on by itself', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const page = (name: string): string => `${url}/?name=${name}&mode=text`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await leave(ana, url)
  await bob.sees('Ana left.')
  expect(await told(bob)).toEqual(['match Ana', 'leave partner-left'])
  expect(server.status()).toMatchObject({ users: 1, away: 0, rooms: 0 })

  expect(await comeBack(ana)).toBe(true)
  await Promise.all([ana.matches(2), bob.matches(2)])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await ana.types('text-input', 'back again')
  await ana.press('send-button')
  await bob.sees('back again')
  expect(await told(ana)).toEqual(['match Bob', 'leave server-lost', 'match Bob'])
})

test('while waiting to write: nobody is matched with a page that is left, and on return it waits again', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const page = (name: string): string => `${url}/?name=${name}&mode=text`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await ana.press('start-button')
  await ana.is('waiting')
  await leave(ana, url)
  await expect.poll(() => server.status()).toMatchObject({ users: 0, waiting: 0 })
  await bob.press('start-button')
  await bob.is('waiting')

  expect(await comeBack(ana)).toBe(true)
  await Promise.all([ana.is('connected'), bob.is('connected')])
  expect([await told(ana), await told(bob)]).toEqual([['match Bob'], ['match Ana']])
})
