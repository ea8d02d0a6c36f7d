// Camera, microphone and speaker, as a person at the element sees them.
import type { Device } from '@buddy-chat/client'
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
  untilSaid,
  untilState,
  words,
} from './stage.ts'

const storageKey = 'buddy-devices'
const { getUserMedia, enumerateDevices } = navigator.mediaDevices

teardown(async () => {
  Object.assign(navigator.mediaDevices, { getUserMedia, enumerateDevices })
  localStorage.clear()
  await clear()
})

/** A picker, once it offers something. */
function picker(chat: BuddyChat, kind: string): Promise<HTMLSelectElement> {
  return until(`the ${kind} picker`, () => part<HTMLSelectElement>(chat, `${kind}-picker`))
}

/** Picks what is last on the list, as a person does. */
async function pickLast(chat: BuddyChat, kind: string): Promise<string> {
  const select = await picker(chat, kind)
  const { value } = [...select.options].at(-1)!
  select.value = value
  select.dispatchEvent(new Event('change', { bubbles: true }))
  return value
}

/** What the system does to a track, which nobody here does. */
function change(chat: BuddyChat, kind: 'audio' | 'video', type: 'ended' | 'mute'): void {
  const track = chat.localStream!.getTracks().find((candidate) => candidate.kind === kind)!
  if (type === 'ended') track.stop()
  else Object.defineProperty(track, 'muted', { value: true })
  track.dispatchEvent(new Event(type))
}

/** From now on no other device is found. */
function leaveNoOther(): void {
  navigator.mediaDevices.enumerateDevices = () => Promise.resolve([])
}

suite('before the first call', () => {
  test('nothing is opened before the button is pressed; then one sees oneself, and picks', async () => {
    const chat = await mount()
    expect(chat.localStream).to.equal(undefined)
    await press(chat, 'preview-button')
    const select = await picker(chat, 'camera')
    expect(chat.state).to.equal('idle')
    expect([...select.options].map(({ text }) => text.trim())).to.deep.equal([
      'fake_device_0',
      'fake_device_1',
      'fake_device_2',
    ])
    for (const name of ['preview-video', 'microphone-picker', 'speaker-picker', 'level']) {
      expect(isShown(chat, name), name).to.equal(true)
    }
    await expectAccessible(chat)
    await expectToFit(chat)
  })

  test('the level moves with the sound of the microphone', async () => {
    const chat = await mount()
    await press(chat, 'preview-button')
    const level = await until('the level', () => part(chat, 'level'))
    // The fake microphone beeps once a second.
    await until('a sound', () => Number(level.ariaValueNow) > 0)
    expect(Number(level.style.getPropertyValue('--level'))).to.be.greaterThan(0)
    await until('silence', () => Number(level.ariaValueNow) === 0)
  })

  test('Start takes over what is open: nothing is asked for again, and the picked camera is used', async () => {
    let requests = 0
    navigator.mediaDevices.getUserMedia = (constraints) => {
      requests++
      return getUserMedia.call(navigator.mediaDevices, constraints)
    }
    const chat = await mount()
    await press(chat, 'preview-button')
    const picked = await pickLast(chat, 'camera')
    await until('the picked camera', () => chat.client.deviceInUse('camera')?.id === picked)
    await chat.start()
    await untilState(chat, 'waiting')
    expect(requests).to.equal(2)
    expect(chat.client.deviceInUse('camera')?.id).to.equal(picked)
  })

  test('it can be turned off again', async () => {
    const chat = await mount()
    await press(chat, 'preview-button')
    await until('the stream', () => chat.localStream)
    const tracks = chat.localStream!.getTracks()
    await press(chat, 'close-preview-button')
    expect(tracks.map(({ readyState }) => readyState)).to.deep.equal(['ended', 'ended'])
    await untilSaid(chat, 'Meet someone new')
  })

  test('in audio mode only the microphone is looked at; in text mode nothing', async () => {
    const chat = await mount({ mode: 'audio' })
    await press(chat, 'preview-button')
    await picker(chat, 'microphone')
    expect(isShown(chat, 'camera-picker')).to.equal(false)
    expect(words(chat)).not.to.match(/camera/i)
    await expectAccessible(chat)
    await expectToFit(chat)
    const writer = await mount({ mode: 'text' })
    expect(isShown(writer, 'preview-button')).to.equal(false)
  })

  test('a refusal is said, and Try again looks again instead of starting', async () => {
    navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(new DOMException('', 'NotAllowedError'))
    const chat = await mount()
    await press(chat, 'preview-button')
    await untilSaid(chat, 'Your browser said no')
    navigator.mediaDevices.getUserMedia = getUserMedia
    await press(chat, 'start-button')
    await picker(chat, 'camera')
    expect(chat.state).to.equal('idle')
  })
})

