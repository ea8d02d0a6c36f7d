// Positions and sizes: controls stay at the same place in every state, and nothing is cut off or
// covered.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  expectToFit,
  meet,
  mount,
  newLobby,
  part,
  Partner,
  press,
  resize,
  until,
  untilState,
} from './stage.ts'

const { getUserMedia } = navigator.mediaDevices

teardown(async () => {
  navigator.mediaDevices.getUserMedia = getUserMedia
  await clear()
})

const widths = [280, 300, 320, 390, 720, 800, 1280] as const

type Pixels = ReadonlyMap<number, readonly [number, number]>

/** Returns the center of a button at each width of the element. */
function middles(chat: BuddyChat, name: string): Pixels {
  return new Map(
    widths.map((width) => {
      resize(chat, width, 600)
      const { x, y, width: across, height } = part(chat, name)!.getBoundingClientRect()
      return [width, [x + across / 2, y + height / 2]]
    }),
  )
}

/**
 * Returns, for each width of the element, the part names of the button that a click at each position would hit.
 */
function hits(chat: BuddyChat, pixels: Pixels): Record<number, string | undefined> {
  return Object.fromEntries(
    [...pixels].map(([width, [x, y]]) => {
      resize(chat, width, 600)
      const hit = (chat.renderRoot as ShadowRoot).elementFromPoint(x, y)
      return [width, hit?.closest('button')?.part.value]
    }),
  )
}

const everywhere = (name: string): Record<number, string> =>
  Object.fromEntries(widths.map((width) => [width, `control ${name}`]))

for (const mode of ['video', 'audio', 'text'] as const) {
  test(`${mode} mode: Next and Stop have the same position in every state`, async () => {
    let grant!: () => void
    const granted = new Promise<void>((resolve) => (grant = resolve))
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      await granted
      return getUserMedia.call(navigator.mediaDevices, constraints)
    }
    const lobby = newLobby()
    const ana = await mount({ lobby, mode, name: 'Ana' })
    void ana.start()
    await untilState(ana, mode === 'text' ? 'waiting' : 'connecting')
    const next = middles(ana, 'next-button')
    const stop = middles(ana, 'stop-button')
    const expectInPlace = async (state: string): Promise<void> => {
      await ana.updateComplete
      expect([state, hits(ana, next)]).to.deep.equal([state, everywhere('next-button')])
      expect([state, hits(ana, stop)]).to.deep.equal([state, everywhere('stop-button')])
    }
    await expectInPlace('waiting for permission')
    grant()
    await untilState(ana, 'waiting')
    await expectInPlace('waiting')
    const bob = await mount({ lobby, mode, name: 'Bob' })
    await bob.start()
    await untilState(ana, 'connected')
    await expectInPlace('connected')
    bob.send('Hello')
    await expectInPlace('a message')
    bob.stop()
    await untilState(ana, 'waiting')
    await expectInPlace('after the partner left')
  })
}

test('Next has the same position while the visitor is muted, while the camera is off, and while negotiating', async () => {
  const lobby = newLobby()
  const ana = await mount({ lobby })
  await ana.start()
  await untilState(ana, 'waiting')
  const next = middles(ana, 'next-button')
  await press(ana, 'microphone-button')
  await press(ana, 'camera-button')
  expect(hits(ana, next)).to.deep.equal(everywhere('next-button'))
  ana.stop()
  await Partner.waiting(lobby, 'Zoë')
  await ana.start()
  await untilState(ana, 'negotiating')
  expect(hits(ana, next)).to.deep.equal(everywhere('next-button'))
})

test('a click on Next while there is no partner does nothing', async () => {
  const chat = await mount()
  await chat.start()
  await untilState(chat, 'waiting')
  const left: string[] = []
  chat.addEventListener('buddy-state-change', ({ detail }) => left.push(detail.state))
  part(chat, 'next-button')!.click()
  await chat.updateComplete
  expect([chat.state, left]).to.deep.equal(['waiting', []])
})

for (const width of [200, 240, 280, 300]) {
  test(`every control of a call is shown in full at a width of ${width} px`, async () => {
    const [ana] = await meet()
    resize(ana, width, 440)
    const host = ana.getBoundingClientRect()
    for (const name of ['microphone', 'camera', 'text-toggle', 'next', 'stop']) {
      const button = part(ana, name === 'text-toggle' ? name : `${name}-button`)!
      const { left, right, width: across } = button.getBoundingClientRect()
      expect(left, name).to.be.at.least(host.left)
      expect(right, name).to.be.at.most(host.right)
      // The minimum target size of WCAG 2.5.8.
      expect(across, name).to.be.at.least(24)
    }
  })
}

