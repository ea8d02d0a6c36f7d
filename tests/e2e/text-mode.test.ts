// Text mode uses no WebRTC, because a peer connection would reveal the IP address.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { RecordedPage } from './peer-connections.ts'
import { recordConnections } from './peer-connections.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

const countConnections = ({ page }: Visitor): Promise<number> =>
  page.evaluate(() => (window as unknown as RecordedPage).connections.length)

/**
 * Matches Ana and Bob, lets them exchange a text if `writes` is true, and matches them again after
 * Ana presses Next. So one of them enters the queue again by Next, and the other because the
 * partner left.
 */
async function chatTwice(ana: Visitor, bob: Visitor, writes: boolean): Promise<void> {
  await Promise.all([recordConnections(ana), recordConnections(bob)])
  await meet(ana, bob)
  if (writes) {
    await ana.type('text-input', 'Hello from Ana')
    await ana.press('send-button')
    await bob.waitForText('Hello from Ana')
  }
  await ana.press('next-button')
  await Promise.all([ana.waitForMatches(2), bob.waitForMatches(2)])
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
}

test('text mode opens no peer connection and no device, up to the call with the second partner', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({ rematchDelayMs: 50 })
  const page = (name: string): string => `${url}/?name=${name}&mode=text`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await chatTwice(ana, bob, true)
  expect([await countConnections(ana), await countConnections(bob)]).toEqual([0, 0])
  expect([await ana.liveTracks(), await bob.liveTracks()]).toEqual([0, 0])
})

test('audio mode opens peer connections, which shows that the test of text mode would count them', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({ rematchDelayMs: 50 })
  const page = (name: string): string => `${url}/?name=${name}&mode=audio`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await chatTwice(ana, bob, false)
  expect(await countConnections(ana)).toBeGreaterThan(1)
  expect(await countConnections(bob)).toBeGreaterThan(1)
})

test('an unpaired surrogate in a text is shown as U+FFFD to both users', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const page = (name: string): string => `${url}/?name=${name}&mode=text`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await meet(ana, bob)
  const input = await ana.waitForPart('text-input')
  // No keyboard types an unpaired surrogate, but a script that cuts a string can set one.
  await input.evaluate((element) => {
    ;(element as HTMLInputElement).value = 'half \ud83d'
    element.dispatchEvent(new Event('input', { bubbles: true, composed: true }))
  })
  await ana.press('send-button')
  // Compares code points, because the transfer of a string from the page to the test would also
  // replace an unpaired surrogate.
  const lastCharacter = async (visitor: Visitor): Promise<number | undefined> => {
    const message = await visitor.waitForPart('message')
    return message.evaluate((element) => element.textContent?.codePointAt('half '.length))
  }
  expect(await Promise.all([lastCharacter(ana), lastCharacter(bob)])).toEqual([0xfffd, 0xfffd])
})
