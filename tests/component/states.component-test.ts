// Every visible state: its texts, its accessibility in light and dark color scheme, and that no
// control is cut off at any size, from a width of 280 pixels to a full screen.
import { expect } from 'chai'
import {
  clear,
  expectAccessible,
  expectToFit,
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
  visibleText,
} from './stage.ts'
import type { BuddyChat } from './stage.ts'

async function expectPresentable(chat: BuddyChat): Promise<void> {
  await expectAccessible(chat)
  await expectToFit(chat)
}

const { getUserMedia } = navigator.mediaDevices

/** Replaces `getUserMedia` until the end of the test. */
function answerDevices(answer: () => Promise<MediaStream>): void {
  navigator.mediaDevices.getUserMedia = answer
}

teardown(async () => {
  navigator.mediaDevices.getUserMedia = getUserMedia
  await clear()
})

for (const [mode, title] of [
  ['video', 'Meet someone new'],
  ['audio', 'Talk to someone new'],
  ['text', 'Write to someone new'],
] as const) {
  test(`idle in ${mode} mode: shows a title, the name field and Start`, async () => {
    const chat = await mount({ mode })
    await untilShown(chat, title)
    expect(isShown(chat, 'name-input')).to.equal(true)
    expect(part(chat, 'start-button')?.innerText).to.equal('Start')
    await expectPresentable(chat)
  })
}

test('opens no device and no connection before Start', async () => {
  const { WebSocket: Original } = window
  const opened: string[] = []
  answerDevices(() => {
    opened.push('devices')
    return getUserMedia.call(navigator.mediaDevices, { audio: true })
  })
  window.WebSocket = class extends Original {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      opened.push('socket')
    }
  }
  try {
    const chat = await mount({ name: 'Ana' })
    chat.setAttribute('mode', 'audio')
    await chat.updateComplete
    expect(opened).to.deep.equal([])
    await press(chat, 'start-button')
    await untilState(chat, 'waiting')
    expect(opened.sort()).to.deep.equal(['devices', 'socket'])
  } finally {
    window.WebSocket = Original
  }
})

test('connecting: shows that it waits for the permission to use the devices', async () => {
  answerDevices(() => new Promise(() => undefined))
  const chat = await mount()
  await press(chat, 'start-button')
  await untilShown(chat, 'Waiting for your permission')
  expect(chat.state).to.equal('connecting')
  await expectPresentable(chat)
})

test('waiting: shows that it looks for a partner, and the number of users', async () => {
  const chat = await mount()
  await chat.start()
  await untilShown(chat, 'Looking for someone')
  expect(chat.state).to.equal('waiting')
  expect(chat.matches(':state(waiting)')).to.equal(true)
  expect(visibleText(chat)).to.match(/only one here|people here now/)
  expect(part(chat, 'next-button')?.ariaDisabled).to.equal('true')
  await expectPresentable(chat)
})

test('negotiating: shows the name of the partner', async () => {
  const lobby = newLobby()
  await Partner.waiting(lobby, 'Zoë')
  const chat = await mount({ lobby })
  await chat.start()
  await untilShown(chat, 'Connecting you with Zoë')
  expect(chat.state).to.equal('negotiating')
  expect(part(chat, 'next-button')?.ariaDisabled).to.equal(null)
  await expectPresentable(chat)
})

test('connected: shows the partner’s video, both names, why they met, and all controls', async () => {
  const [ana, bob] = await meet({ interests: 'jazz, chess' }, { interests: 'chess' })
  await untilShown(ana, 'Bob')
  expect(part(ana, 'partner-name')?.innerText).to.equal('Bob')
  expect(part(ana, 'own-name')?.innerText).to.equal('Ana (You)')
  expect(part(ana, 'reason')?.innerText).to.match(/^You both like chess\./)
  expect(isShown(ana, 'remote-video')).to.equal(true)
  for (const name of ['microphone-button', 'camera-button', 'next-button', 'stop-button']) {
    expect(isShown(ana, name), name).to.equal(true)
  }
  await expectPresentable(ana)
  await expectAccessible(bob)
})

