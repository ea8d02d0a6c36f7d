// The soft copies that cover videos: the visitor's own video while the visitor waits, and both videos as long as only
// coarse pictures are sent.
import type { Guard } from '@buddy-chat/client/guard'
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import { clear, isShown, meet, mount, newLobby, part, press, until, untilState } from './stage.ts'

teardown(clear)

/** Returns the soft copy that covers a video; undefined if there is none, or none is shown. */
function copyOf(chat: BuddyChat, name: string): HTMLCanvasElement | undefined {
  const copy = part(chat, name)?.nextElementSibling
  return copy instanceof HTMLCanvasElement && copy.checkVisibility({ visibilityProperty: true })
    ? copy
    : undefined
}

const isCovered = (chat: BuddyChat, name: string): boolean => copyOf(chat, name) !== undefined

/** Returns the red, green, blue and alpha values of the pixel in the middle. */
const middleOf = (copy: HTMLCanvasElement): number[] => {
  const { width, height } = copy
  return [...copy.getContext('2d')!.getImageData(width >> 1, height >> 1, 1, 1).data]
}

const untilDrawn = (chat: BuddyChat, name: string): Promise<HTMLCanvasElement> =>
  until(`the copy of ${name}`, () => {
    const copy = copyOf(chat, name)
    return copy && middleOf(copy)[3] === 255 ? copy : undefined
  })

/** A video with a filter would be filtered again whenever anything above it moves. */
const filterOf = (chat: BuddyChat, name: string): string =>
  getComputedStyle(part(chat, name)!).filter

test('while the visitor waits, a dark copy without a filter covers the visitor’s video, and moves with it', async () => {
  const ana = await mount({ lobby: newLobby() })
  await press(ana, 'start-button')
  await untilState(ana, 'waiting')
  const copy = await untilDrawn(ana, 'local-video')
  expect([copy.width, copy.height]).to.deep.equal([40, 23])
  expect(Math.max(...middleOf(copy).slice(0, 3))).to.be.lessThan(140)
  expect(filterOf(ana, 'local-video')).to.equal('none')
  const box = part(ana, 'local-video')!.getBoundingClientRect()
  expect(copy.getBoundingClientRect()).to.deep.include({ width: box.width, height: box.height })
  const pixels = (): string => copy.toDataURL()
  const before = pixels()
  await until('another picture', () => pixels() !== before)

  await press(ana, 'camera-button')
  expect(isCovered(ana, 'local-video')).to.equal(false)
})

test('in a call no copy is left', async () => {
  const [ana] = await meet()
  for (const name of ['local-video', 'remote-video']) expect(isCovered(ana, name)).to.equal(false)
})

test('coarse pictures of a call are covered by copies, which have no filter and end with the call', async () => {
  const [ana, bob] = await meet({ reveal: 'mutual' })
  for (const name of ['remote-video', 'local-video']) {
    await untilDrawn(ana, name)
    expect(filterOf(ana, name)).to.equal('none')
  }
  bob.stop()
  await untilState(ana, 'waiting')
  expect(isCovered(ana, 'remote-video')).to.equal(false)
})

test('no copy covers the veil of a partner whose picture may be explicit', async () => {
  const [ana] = await meet({ reveal: 'mutual' })
  await untilDrawn(ana, 'remote-video')
  const guard: Guard = {
    check: () => Promise.resolve({ verdict: 'veil', label: 'stub', score: 1 }),
    close: () => undefined,
  }
  ana.guard = guard
  await until('the veil', () => isShown(ana, 'partner-veil'))
  expect(isCovered(ana, 'remote-video')).to.equal(false)
  expect(filterOf(ana, 'remote-video')).to.contain('blur')
})

test('a copy is empty at once when the video has no stream any more', async () => {
  const [ana] = await meet({ reveal: 'mutual' })
  const copy = await untilDrawn(ana, 'remote-video')
  part<HTMLVideoElement>(ana, 'remote-video')!.srcObject = null
  ana.requestUpdate()
  await ana.updateComplete
  expect(middleOf(copy)[3]).to.equal(0)
})

test('a copy is empty if the page hides the video', async () => {
  const style = document.createElement('style')
  style.textContent = 'buddy-chat::part(local-video) { display: none }'
  const ana = await mount({ lobby: newLobby() })
  await press(ana, 'start-button')
  const copy = await untilDrawn(ana, 'local-video')
  document.head.append(style)
  try {
    await until('the empty copy', () => middleOf(copy)[3] === 0)
  } finally {
    style.remove()
  }
})

suite('with another camera', () => {
  const { getUserMedia } = navigator.mediaDevices
  let timer = 0

  teardown(() => {
    window.clearInterval(timer)
    navigator.mediaDevices.getUserMedia = getUserMedia
  })

  for (const [width, height, expected] of [
    [16, 2000, 160],
    [2000, 16, 1],
  ] as const) {
    test(`the copy of ${width} × ${height} pixels has ${expected} in height`, async () => {
      navigator.mediaDevices.getUserMedia = async () => {
        const sound = await getUserMedia.call(navigator.mediaDevices, { audio: true })
        const picture = Object.assign(document.createElement('canvas'), { width, height })
        const context = picture.getContext('2d')!
        const camera = picture.captureStream(10)
        timer = window.setInterval(() => context.fillRect(0, 0, Math.random() * width, height), 100)
        return new MediaStream([...sound.getAudioTracks(), ...camera.getVideoTracks()])
      }
      const ana = await mount({ lobby: newLobby() })
      await press(ana, 'start-button')
      const copy = await untilDrawn(ana, 'local-video')
      expect([copy.width, copy.height]).to.deep.equal([40, expected])
    })
  }
})

suite('the timer of a copy', () => {
  /** The timers of copies that run now. */
  const timers = new Set<unknown>()
  const { setInterval: original, clearInterval: originalClear } = window

  /** Notes the timers of copies, which no other part of the element has. */
  function watch(view: Window): void {
    const { setInterval, clearInterval } = view
    Object.assign(view, {
      setInterval: (handler: () => void, ms: number) => {
        const id = setInterval.call(view, handler, ms)
        if (ms === 100) timers.add(`${view === window} ${id}`)
        return id
      },
      clearInterval: (id: number) => {
        timers.delete(`${view === window} ${id}`)
        clearInterval.call(view, id)
      },
    })
  }

  teardown(() => {
    Object.assign(window, { setInterval: original, clearInterval: originalClear })
    timers.clear()
  })

  test('is one of the window that the element is in, and ends with the chat', async () => {
    const frame = document.createElement('iframe')
    document.body.append(frame)
    watch(window)
    watch(frame.contentWindow!)
    try {
      const ana = await mount({ lobby: newLobby() })
      await press(ana, 'start-button')
      await untilDrawn(ana, 'local-video')
      expect([...timers].join()).to.match(/^true \d+$/)
      for (const [parent, pattern] of [
        [frame.contentDocument!.body, /^false \d+$/],
        [document.body, /^true \d+$/],
      ] as const) {
        parent.append(ana)
        await until('the only timer', () => pattern.test([...timers].join()))
        await untilDrawn(ana, 'local-video')
      }
      ana.stop()
      await until('the end of the timer', () => timers.size === 0)
    } finally {
      frame.remove()
    }
  })
})