/** Returns the width and the height of the overlap of two parts, in pixels. */
function overlap(chat: BuddyChat, one: string, other: string): [number, number] {
  const [a, b] = [one, other].map((name) => part(chat, name)!.getBoundingClientRect())
  return [
    Math.max(0, Math.min(a!.right, b!.right) - Math.max(a!.left, b!.left)),
    Math.max(0, Math.min(a!.bottom, b!.bottom) - Math.max(a!.top, b!.top)),
  ]
}

for (const direction of ['ltr', 'rtl'] as const) {
  test(`${direction}: neither the devices button nor the visitor’s own video covers a long name of the partner`, async () => {
    const interests = 'chess, jazzjazzjazzjazzjazzjazzjazz, cooking'
    const [ana] = await meet({ interests, dir: direction }, { name: `Zo\u00eb ${'W'.repeat(30)}` })
    const expectApart = (width: number, ...others: string[]): void => {
      resize(ana, width, 600)
      // Ends the animation that moves the visitor's own video.
      for (const running of part(ana, 'local')!.getAnimations()) running.finish()
      const label = part(ana, 'partner-label')!
      expect(label.scrollWidth, `${width}`).to.equal(label.clientWidth)
      for (const other of others) {
        expect(overlap(ana, 'partner-label', other), `${width}, ${other}`).to.include(0)
      }
    }
    for (const width of widths) expectApart(width, 'devices-button', 'local')
    resize(ana, 300, 600)
    await press(ana, 'text-toggle')
    expectApart(300, 'local')
  })
}

test('the buttons of the error screen can be scrolled into view at 320 × 300 px', async () => {
  const chat = await mount({ server: window.servers.dead, mode: 'text' })
  const video = await mount({ server: window.servers.dead })
  for (const each of [chat, video]) {
    resize(each, 320, 300)
    void each.start().catch(() => undefined)
    await untilState(each, 'reconnecting')
    const top = (name: string): number => part(each, name)!.getBoundingClientRect().top
    const said = part(each, 'status')!.querySelector('h2')!
    expect(said.getBoundingClientRect().top).to.be.at.least(each.getBoundingClientRect().top)
    for (const name of ['retry-button', 'doctor-button']) {
      const button = await until(name, () => part(each, name))
      button.scrollIntoView({ block: 'nearest' })
      expect(button.getBoundingClientRect().bottom, name).to.be.at.most(top('controls'))
    }
  }
})

suite('video and its box', () => {
  /** Replaces every camera by one whose video has this size. */
  function cameraOf(width: number, height: number): void {
    navigator.mediaDevices.getUserMedia = async () => {
      const { mediaDevices } = navigator
      const sound = await getUserMedia.call(mediaDevices, { audio: true })
      const canvas = Object.assign(document.createElement('canvas'), { width, height })
      const context = canvas.getContext('2d')!
      const picture = canvas.captureStream(10)
      setInterval(() => context.fillRect(0, 0, Math.random() * width, height), 100)
      return new MediaStream([...sound.getAudioTracks(), ...picture.getVideoTracks()])
    }
  }

  const fitOf = (video: HTMLVideoElement): string => getComputedStyle(video).objectFit

  test('the video of an upright phone is shown in full on a desktop, and fills a phone', async () => {
    cameraOf(360, 640)
    const [ana] = await meet()
    resize(ana, 1280, 720)
    const remote = part<HTMLVideoElement>(ana, 'remote-video')!
    const local = part<HTMLVideoElement>(ana, 'local-video')!
    await until('the full remote video', () => fitOf(remote) === 'contain')
    await until('the full local video', () => fitOf(local) === 'contain')
    resize(ana, 390, 700)
    await until('the remote video to fill the phone', () => fitOf(remote) === 'cover')
    expect(remote.videoHeight).to.be.greaterThan(remote.videoWidth)
  })

  test('the size of a video is no longer observed after another screen has replaced the video', async () => {
    const { unobserve } = ResizeObserver.prototype
    const released = new Set<Element>()
    ResizeObserver.prototype.unobserve = function (target) {
      released.add(target)
      unobserve.call(this, target)
    }
    try {
      const [ana] = await meet()
      const local = part<HTMLVideoElement>(ana, 'local-video')!
      ana.stop()
      await until('the video to be removed', () => !local.isConnected)
      await until('the end of its observation', () => released.has(local))
    } finally {
      ResizeObserver.prototype.unobserve = unobserve
    }
  })

  test('the video of a 4:3 camera fills a desktop', async () => {
    cameraOf(640, 480)
    const [ana] = await meet()
    resize(ana, 1280, 720)
    const remote = part<HTMLVideoElement>(ana, 'remote-video')!
    await until('a video frame', () => remote.videoWidth)
    // The resize observer runs before the next frame is painted, so wait for two frames.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    expect(fitOf(remote)).to.equal('cover')
    await expectToFit(ana)
  })
})
