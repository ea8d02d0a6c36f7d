// The first promise of all: two people who have never met see, hear and read each other.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Person } from './person.ts'

async function expectToMeet(ana: Person, bob: Person): Promise<void> {
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])

  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
  await Promise.all([ana.seesMovement(), bob.seesMovement()])

  await Promise.all([ana.sees('Bob'), bob.sees('Ana')])
  await Promise.all([ana.sees('Ana (You)'), bob.sees('Bob (You)')])
  // Interests that both gave, each in one's own words, and no other.
  await Promise.all([ana.sees('chess'), bob.sees('Chess')])
  expect(await bob.text()).not.toContain('jazz')

  await ana.types('text-input', 'Hello from Ana')
  await bob.sees('Ana is writing')
  await ana.press('send-button')
  await bob.sees('Hello from Ana')
  await bob.types('text-input', 'Hello from Bob')
  await ana.sees('Bob is writing')
  await bob.press('send-button')
  await ana.sees('Hello from Bob')
  // What was sent is no longer being written.
  expect(await ana.text()).not.toContain('Bob is writing')

  expect([...ana.complaints, ...bob.complaints]).toEqual([])
}

const anasPage = '/?name=Ana&interests=jazz,chess'
const bobsPage = '/?name=Bob&interests=Chess,film'

test('two Chromium processes meet: frames, sound, names, text and typing, both ways', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([visit(url + anasPage), visit(url + bobsPage)])
  await expectToMeet(ana, bob)
})

test.skipIf(!process.env['BUDDY_FIREFOX'])(
  'Chromium meets Firefox: the same (skipped only where no Firefox is installed)',
  async ({ startServer, visit, visitWithFirefox }) => {
    const { url } = await startServer()
    const [ana, bob] = await Promise.all([visit(url + anasPage), visitWithFirefox(url + bobsPage)])
    await expectToMeet(ana, bob)
  },
)
