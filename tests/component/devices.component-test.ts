// Camera, microphone and speaker: preview, pickers, and what the visitor sees when a device changes.
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
  untilShown,
  untilState,
  visibleText,
} from './stage.ts'

const storageKey = 'buddy-devices'
const { getUserMedia, enumerateDevices } = navigator.mediaDevices

teardown(async () => {
  Object.assign(navigator.mediaDevices, { getUserMedia, enumerateDevices })
  localStorage.clear()
  await clear()
})

/** Resolves with the picker of a kind of device as soon as it is shown. */
function picker(chat: BuddyChat, kind: string): Promise<HTMLSelectElement> {
  return until(`the ${kind} picker`, () => part<HTMLSelectElement>(chat, `${kind}-picker`))
}

/** Picks the last device on the list. Returns its id. */
async function pickLast(chat: BuddyChat, kind: string): Promise<string> {
  const select = await picker(chat, kind)
  const { value } = [...select.options].at(-1)!
  select.value = value
  select.dispatchEvent(new Event('change', { bubbles: true }))
  return value
}

/** Simulates that a device is unplugged (`ended`), or that the system pauses it (`mute`). */
function change(chat: BuddyChat, kind: 'audio' | 'video', type: 'ended' | 'mute'): void {
  const track = chat.localStream!.getTracks().find((candidate) => candidate.kind === kind)!
  if (type === 'ended') track.stop()
  else Object.defineProperty(track, 'muted', { value: true })
  track.dispatchEvent(new Event(type))
}

/** Makes the browser list no devices from now on. */
function hideDevices(): void {
  navigator.mediaDevices.enumerateDevices = () => Promise.resolve([])
}

