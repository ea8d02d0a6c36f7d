// Who only writes is not to be found out by WebRTC: there is none.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Person } from './person.ts'

interface Counter {
  peerConnections: number
}

/** Begins to count the peer connections this page makes. */
async function countConnections({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    const counter = Object.assign(window, { peerConnections: 0 })
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        counter.peerConnections++
      }
    }
  })
}

const connections = ({ page }: Person): Promise<number> =>
  page.evaluate(() => (window as unknown as Counter).peerConnections)

/** Ana and Bob meet, write and part, so that each is found by another path into the queue. */
async function talk(ana: Person, bob: Person, writes: boolean): Promise<void> {
  await Promise.all([countConnections(ana), countConnections(bob)])
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  if (writes) {
    await ana.types('text-input', 'Hello from Ana')
    await ana.press('send-button')
    await bob.sees('Hello from Ana')
  }
  await ana.press('next-button')
  await Promise.all([ana.matches(2), bob.matches(2)])
  await Promise.all([ana.is('connected'), bob.is('connected')])
}

test('text mode opens no peer connection and no device, from Start to the second partner', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({ rematchDelayMs: 50 })
  const page = (name: string): string => `${url}/?name=${name}&mode=text`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await talk(ana, bob, true)
  expect([await connections(ana), await connections(bob)]).toEqual([0, 0])
  expect([await ana.liveTracks(), await bob.liveTracks()]).toEqual([0, 0])
})

test('the same in audio mode is counted: what counts would have noticed', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({ rematchDelayMs: 50 })
  const page = (name: string): string => `${url}/?name=${name}&mode=audio`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await talk(ana, bob, false)
  expect(await connections(ana)).toBeGreaterThan(1)
  expect(await connections(bob)).toBeGreaterThan(1)
})

test('what UTF-8 cannot carry is shown at both ends as the same', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const page = (name: string): string => `${url}/?name=${name}&mode=text`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  const input = await ana.part('text-input')
  // An input takes half a character, as from a script that cuts text; no keyboard types it.
  await input.evaluate((element) => {
    ;(element as HTMLInputElement).value = 'half \ud83d'
    element.dispatchEvent(new Event('input', { bubbles: true, composed: true }))
  })
  await ana.press('send-button')
  // As numbers: on the way here half a character would be replaced too.
  const lastCharacter = async (person: Person): Promise<number | undefined> => {
    const line = await person.part('message')
    return line.evaluate((element) => element.textContent?.codePointAt('half '.length))
  }
  expect(await Promise.all([lastCharacter(ana), lastCharacter(bob)])).toEqual([0xfffd, 0xfffd])
})