suite('in the call', () => {
  test('the pickers: reached and left by keyboard, accessible, at every size', async () => {
    const [ana] = await meet()
    await press(ana, 'devices-button')
    await picker(ana, 'camera')
    expect(focused(ana)).to.equal('picker camera-picker')
    expect(isShown(ana, 'level')).to.equal(true)
    await expectAccessible(ana)
    await expectToFit(ana)
    const escape = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true })
    part(ana, 'camera-picker')!.dispatchEvent(escape)
    await ana.updateComplete
    expect(isShown(ana, 'devices-panel')).to.equal(false)
    expect(focused(ana)).to.equal('devices-button')
    expect(ana.state).to.equal('connected')
  })

  test('another microphone and speaker are used at once', async () => {
    const [ana] = await meet()
    const { label } = ana.client.deviceInUse('microphone')!
    await press(ana, 'devices-button')
    const microphone = await pickLast(ana, 'microphone')
    await until('it', () => ana.client.deviceInUse('microphone')?.id === microphone)
    expect(ana.client.deviceInUse('microphone')?.label).not.to.equal(label)
    const speaker = await pickLast(ana, 'speaker')
    const remote = part<HTMLVideoElement>(ana, 'remote-video')!
    await until('the speaker', () => remote.sinkId === speaker)
    ana.setSpeaker('')
    await until('the system’s own', () => remote.sinkId === '')
  })

  test('on a phone with several cameras, one press on the own picture turns round', async () => {
    const { matchMedia } = window
    // What a phone says of its screen; the fake cameras do not say which way they face.
    window.matchMedia = (query) =>
      query === '(pointer: coarse)'
        ? ({ matches: true } as MediaQueryList)
        : matchMedia.call(window, query)
    try {
      const [ana] = await meet()
      const { id } = ana.client.deviceInUse('camera')!
      await press(ana, 'flip-button')
      await until('the other camera', () => ana.client.deviceInUse('camera')?.id !== id)
      await expectAccessible(ana)
      await expectToFit(ana)
    } finally {
      window.matchMedia = matchMedia
    }
  })

  test('on a desk nothing is turned round: cameras are picked by name', async () => {
    const [ana] = await meet()
    expect(isShown(ana, 'flip-button')).to.equal(false)
  })

  test('a camera that is busy: said, and the picker shows the one in use', async () => {
    const [ana] = await meet()
    const before = ana.client.deviceInUse('camera')!.id
    await press(ana, 'devices-button')
    const select = await picker(ana, 'camera')
    navigator.mediaDevices.getUserMedia = (constraints) => {
      const { exact } = (constraints!.video as { deviceId: { exact: string } }).deviceId
      return exact === before
        ? getUserMedia.call(navigator.mediaDevices, constraints)
        : Promise.reject(new DOMException('', 'NotReadableError'))
    }
    await pickLast(ana, 'camera')
    await untilSaid(ana, 'Your camera is busy')
    expect(select.value).to.equal(before)
    expect(ana.client.sending.video).to.equal(true)
  })

  test('unplugged, with another there: that one is used, and it is said which', async () => {
    const [ana, bob] = await meet()
    const { label } = ana.client.deviceInUse('camera')!
    change(ana, 'video', 'ended')
    await untilSaid(ana, 'Your camera is gone. Now using fake_device_')
    expect(ana.client.deviceInUse('camera')?.label).not.to.equal(label)
    expect(words(bob)).not.to.include('Ana’s camera is off')
  })

  test('unplugged, with no other: said to both until it is back, by one press', async () => {
    const [ana, bob] = await meet()
    const heard: string[] = []
    ana.addEventListener('buddy-device', ({ detail }) =>
      heard.push(`${detail.device} ${detail.status} ${detail.error?.code ?? ''}`.trim()),
    )
    leaveNoOther()
    change(ana, 'video', 'ended')
    await untilSaid(ana, 'Your camera is gone. You are not seen.')
    await untilSaid(bob, 'Ana’s camera is off')
    await expectAccessible(ana)
    await expectToFit(ana)
    await press(ana, 'resume-camera-button')
    await until('the picture', () => !words(bob).includes('Ana’s camera is off'))
    expect(isShown(ana, 'device-trouble')).to.equal(false)
    expect(heard).to.deep.equal(['camera lost device-not-found', 'camera live'])
  })

  test('paused by the system, as in a phone call: said to both, and one press resumes', async () => {
    const [ana, bob] = await meet()
    change(ana, 'audio', 'mute')
    await untilSaid(ana, 'Your system has paused your microphone.')
    await untilSaid(bob, 'Ana is muted')
    await expectAccessible(ana)
    await press(ana, 'resume-microphone-button')
    await until('the sound', () => !words(bob).includes('Ana is muted'))
  })

  test('without a camera from the start, one can be added in the call', async () => {
    const [ana, bob] = await meet()
    ana.stop()
    await ana.client.start({
      ...ana.clientOptions(),
      camera: false,
    })
    await untilState(ana, 'connected')
    await untilSaid(bob, 'Ana’s camera is off')
    await press(ana, 'devices-button')
    expect((await picker(ana, 'camera')).selectedOptions[0]?.text.trim()).to.equal('No camera')
    await pickLast(ana, 'camera')
    await until('the picture', () => !words(bob).includes('Ana’s camera is off'))
  })
})