suite('the preview', () => {
  test('opens devices only when the preview button is pressed, and then shows the visitor’s video and the pickers', async () => {
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

  test('shows the level of the microphone', async () => {
    const chat = await mount()
    await press(chat, 'preview-button')
    const level = await until('the level', () => part(chat, 'level'))
    // The fake microphone beeps once a second.
    await until('a sound', () => Number(level.ariaValueNow) > 0)
    expect(Number(level.style.getPropertyValue('--level'))).to.be.greaterThan(0)
    await until('silence', () => Number(level.ariaValueNow) === 0)
  })

  test('keeps its devices open when Start is pressed: the chat uses the picked camera and requests no device again', async () => {
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

  test('releases its devices when it is closed', async () => {
    const chat = await mount()
    await press(chat, 'preview-button')
    await until('the stream', () => chat.localStream)
    const tracks = chat.localStream!.getTracks()
    await press(chat, 'close-preview-button')
    expect(tracks.map(({ readyState }) => readyState)).to.deep.equal(['ended', 'ended'])
    await untilShown(chat, 'Meet someone new')
  })

  test('opens only the microphone in audio mode, and is not offered in text mode', async () => {
    const chat = await mount({ mode: 'audio' })
    await press(chat, 'preview-button')
    await picker(chat, 'microphone')
    expect(isShown(chat, 'camera-picker')).to.equal(false)
    expect(visibleText(chat)).not.to.match(/camera/i)
    await expectAccessible(chat)
    await expectToFit(chat)
    const writer = await mount({ mode: 'text' })
    expect(isShown(writer, 'preview-button')).to.equal(false)
  })

  test('shows an error; Try again then opens the preview and does not start the chat', async () => {
    navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(new DOMException('', 'NotAllowedError'))
    const chat = await mount()
    await press(chat, 'preview-button')
    await untilShown(chat, 'Your browser said no')
    navigator.mediaDevices.getUserMedia = getUserMedia
    await press(chat, 'start-button')
    await picker(chat, 'camera')
    expect(chat.state).to.equal('idle')
  })
})

suite('devices in a call', () => {
  test('the device pickers take focus, close on Escape, are accessible and fit every size', async () => {
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

  test('a picked microphone and a picked speaker are used at once', async () => {
    const [ana] = await meet()
    const { label } = ana.client.deviceInUse('microphone')!
    await press(ana, 'devices-button')
    const microphone = await pickLast(ana, 'microphone')
    await until('the microphone', () => ana.client.deviceInUse('microphone')?.id === microphone)
    expect(ana.client.deviceInUse('microphone')?.label).not.to.equal(label)
    const speaker = await pickLast(ana, 'speaker')
    const remote = part<HTMLVideoElement>(ana, 'remote-video')!
    await until('the speaker', () => remote.sinkId === speaker)
    ana.setSpeaker('')
    await until('the default speaker', () => remote.sinkId === '')
  })

  test('if the browser refuses a picked speaker, the picker shows the default speaker again', async () => {
    const [ana] = await meet()
    const remote = part<HTMLVideoElement>(ana, 'remote-video')!
    let refusals = 0
    remote.setSinkId = () => {
      refusals++
      return Promise.reject(new DOMException('', 'NotFoundError'))
    }
    await press(ana, 'devices-button')
    await pickLast(ana, 'speaker')
    const select = await picker(ana, 'speaker')
    await until('the default speaker', () => refusals > 0 && select.value === 'default')
  })

  test('on a phone with several cameras, a button on the visitor’s own video switches to the next camera', async () => {
    const { matchMedia } = window
    // Simulates a phone by its touch screen, because the fake cameras do not report which way they
    // face.
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

  test('a desktop shows no button that switches the camera', async () => {
    const [ana] = await meet()
    expect(isShown(ana, 'flip-button')).to.equal(false)
  })

  test('if a picked camera is busy, an error is shown and the picker shows the camera in use', async () => {
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
    await untilShown(ana, 'Your camera is busy')
    expect(select.value).to.equal(before)
    expect(ana.client.sending.video).to.equal(true)
  })

  test('if the camera is unplugged, another one is used and its name is shown', async () => {
    const [ana, bob] = await meet()
    const { label } = ana.client.deviceInUse('camera')!
    change(ana, 'video', 'ended')
    await untilShown(ana, 'Your camera is gone. Now using fake_device_')
    expect(ana.client.deviceInUse('camera')?.label).not.to.equal(label)
    expect(visibleText(bob)).not.to.include('Ana’s camera is off')
  })

  test('if the only camera is unplugged, both users see that until the visitor resumes it', async () => {
    const [ana, bob] = await meet()
    const events: string[] = []
    ana.addEventListener('buddy-device', ({ detail }) =>
      events.push(`${detail.device} ${detail.status} ${detail.error?.code ?? ''}`.trim()),
    )
    hideDevices()
    change(ana, 'video', 'ended')
    await untilShown(ana, 'Your camera is gone. You are not seen.')
    await untilShown(bob, 'Ana’s camera is off')
    await expectAccessible(ana)
    await expectToFit(ana)
    await press(ana, 'resume-camera-button')
    await until('the picture', () => !visibleText(bob).includes('Ana’s camera is off'))
    expect(isShown(ana, 'device-trouble')).to.equal(false)
    expect(events).to.deep.equal(['camera lost device-not-found', 'camera live'])
  })

  test('if the system pauses the microphone, both users see that until the visitor resumes it', async () => {
    const [ana, bob] = await meet()
    change(ana, 'audio', 'mute')
    await untilShown(ana, 'Your system has paused your microphone.')
    await untilShown(bob, 'Ana is muted')
    await expectAccessible(ana)
    await press(ana, 'resume-microphone-button')
    await until('the sound', () => !visibleText(bob).includes('Ana is muted'))
  })

  test('a camera can be added to a call that was started without one', async () => {
    const [ana, bob] = await meet()
    ana.stop()
    await ana.client.start({
      ...ana.clientOptions(),
      camera: false,
    })
    await untilState(ana, 'connected')
    await untilShown(bob, 'Ana’s camera is off')
    await press(ana, 'devices-button')
    expect((await picker(ana, 'camera')).selectedOptions[0]?.text.trim()).to.equal('No camera')
    await pickLast(ana, 'camera')
    await until('the picture', () => !visibleText(bob).includes('Ana’s camera is off'))
  })
})

suite('a device that the visitor has chosen', () => {
  const pick = async (attributes: Record<string, string>): Promise<string> => {
    const chat = await mount(attributes)
    await press(chat, 'preview-button')
    const id = await pickLast(chat, 'camera')
    await until('the camera', () => chat.client.deviceInUse('camera')?.id === id)
    if (chat.remember) await until('the stored choice', () => localStorage.getItem(storageKey))
    await pickLast(chat, 'speaker')
    chat.stop()
    return id
  }
  const cameraAtNextVisit = async (attributes: Record<string, string>): Promise<unknown> => {
    const chat = await mount(attributes)
    await chat.start()
    return chat.client.deviceInUse('camera' satisfies Device)?.id
  }

  test('is not stored without `remember`', async () => {
    const id = await pick({})
    expect(Object.keys(localStorage)).to.deep.equal([])
    expect(await cameraAtNextVisit({ remember: '' })).not.to.equal(id)
  })

  test('is stored and used on the next visit with `remember`', async () => {
    const id = await pick({ remember: '' })
    expect(Object.keys(localStorage)).to.deep.equal([storageKey])
    expect(await cameraAtNextVisit({ remember: '' })).to.equal(id)
    expect(await cameraAtNextVisit({})).not.to.equal(id)
  })

  test('is not used if the stored value is invalid or names a missing device', async () => {
    const long = JSON.stringify({ camera: 'x'.repeat(10_000), microphone: 'y'.repeat(10_000) })
    for (const stored of ['nonsense', 'null', '{"camera":7}', '{"camera":"gone"}', long]) {
      localStorage.setItem(storageKey, stored)
      expect(await cameraAtNextVisit({ remember: '' }), stored.slice(0, 20)).to.be.a('string')
    }
  })

  test('is neither used nor stored if its id is longer than any browser’s', async () => {
    const long = 'x'.repeat(10_000)
    localStorage.setItem(storageKey, JSON.stringify({ camera: long, speaker: 'a', other: 'b' }))
    const requests: unknown[] = []
    navigator.mediaDevices.getUserMedia = (constraints) => {
      requests.push(constraints)
      return getUserMedia.call(navigator.mediaDevices, constraints)
    }
    const chat = await mount({ remember: '' })
    await chat.start()
    expect(JSON.stringify(requests)).not.to.include('xxx')
    chat.setSpeaker(long)
    chat.setSpeaker('c')
    expect(JSON.parse(localStorage.getItem(storageKey)!)).to.deep.equal({ speaker: 'c' })
    // An empty id means the default speaker and is not stored.
    chat.setSpeaker('')
    expect(localStorage.getItem(storageKey)).not.to.include('c"')
  })

  test('is not stored if storage throws, as in a sandboxed iframe; the chat starts anyway', async () => {
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
