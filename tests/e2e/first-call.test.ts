// The basic promise: two visitors are matched and exchange video, audio and text.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

async function expectCall(ana: Visitor, bob: Visitor): Promise<void> {
  await meet(ana, bob)

  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  await Promise.all([ana.waitForMovement(), bob.waitForMovement()])

  await Promise.all([ana.waitForText('Bob'), bob.waitForText('Ana')])
  await Promise.all([ana.waitForText('Ana (You)'), bob.waitForText('Bob (You)')])
  // Each page shows the interest that both share, in the spelling of its own visitor, and no other
  // interest.
  await Promise.all([ana.waitForText('chess'), bob.waitForText('Chess')])
  expect(await bob.text()).not.toContain('jazz')

  await ana.type('text-input', 'Hello from Ana')
  await bob.waitForText('Ana is writing')
  await ana.press('send-button')
  await bob.waitForText('Hello from Ana')
  await bob.type('text-input', 'Hello from Bob')
  await ana.waitForText('Bob is writing')
  await bob.press('send-button')
  await ana.waitForText('Hello from Bob')
  // The typing notice must disappear when the message arrives.
  expect(await ana.text()).not.toContain('Bob is writing')

  expect([...ana.errors, ...bob.errors]).toEqual([])
}

const anasPage = '/?name=Ana&interests=jazz,chess'
const bobsPage = '/?name=Bob&interests=Chess,film'

test('two Chromium processes exchange video, audio, names, text and typing notices', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([visit(url + anasPage), visit(url + bobsPage)])
  await expectCall(ana, bob)
})

test.skipIf(!process.env['BUDDY_FIREFOX'])(
  'Chromium and Firefox exchange video, audio, names, text and typing notices (skipped without Firefox)',
  async ({ startServer, visit, visitWithFirefox }) => {
    const { url } = await startServer()
    const [ana, bob] = await Promise.all([visit(url + anasPage), visitWithFirefox(url + bobsPage)])
    await expectCall(ana, bob)
  },
)