test('connected: shows messages, and the visitor’s own video above them, on a small screen', async () => {
  const [ana, bob] = await meet()
  ana.style.width = '390px'
  // A closed panel must be hidden from the keyboard and from screen readers too.
  await until('the panel to be gone', () => !part(ana, 'text-input'))
  bob.send('First line')
  await untilShown(ana, '(1)')
  await press(ana, 'text-toggle')
  await untilShown(ana, 'First line')
  expect(visibleText(ana)).not.to.include('(1)')
  expect(focused(ana)).to.equal('text-input')
  resize(ana, 390, 700)
  const boxOf = (name: string): DOMRect => part(ana, name)!.getBoundingClientRect()
  // The visitor's own video stays visible, because it moves above the messages.
  await until(
    'the own picture above the messages',
    () =>
      boxOf('local').bottom <= boxOf('text-panel').top &&
      boxOf('partner-label').right <= boxOf('local').left,
  )
  await expectPresentable(ana)
})

test('connected: scrolls to the latest message', async () => {
  const [ana, bob] = await meet()
  for (let line = 1; line <= 8; line++) bob.send(`Line ${line}${'\nmore'.repeat(9)}`)
  await untilShown(ana, 'Line 8')
  const list = part(ana, 'messages')!
  expect(list.scrollHeight).to.be.greaterThan(list.clientHeight)
  expect(list.scrollTop + list.clientHeight).to.be.closeTo(list.scrollHeight, 2)
})

test('connected: shows that the partner is muted and that the partner’s camera is off', async () => {
  const [ana, bob] = await meet()
  await press(bob, 'microphone-button')
  await press(bob, 'camera-button')
  await untilShown(ana, 'Bob’s camera is off')
  await untilShown(ana, 'Bob is muted')
  expect(visibleText(bob)).to.include('Unmute microphone')
  expect(visibleText(bob)).to.include('Turn camera on')
  await expectPresentable(ana)
  await expectPresentable(bob)
  await press(bob, 'camera-button')
  await until('the picture', () => !visibleText(ana).includes('Bob’s camera is off'))
})

test('connected in audio mode: opens no camera and shows the name of the partner', async () => {
  const [ana] = await meet({ mode: 'audio' })
  expect(ana.localStream?.getVideoTracks()).to.deep.equal([])
  expect(isShown(ana, 'camera-button')).to.equal(false)
  expect(isShown(ana, 'avatar')).to.equal(true)
  expect(part(ana, 'partner-name')?.innerText).to.equal('Bob')
  expect(part(ana, 'own-name')?.innerText).to.equal('Ana (You)')
  await expectPresentable(ana)
})

test('connected in text mode: opens no device and shows the messages', async () => {
  answerDevices(() => Promise.reject(new Error('must not be called')))
  const [ana, bob] = await meet({ mode: 'text' })
  ana.send('Hello')
  await untilShown(bob, 'Hello')
  expect(isShown(ana, 'microphone-button')).to.equal(false)
  expect(isShown(ana, 'text-input')).to.equal(true)
  expect(part(ana, 'partner-name')?.innerText).to.equal('Bob')
  expect(part(ana, 'own-name')?.innerText).to.equal('Ana (You)')
  await expectPresentable(ana)
})

test('waiting: shows that the partner has left', async () => {
  const [ana, bob] = await meet()
  bob.stop()
  await untilState(ana, 'waiting')
  await untilShown(ana, 'Bob left.')
  await expectPresentable(ana)
})

test('reconnecting: shows that the client cannot reach the server, and the button Try now', async () => {
  const chat = await mount({ server: window.servers.dead })
  await press(chat, 'start-button')
  await untilState(chat, 'reconnecting')
  await untilShown(chat, 'The server cannot be reached')
  expect(isShown(chat, 'retry-button')).to.equal(true)
  await expectPresentable(chat)
})

test('reconnecting: shows that the server is full, and the time until the next attempt', async () => {
  const first = await mount({ server: window.servers.full })
  await first.start()
  const second = await mount({ server: window.servers.full })
  await press(second, 'start-button')
  await untilState(second, 'reconnecting')
  await untilShown(second, 'It is full right now')
  await untilShown(second, 'Trying again in')
  await expectPresentable(second)
})

test('closed: shows that the server refuses this site, and releases the devices', async () => {
  const chat = await mount({ server: window.servers.choosy })
  await press(chat, 'start-button')
  await untilState(chat, 'closed')
  await untilShown(chat, 'This site is not on the list')
  expect(chat.localStream).to.equal(undefined)
  await expectPresentable(chat)
})

