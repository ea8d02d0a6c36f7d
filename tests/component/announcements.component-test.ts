// What a screen reader says while a call begins, goes on and ends.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import { clear, meet, mount, newLobby, press, until, untilState } from './stage.ts'

teardown(clear)

const region = (chat: BuddyChat): Element =>
  chat.renderRoot.querySelector('[aria-live="polite"][role="status"].unseen')!

/** Writes down everything the region says from now on. */
function listen(chat: BuddyChat): string[] {
  const said: string[] = []
  const node = region(chat)
  new MutationObserver(() => said.push(node.textContent.trim())).observe(node, {
    characterData: true,
    childList: true,
    subtree: true,
  })
  return said
}

/** Resolves once this was said as the latest. */
const untilAnnounced = (said: string[], wanted: string): Promise<boolean> =>
  until(`"${wanted}" in ${JSON.stringify(said)}`, () => said.at(-1) === wanted)

test('a partner is found, met, and leaves', async () => {
  const lobby = newLobby()
  const ana = await mount({ lobby, name: 'Ana' })
  await ana.start()
  await untilState(ana, 'waiting')
  const said = listen(ana)
  const bob = await mount({ lobby, name: 'Bob' })
  await bob.start()
  await untilAnnounced(said, 'You are with Bob.')
  expect(said).to.include('Connecting you with Bob…')
  bob.stop()
  await untilAnnounced(said, 'Bob left. Looking for someone…')
})

test('the partner’s camera and microphone, and the visitor’s own', async () => {
  const [ana, bob] = await meet()
  const said = listen(ana)
  for (const [button, words] of [
    ['camera-button', 'Bob’s camera is off'],
    ['camera-button', 'Bob’s camera is on'],
    ['microphone-button', 'Bob is muted'],
    ['microphone-button', 'Bob is no longer muted'],
  ] as const) {
    await press(bob, button)
    await untilAnnounced(said, words)
  }
  for (const [button, words] of [
    ['camera-button', 'Your camera is off'],
    ['camera-button', 'Your camera is on'],
    ['microphone-button', 'Your microphone is muted'],
    ['microphone-button', 'Your microphone is on'],
  ] as const) {
    await press(ana, button)
    await untilAnnounced(said, words)
  }
})

test('a partner who has no camera on when the call begins', async () => {
  const lobby = newLobby()
  const bob = await mount({ lobby, name: 'Bob' })
  await bob.start()
  await press(bob, 'camera-button')
  const ana = await mount({ lobby, name: 'Ana' })
  const said = listen(ana)
  await ana.start()
  await untilState(ana, 'connected')
  await until(`the camera in ${JSON.stringify(said)}`, () =>
    said.some((words) => words.includes('Bob’s camera is off')),
  )
})
