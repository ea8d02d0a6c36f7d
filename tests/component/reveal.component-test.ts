// With `reveal="mutual"`, both pictures are coarse until both visitors agree. These tests check the button, the
// texts and the event; tests/e2e/reveal.test.ts checks the pictures themselves.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  expectAccessible,
  expectToFit,
  focused,
  isShown,
  meet,
  mount,
  part,
  press,
  until,
  untilShown,
  untilState,
  visibleText,
} from './stage.ts'

teardown(clear)

const mutual = { reveal: 'mutual' }

function key(chat: BuddyChat, name: string): void {
  const init = { key: name, bubbles: true, composed: true, cancelable: true }
  part(chat, 'next-button')!.dispatchEvent(new KeyboardEvent('keydown', init))
}

/** Returns what screen readers announce. */
const announced = (chat: BuddyChat): string =>
  chat.renderRoot.querySelector('[role="status"]')?.textContent ?? ''

/** Returns whether the visitor's own picture and that of the partner are covered by a soft copy. */
const coarse = (chat: BuddyChat): unknown[] =>
  ['local-video', 'remote-video'].map((name) =>
    part(chat, name)?.nextElementSibling?.matches('.soft:not(.hidden)'),
  )

test('each visitor agrees by the button, both see who has agreed, and each can veil again at once', async () => {
  const [ana, bob] = await meet(mutual)
  const details: unknown[] = []
  ana.addEventListener('buddy-reveal', ({ detail }) => details.push(detail))
  await untilShown(ana, 'You see each other blurred until you both agree.')
  expect(announced(ana)).to.contain('You see each other blurred until you both agree.')
  expect(coarse(ana)).to.deep.equal([true, true])
  expect(part(ana, 'local')?.innerText).to.equal('You, blurred')
  await Promise.all([expectAccessible(ana), expectToFit(ana)])

  part(ana, 'reveal-button')!.focus()
  await press(ana, 'reveal-button')
  await untilShown(ana, 'You have agreed. Bob has not yet.')
  await untilShown(bob, 'Ana has agreed to show faces.')
  expect([coarse(ana), coarse(bob)]).to.deep.equal([
    [true, true],
    [true, true],
  ])
  await expectAccessible(ana)
  await expectAccessible(bob)

  key(bob, 'f')
  await until('both faces', () => isShown(ana, 'remote-video') && !coarse(ana)[1])
  expect(announced(ana)).to.equal('You see each other clearly now.')
  expect(focused(ana)).to.equal('reveal-button')
  expect(part(ana, 'reveal-button')?.innerText).to.equal('Hide my face')
  await Promise.all([expectAccessible(ana), expectToFit(ana)])

  key(ana, 'f')
  await ana.updateComplete
  expect(coarse(ana)).to.deep.equal([true, true])
  await untilShown(bob, 'You have agreed. Ana has not yet.')
  expect(details).to.deep.equal([
    { self: true, partner: false, isRevealed: false },
    { self: true, partner: true, isRevealed: true },
    { self: false, partner: true, isRevealed: false },
  ])
})

test('the sheet for a report veils the visitor’s own picture, and the next call begins veiled', async () => {
  const [ana, bob] = await meet(mutual)
  ana.setRevealed(true)
  bob.setRevealed(true)
  await until('both faces', () => coarse(ana)[1] === false)
  await press(ana, 'report-button')
  await untilShown(bob, 'You have agreed. Ana has not yet.')
  expect(coarse(ana)).to.deep.equal([true, true])
  await press(ana, 'cancel-report-button')
  const room = ana.client.partner?.room
  ana.next()
  await until('the next call', () => ana.client.partner && ana.client.partner.room !== room)
  await untilState(ana, 'connected')
  await untilShown(ana, 'You see each other blurred until you both agree.')
  await untilShown(bob, 'You see each other blurred until you both agree.')
})

test('the preview says that partners see the visitor blurred', async () => {
  const chat = await mount(mutual)
  await press(chat, 'preview-button')
  await untilShown(chat, 'Partners see you blurred until you both agree.')
  await expectAccessible(chat)
})

test('without `reveal="mutual"` there is neither a button nor a key', async () => {
  const [ana] = await meet()
  key(ana, 'f')
  await ana.updateComplete
  expect([isShown(ana, 'reveal-button'), coarse(ana)]).to.deep.equal([false, [false, false]])
  expect(visibleText(ana)).not.to.contain('blurred')
})
