// What the live region announces to screen readers during a call.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import { clear, meet, mount, newLobby, press, until, untilState } from './stage.ts'

teardown(clear)

const region = (chat: BuddyChat): Element =>
  chat.renderRoot.querySelector('[aria-live="polite"][role="status"].unseen')!

/** Records all announcements from now on, and returns them in an array that grows. */
function listen(chat: BuddyChat): string[] {
  const announcements: string[] = []
  const node = region(chat)
  new MutationObserver(() => announcements.push(node.textContent.trim())).observe(node, {
    characterData: true,
    childList: true,
    subtree: true,
  })
  return announcements
}

/** Resolves when `expected` was announced. */
const untilAnnounced = (announcements: string[], expected: string): Promise<boolean> =>
  until(`"${expected}" in ${JSON.stringify(announcements)}`, () => announcements.includes(expected))

test('announces when a partner is found, when the call connects, and when the partner leaves', async () => {
  const lobby = newLobby()
  const ana = await mount({ lobby, name: 'Ana' })
  await ana.start()
  await untilState(ana, 'waiting')
  const announcements = listen(ana)
  const bob = await mount({ lobby, name: 'Bob' })
  await bob.start()
  await untilAnnounced(announcements, 'You are with Bob. You both speak English.')
  expect(announcements).to.include('Connecting you with Bob…')
  bob.stop()
  await untilAnnounced(announcements, 'Bob left. Looking for someone…')
})

test('announces when the partner or the visitor turns the camera or the microphone off or on', async () => {
  const [ana, bob] = await meet()
  const announcements = listen(ana)
  for (const [button, words] of [
    ['camera-button', 'Bob’s camera is off'],
    ['camera-button', 'Bob’s camera is on'],
    ['microphone-button', 'Bob is muted'],
    ['microphone-button', 'Bob is no longer muted'],
  ] as const) {
    await press(bob, button)
    await untilAnnounced(announcements, words)
  }
  for (const [button, words] of [
    ['camera-button', 'Your camera is off'],
    ['camera-button', 'Your camera is on'],
    ['microphone-button', 'Your microphone is muted'],
    ['microphone-button', 'Your microphone is on'],
  ] as const) {
    await press(ana, button)
    await untilAnnounced(announcements, words)
  }
})

test('announces at the beginning of a call that the partner’s camera is off', async () => {
  const lobby = newLobby()
  const bob = await mount({ lobby, name: 'Bob' })
  await bob.start()
  await press(bob, 'camera-button')
  const ana = await mount({ lobby, name: 'Ana' })
  const announcements = listen(ana)
  await ana.start()
  await untilState(ana, 'connected')
  await until(`the camera in ${JSON.stringify(announcements)}`, () =>
    announcements.some((words) => words.includes('Bob’s camera is off')),
  )
})
