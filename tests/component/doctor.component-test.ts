// The connection doctor as a visitor sees it: its results, and how its dialog is opened and closed.
import { expect } from 'chai'
import {
  clear,
  expectAccessible,
  focused,
  isShown,
  mount,
  part,
  press,
  until,
  untilShown,
  untilState,
} from './stage.ts'
import type { BuddyChat } from './stage.ts'

const { getUserMedia } = navigator.mediaDevices
const { query } = navigator.permissions
const { now } = Date
const { RTCPeerConnection: Original } = window

teardown(async () => {
  navigator.mediaDevices.getUserMedia = getUserMedia
  navigator.permissions.query = query
  Date.now = now
  window.RTCPeerConnection = Original
  await clear()
})

/** Returns the code of each check that is shown, by the name of the check. */
function found(chat: BuddyChat): Readonly<Record<string, string>> {
  const rows = chat.renderRoot.querySelectorAll<HTMLElement>('[part~="check"]')
  return Object.fromEntries(
    [...rows].map((row) => [row.part[1]?.replace('check-', ''), row.dataset['code']]),
  )
}

async function examine(chat: BuddyChat): Promise<ReturnType<typeof found>> {
  await chat.showDoctor()
  await chat.updateComplete
  return found(chat)
}

function refuseCamera(): void {
  navigator.permissions.query = async (descriptor) =>
    (descriptor.name as string) === 'camera'
      ? ({ state: 'denied' } as PermissionStatus)
      : query.call(navigator.permissions, descriptor)
}

test('the doctor reports `ok` for every check, and requests no device', async () => {
  const asked: string[] = []
  navigator.mediaDevices.getUserMedia = (constraints) => {
    asked.push(JSON.stringify(constraints))
    return getUserMedia.call(navigator.mediaDevices, constraints)
  }
  const chat = await mount()
  const { sound: _sound, camera, microphone, ...others } = await examine(chat)
  expect(others).to.deep.equal({ page: 'ok', webrtc: 'ok', server: 'ok', clock: 'ok' })
  for (const code of [camera, microphone]) expect(code).to.be.oneOf(['ok', 'not-asked'])
  expect(asked).to.deep.equal([])
  expect(chat.state).to.equal('idle')
})

test('the doctor checks neither devices nor peer connections in text mode', async () => {
  window.RTCPeerConnection = class extends Original {
    constructor() {
      super()
      throw new Error('text mode opens no peer connection')
    }
  }
  const chat = await mount({ mode: 'text' })
  expect(await examine(chat)).to.deep.equal({ page: 'ok', server: 'ok', clock: 'ok' })
})

test('the doctor reports `clock-skew` for a clock that is wrong by ten minutes, and shows this check first', async () => {
  Date.now = () => now() + 600_000
  const chat = await mount({ mode: 'text' })
  expect(await examine(chat)).to.deep.include({ clock: 'clock-skew', server: 'ok' })
  await untilShown(chat, 'One thing is in the way.')
  // Failed checks come first, so that they are visible without scrolling.
  expect(Object.keys(found(chat))[0]).to.equal('clock')
})

test('the doctor reports `relay-unavailable` if `relayonly` is set and the server has no TURN server', async () => {
  const chat = await mount({ relayonly: '' })
  expect(await examine(chat)).to.deep.include({ 'turn-udp': 'relay-unavailable' })
})

test('the doctor reports `origin-not-allowed` if the server refuses the page, and `not-reached` for checks that need the server', async () => {
  const chat = await mount({ server: window.servers.choosy })
  expect(await examine(chat)).to.deep.include({
    server: 'origin-not-allowed',
    clock: 'not-reached',
  })
})

test('the doctor opens from the error screen, and returns focus to it when the dialog is closed', async () => {
  navigator.mediaDevices.getUserMedia = () =>
    Promise.reject(new DOMException('', 'NotAllowedError'))
  refuseCamera()
  const chat = await mount()
  await press(chat, 'start-button')
  await untilShown(chat, 'Your browser said no')
  part(chat, 'doctor-button')?.focus()
  await press(chat, 'doctor-button')
  await untilShown(chat, 'Allow the camera for this page in the address bar')
  await until('the end', () => part(chat, 'doctor-again-button')?.ariaDisabled !== 'true')
  expect(found(chat)).to.deep.include({ camera: 'permission-denied' })
  expect(focused(chat)).to.equal('close-doctor-button')
  await expectAccessible(chat)
  await press(chat, 'close-doctor-button')
  await until('it is closed', () => !isShown(chat, 'doctor'))
  expect(focused(chat)).to.equal('doctor-button')
})

test('the doctor opens while the client cannot reach the server; Escape closes it without stopping the chat', async () => {
  const chat = await mount({ mode: 'text', server: window.servers.dead })
  await press(chat, 'start-button')
  await untilState(chat, 'reconnecting')
  await press(chat, 'doctor-button')
  await untilShown(chat, 'a firewall or an extension may block WebSockets')
  const dialog = part<HTMLDialogElement>(chat, 'doctor')
  dialog?.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true }),
  )
  expect(chat.state).to.equal('reconnecting')
  dialog?.close()
  await until('it is closed', () => !isShown(chat, 'doctor'))
})

test('the doctor closes its dialog if the element is removed during a check', async () => {
  const chat = await mount({ mode: 'text' })
  const visit = chat.showDoctor()
  await until('it is open', () => isShown(chat, 'doctor'))
  chat.remove()
  await visit
  // A removed element keeps its state for half a second, because it may be inserted again.
  await until('the release', () => !chat.renderRoot.querySelector('dialog'))
  document.body.append(chat)
  await chat.updateComplete
  expect(isShown(chat, 'doctor')).to.equal(false)
})
