// Every state a visitor can see: what it says, that it is accessible in light and dark, and that
// nothing is cut off from 320 pixels to a full screen.
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
  untilSaid,
  untilState,
  words,
} from './stage.ts'
import type { BuddyChat } from './stage.ts'

async function expectPresentable(chat: BuddyChat): Promise<void> {
  await expectAccessible(chat)
  await expectToFit(chat)
}

const { getUserMedia } = navigator.mediaDevices

/** Lets every request for devices end this way until the test is over. */
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
  test(`idle, ${mode}: what it is, a field for the name, Start`, async () => {
    const chat = await mount({ mode })
    await untilSaid(chat, title)
    expect(isShown(chat, 'name-input')).to.equal(true)
    expect(part(chat, 'start-button')?.innerText).to.equal('Start')
    await expectPresentable(chat)
  })
}

test('before Start nothing is opened: no device, no connection', async () => {
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

test('connecting: while the browser asks, it says so', async () => {
  answerDevices(() => new Promise(() => undefined))
  const chat = await mount()
  await press(chat, 'start-button')
  await untilSaid(chat, 'Waiting for your permission')
  expect(chat.state).to.equal('connecting')
  await expectPresentable(chat)
})

test('waiting: looking for someone, and who else is here', async () => {
  const chat = await mount()
  await chat.start()
  await untilSaid(chat, 'Looking for someone')
  expect(chat.state).to.equal('waiting')
  expect(chat.matches(':state(waiting)')).to.equal(true)
  expect(words(chat)).to.match(/only one here|people here now/)
  expect(part(chat, 'next-button')?.ariaDisabled).to.equal('true')
  await expectPresentable(chat)
})

test('negotiating: connecting you with a name', async () => {
  const lobby = newLobby()
  await Partner.waiting(lobby, 'Zoë')
  const chat = await mount({ lobby })
  await chat.start()
  await untilSaid(chat, 'Connecting you with Zoë')
  expect(chat.state).to.equal('negotiating')
  expect(part(chat, 'next-button')?.ariaDisabled).to.equal(null)
  await expectPresentable(chat)
})

test('connected: the partner, oneself, both names, interests in common, every control', async () => {
  const [ana, bob] = await meet({ interests: 'jazz, chess' }, { interests: 'chess' })
  await untilSaid(ana, 'Bob')
  expect(part(ana, 'partner-name')?.innerText).to.equal('Bob')
  expect(part(ana, 'own-name')?.innerText).to.equal('Ana (You)')
  expect(part(ana, 'interests')?.innerText).to.equal('chess')
  expect(isShown(ana, 'remote-video')).to.equal(true)
  for (const name of ['microphone-button', 'camera-button', 'next-button', 'stop-button']) {
    expect(isShown(ana, name), name).to.equal(true)
  }
  await expectPresentable(ana)
  await expectAccessible(bob)
})

test('connected, the text open on a small screen: both can be read and used', async () => {
  const [ana, bob] = await meet()
  ana.style.width = '390px'
  // Closed it is gone, for the keyboard and for a screen reader too.
  await until('the panel to be gone', () => !part(ana, 'text-input'))
  bob.send('First line')
  await untilSaid(ana, '(1)')
  await press(ana, 'text-toggle')
  await untilSaid(ana, 'First line')
  expect(words(ana)).not.to.include('(1)')
  expect(focused(ana)).to.equal('text-input')
  resize(ana, 390, 700)
  const boxOf = (name: string): DOMRect => part(ana, name)!.getBoundingClientRect()
  // One sees what one shows: the own picture has made way.
  await until(
    'the own picture above the messages',
    () =>
      boxOf('local').bottom <= boxOf('text-panel').top &&
      boxOf('partner-label').right <= boxOf('local').left,
  )
  await expectPresentable(ana)
})

test('the partner muted, and without camera: said in words and shown', async () => {
  const [ana, bob] = await meet()
  await press(bob, 'microphone-button')
  await press(bob, 'camera-button')
  await untilSaid(ana, 'Bob’s camera is off')
  await untilSaid(ana, 'Bob is muted')
  expect(words(bob)).to.include('Unmute microphone')
  expect(words(bob)).to.include('Turn camera on')
  await expectPresentable(ana)
  await expectPresentable(bob)
  await press(bob, 'camera-button')
  await until('the picture', () => !words(ana).includes('Bob’s camera is off'))
})

test('audio mode: no camera is opened, the partner is a name', async () => {
  const [ana] = await meet({ mode: 'audio' })
  expect(ana.localStream?.getVideoTracks()).to.deep.equal([])
  expect(isShown(ana, 'camera-button')).to.equal(false)
  expect(isShown(ana, 'avatar')).to.equal(true)
  expect(part(ana, 'partner-name')?.innerText).to.equal('Bob')
  expect(part(ana, 'own-name')?.innerText).to.equal('Ana (You)')
  await expectPresentable(ana)
})

test('text mode: no device is opened, the conversation is the stage', async () => {
  answerDevices(() => Promise.reject(new Error('must not be asked')))
  const [ana, bob] = await meet({ mode: 'text' })
  ana.send('Hello')
  await untilSaid(bob, 'Hello')
  expect(isShown(ana, 'microphone-button')).to.equal(false)
  expect(isShown(ana, 'text-input')).to.equal(true)
  expect(part(ana, 'partner-name')?.innerText).to.equal('Bob')
  expect(part(ana, 'own-name')?.innerText).to.equal('Ana (You)')
  await expectPresentable(ana)
})

test('the partner has moved on: said while the next is looked for', async () => {
  const [ana, bob] = await meet()
  bob.stop()
  await untilState(ana, 'waiting')
  await untilSaid(ana, 'Bob left.')
  await expectPresentable(ana)
})

test('the server cannot be reached: why, when it tries again, and Try now', async () => {
  const chat = await mount({ server: window.servers.dead })
  await press(chat, 'start-button')
  await untilState(chat, 'reconnecting')
  await untilSaid(chat, 'The server cannot be reached')
  expect(isShown(chat, 'retry-button')).to.equal(true)
  await expectPresentable(chat)
})

test('the server is full: said, with the time to wait', async () => {
  const first = await mount({ server: window.servers.full })
  await first.start()
  const second = await mount({ server: window.servers.full })
  await press(second, 'start-button')
  await untilState(second, 'reconnecting')
  await untilSaid(second, 'It is full right now')
  await untilSaid(second, 'Trying again in')
  await expectPresentable(second)
})

test('this site is not on the server’s list: said, and not tried again', async () => {
  const chat = await mount({ server: window.servers.choosy })
  await press(chat, 'start-button')
  await untilState(chat, 'closed')
  await untilSaid(chat, 'This site is not on the list')
  expect(chat.localStream).to.equal(undefined)
  await expectPresentable(chat)
})

for (const [name, title] of [
  ['NotAllowedError', 'Your browser said no'],
  ['NotReadableError', 'Your camera is busy'],
  ['OverconstrainedError', 'Your camera cannot do this'],
  ['TypeError', 'Your camera did not open'],
] as const) {
  test(`${name}: "${title}", and Try again works`, async () => {
    answerDevices(() => Promise.reject(new DOMException('', name)))
    const chat = await mount()
    await press(chat, 'start-button')
    await untilSaid(chat, title)
    expect(chat.state).to.equal('idle')
    await expectPresentable(chat)
    navigator.mediaDevices.getUserMedia = getUserMedia
    await press(chat, 'start-button')
    await untilState(chat, 'waiting')
  })
}

test('WebRTC switched off: said before anybody is matched, and text mode needs none', async () => {
  const { RTCPeerConnection } = window
  Reflect.deleteProperty(window, 'RTCPeerConnection')
  try {
    const chat = await mount()
    await press(chat, 'start-button')
    await untilSaid(chat, 'Calls are switched off here')
    expect(chat.state).to.equal('idle')
    await expectPresentable(chat)
    const writer = await mount({ mode: 'text' })
    await writer.start()
    await untilState(writer, 'waiting')
  } finally {
    Object.assign(window, { RTCPeerConnection })
  }
})

test('audio mode: only the microphone is spoken of, asked for or refused', async () => {
  let refuse!: (reason: DOMException) => void
  answerDevices(() => new Promise((_resolve, reject) => (refuse = reject)))
  const chat = await mount({ mode: 'audio' })
  await press(chat, 'start-button')
  await untilSaid(chat, 'may use your microphone')
  expect(words(chat)).not.to.match(/camera/i)
  refuse(new DOMException('', 'NotReadableError'))
  await untilSaid(chat, 'Your microphone is busy')
  expect(words(chat)).not.to.match(/camera/i)
  await expectPresentable(chat)
})

test('NotFoundError with no camera: going on without one is offered', async () => {
  const { enumerateDevices } = navigator.mediaDevices
  navigator.mediaDevices.enumerateDevices = async () =>
    (await enumerateDevices.call(navigator.mediaDevices)).filter(
      ({ kind }) => kind !== 'videoinput',
    )
  try {
    answerDevices(() => Promise.reject(new DOMException('', 'NotFoundError')))
    const chat = await mount()
    await press(chat, 'start-button')
    await untilSaid(chat, 'No camera found')
    await expectPresentable(chat)
    navigator.mediaDevices.getUserMedia = getUserMedia
    await press(chat, 'audio-only-button')
    await untilState(chat, 'waiting')
    expect(chat.localStream?.getVideoTracks()).to.deep.equal([])
  } finally {
    navigator.mediaDevices.enumerateDevices = enumerateDevices
  }
})

test('the play prompt, where the browser wants a gesture first', async () => {
  const { play } = HTMLMediaElement.prototype
  let isTouched = false
  HTMLMediaElement.prototype.play = function refuse() {
    if (this.muted || isTouched) return play.call(this)
    return Promise.reject(new DOMException('', 'NotAllowedError'))
  }
  try {
    const [ana] = await meet()
    await untilSaid(ana, 'Tap to see and hear')
    await expectPresentable(ana)
    isTouched = true
    await press(ana, 'play-button')
    expect(isShown(ana, 'play-button')).to.equal(false)
    expect(part<HTMLVideoElement>(ana, 'remote-video')?.paused).to.equal(false)
  } finally {
    HTMLMediaElement.prototype.play = play
  }
})