for (const [name, title] of [
  ['NotAllowedError', 'Your browser said no'],
  ['NotReadableError', 'Your camera is busy'],
  ['OverconstrainedError', 'Your camera cannot do this'],
  ['TypeError', 'Your camera did not open'],
] as const) {
  test(`idle after ${name}: shows “${title}”, and Try again starts the chat`, async () => {
    answerDevices(() => Promise.reject(new DOMException('', name)))
    const chat = await mount()
    await press(chat, 'start-button')
    await untilShown(chat, title)
    expect(chat.state).to.equal('idle')
    await expectPresentable(chat)
    navigator.mediaDevices.getUserMedia = getUserMedia
    await press(chat, 'start-button')
    await untilState(chat, 'waiting')
  })
}

test('without WebRTC: shows an error in video mode before it looks for a partner, and works in text mode', async () => {
  const { RTCPeerConnection } = window
  Reflect.deleteProperty(window, 'RTCPeerConnection')
  try {
    const chat = await mount()
    await press(chat, 'start-button')
    await untilShown(chat, 'Calls are switched off here')
    expect(chat.state).to.equal('idle')
    await expectPresentable(chat)
    const writer = await mount({ mode: 'text' })
    await writer.start()
    await untilState(writer, 'waiting')
  } finally {
    Object.assign(window, { RTCPeerConnection })
  }
})

test('audio mode: mentions only the microphone, never the camera', async () => {
  let refuse!: (reason: DOMException) => void
  answerDevices(() => new Promise((_resolve, reject) => (refuse = reject)))
  const chat = await mount({ mode: 'audio' })
  await press(chat, 'start-button')
  await untilShown(chat, 'may use your microphone')
  expect(visibleText(chat)).not.to.match(/camera/i)
  refuse(new DOMException('', 'NotReadableError'))
  await untilShown(chat, 'Your microphone is busy')
  expect(visibleText(chat)).not.to.match(/camera/i)
  await expectPresentable(chat)
})

test('idle after NotFoundError because there is no camera: offers to start without a camera', async () => {
  const { enumerateDevices } = navigator.mediaDevices
  navigator.mediaDevices.enumerateDevices = async () =>
    (await enumerateDevices.call(navigator.mediaDevices)).filter(
      ({ kind }) => kind !== 'videoinput',
    )
  try {
    answerDevices(() => Promise.reject(new DOMException('', 'NotFoundError')))
    const chat = await mount()
    await press(chat, 'start-button')
    await untilShown(chat, 'No camera found')
    await expectPresentable(chat)
    navigator.mediaDevices.getUserMedia = getUserMedia
    await press(chat, 'audio-only-button')
    await untilState(chat, 'waiting')
    expect(chat.localStream?.getVideoTracks()).to.deep.equal([])
  } finally {
    navigator.mediaDevices.enumerateDevices = enumerateDevices
  }
})

test('connected: shows a button to play the partner’s video if the browser requires a user gesture', async () => {
  const { play } = HTMLMediaElement.prototype
  let isTouched = false
  HTMLMediaElement.prototype.play = function refuse() {
    if (this.muted || isTouched) return play.call(this)
    return Promise.reject(new DOMException('', 'NotAllowedError'))
  }
  try {
    const [ana] = await meet()
    await untilShown(ana, 'Tap to see and hear')
    await expectPresentable(ana)
    isTouched = true
    await press(ana, 'play-button')
    expect(isShown(ana, 'play-button')).to.equal(false)
    expect(part<HTMLVideoElement>(ana, 'remote-video')?.paused).to.equal(false)
  } finally {
    HTMLMediaElement.prototype.play = play
  }
})

test('what the element shows beside them restarts neither video', async () => {
  const [ana, bob] = await meet()
  const videos = ['remote-video', 'local-video'].map((name) => part<HTMLVideoElement>(ana, name)!)
  await until('two pictures', () => videos.every(({ videoWidth }) => videoWidth > 0))
  let restarts = 0
  for (const video of videos) video.addEventListener('emptied', () => (restarts += 1))
  bob.send('Hi')
  await untilShown(ana, 'Hi')
  await press(ana, 'report-button')
  const note = part<HTMLTextAreaElement>(ana, 'report-note')!
  note.value = 'rude'
  note.dispatchEvent(new InputEvent('input'))
  await ana.updateComplete
  await press(ana, 'cancel-report-button')
  // The event is queued, and so is this one.
  await new Promise((resolve) => setTimeout(resolve))
  expect(restarts).to.equal(0)
})