suite('kept for the next visit', () => {
  const pick = async (attributes: Record<string, string>): Promise<string> => {
    const chat = await mount(attributes)
    await press(chat, 'preview-button')
    const id = await pickLast(chat, 'camera')
    await until('it', () => chat.client.deviceInUse('camera')?.id === id)
    if (chat.remember) await until('it to be kept', () => localStorage.getItem(storageKey))
    await pickLast(chat, 'speaker')
    chat.stop()
    return id
  }
  const cameraAtNextVisit = async (attributes: Record<string, string>): Promise<unknown> => {
    const chat = await mount(attributes)
    await chat.start()
    return chat.client.deviceInUse('camera' satisfies Device)?.id
  }

  test('only where the site says remember', async () => {
    const id = await pick({})
    expect(Object.keys(localStorage)).to.deep.equal([])
    expect(await cameraAtNextVisit({ remember: '' })).not.to.equal(id)
  })

  test('where it does, the same camera is used again', async () => {
    const id = await pick({ remember: '' })
    expect(Object.keys(localStorage)).to.deep.equal([storageKey])
    expect(await cameraAtNextVisit({ remember: '' })).to.equal(id)
    expect(await cameraAtNextVisit({})).not.to.equal(id)
  })

  test('what it finds may be anything: it is used where it makes sense', async () => {
    const long = JSON.stringify({ camera: 'x'.repeat(10_000), microphone: 'y'.repeat(10_000) })
    for (const kept of ['nonsense', 'null', '{"camera":7}', '{"camera":"gone"}', long]) {
      localStorage.setItem(storageKey, kept)
      expect(await cameraAtNextVisit({ remember: '' }), kept.slice(0, 20)).to.be.a('string')
    }
  })

  test('an id that no browser has made is dropped, and not kept again', async () => {
    const long = 'x'.repeat(10_000)
    localStorage.setItem(storageKey, JSON.stringify({ camera: long, speaker: 'a', other: 'b' }))
    const asked: unknown[] = []
    navigator.mediaDevices.getUserMedia = (constraints) => {
      asked.push(constraints)
      return getUserMedia.call(navigator.mediaDevices, constraints)
    }
    const chat = await mount({ remember: '' })
    await chat.start()
    expect(JSON.stringify(asked)).not.to.include('xxx')
    chat.setSpeaker(long)
    chat.setSpeaker('c')
    expect(JSON.parse(localStorage.getItem(storageKey)!)).to.deep.equal({ speaker: 'c' })
    // The system's own is the choice of none.
    chat.setSpeaker('')
    expect(localStorage.getItem(storageKey)).not.to.include('c"')
  })

  test('storage that throws, as in a sandboxed iframe: it starts, and remembers nothing', async () => {
    const { localStorage: original } = window
    Object.defineProperty(window, 'localStorage', {
      configurable: true,
      get: () => {
        throw new DOMException('', 'SecurityError')
      },
    })
    try {
      const chat = await mount({ remember: '' })
      await chat.start()
      await untilState(chat, 'waiting')
      chat.setSpeaker('a')
    } finally {
      Object.defineProperty(window, 'localStorage', { configurable: true, get: () => original })
    }
  })
})
