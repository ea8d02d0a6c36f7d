// Focus stays inside the element: if the focused control disappears, focus moves to the control
// that replaces it.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  focused,
  isShown,
  meet,
  mount,
  newLobby,
  part,
  Partner,
  press,
  resize,
  until,
  untilShown,
  untilState,
} from './stage.ts'

const { getUserMedia } = navigator.mediaDevices

teardown(async () => {
  navigator.mediaDevices.getUserMedia = getUserMedia
  await clear()
})

/** Focuses a button, then clicks it. This has the same effect as a press with the keyboard. */
async function pressFocused(chat: BuddyChat, name: string): Promise<void> {
  await until(`the part ${name}`, () => part(chat, name))
  part(chat, name)!.focus()
  await press(chat, name)
}

test('focus moves to Next after Start, stays there after Next, and returns to Start after Stop', async () => {
  const lobby = newLobby()
  const partner = await Partner.waiting(lobby, 'Zoë')
  const ana = await mount({ lobby })
  await pressFocused(ana, 'start-button')
  await untilState(ana, 'negotiating')
  expect(focused(ana)).to.equal('control next-button')
  await pressFocused(ana, 'next-button')
  await partner.receive('partner-left')
  partner.close()
  await untilState(ana, 'waiting')
  expect(focused(ana)).to.equal('control next-button')
  await pressFocused(ana, 'stop-button')
  expect(ana.state).to.equal('idle')
  expect(focused(ana)).to.equal('start-button')
})

test('focus stays inside the element after a failed start, and after a start by Enter in the name field', async () => {
  navigator.mediaDevices.getUserMedia = () =>
    Promise.reject(new DOMException('', 'NotAllowedError'))
  const chat = await mount()
  await pressFocused(chat, 'start-button')
  await untilShown(chat, 'Your browser said no')
  expect(focused(chat)).to.equal('start-button')
  navigator.mediaDevices.getUserMedia = getUserMedia
  await pressFocused(chat, 'start-button')
  await untilState(chat, 'waiting')
  expect(focused(chat)).to.equal('control next-button')
  chat.stop()
  await chat.updateComplete
  const field = part<HTMLInputElement>(chat, 'name-input')!
  field.focus()
  field.form!.requestSubmit()
  await untilState(chat, 'waiting')
  expect(focused(chat)).not.to.equal(undefined)
})

test('focus moves into the device preview when it opens, and back to its button when it closes', async () => {
  const chat = await mount()
  await pressFocused(chat, 'preview-button')
  await until('the preview', () => isShown(chat, 'preview'))
  expect(focused(chat)).to.equal('close-preview-button')
  await pressFocused(chat, 'close-preview-button')
  expect(focused(chat)).to.equal('preview-button')
})

test('focus stays in the connection doctor; when it closes, focus moves to Start if the button that opened it is gone', async () => {
  const chat = await mount({ mode: 'text', server: window.servers.dead })
  await pressFocused(chat, 'start-button')
  await untilState(chat, 'reconnecting')
  await pressFocused(chat, 'doctor-button')
  await until('the end', () => part(chat, 'doctor-again-button')?.ariaDisabled === null)
  await pressFocused(chat, 'doctor-again-button')
  expect(focused(chat)).to.equal('doctor-again-button')
  chat.stop()
  await pressFocused(chat, 'close-doctor-button')
  await until('the check to close', () => !isShown(chat, 'doctor'))
  await until('focus', () => focused(chat) === 'start-button')
})

for (const width of [390, 1280]) {
  test(`the message field keeps its focus and its text when the partner leaves, at ${width} px`, async () => {
    const [ana, bob] = await meet()
    resize(ana, width, 700)
    if (width < 720) await press(ana, 'text-toggle')
    const field = await until('the field', () => part<HTMLTextAreaElement>(ana, 'text-input'))
    field.focus()
    field.value = 'Are you still'
    bob.stop()
    await untilState(ana, 'waiting')
    expect(focused(ana)).to.equal('text-input')
    expect([field.readOnly, field.value]).to.deep.equal([true, 'Are you still'])
    for (const name of ['m', 's']) {
      field.dispatchEvent(
        new KeyboardEvent('keydown', { key: name, bubbles: true, composed: true }),
      )
    }
    expect([ana.state, ana.client.sending.audio]).to.deep.equal(['waiting', true])
    // The status is above the messages. They do not cover it.
    const status = part(ana, 'status')!.querySelector('h2')!.getBoundingClientRect()
    if (width < 720) {
      expect(status.bottom).to.be.at.most(part(ana, 'text-panel')!.getBoundingClientRect().top)
    }
  })
}

test('the element does not take the focus from another field of the page', async () => {
  const elsewhere = document.body.appendChild(document.createElement('input'))
  try {
    const chat = await mount()
    elsewhere.focus()
    await chat.start()
    await untilState(chat, 'waiting')
    chat.stop()
    await chat.updateComplete
    expect(document.activeElement === elsewhere).to.equal(true)
  } finally {
    elsewhere.remove()
  }
})
