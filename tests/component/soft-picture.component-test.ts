// The soft copies that cover videos: the visitor's own video while nobody is there, and both videos as long as only
// coarse pictures are sent.
import type { Guard } from '@buddy-chat/client/guard'
import { expect } from 'chai'
import { showSoftPicture } from '../../packages/buddy-element/src/effects/soft-picture.ts'
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

test('while nobody is there, a dark copy without a filter covers the visitor’s video, and moves with it', async () => {
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

suite('a copy of a video', () => {
  const added: HTMLElement[] = []

  teardown(() => {
    for (const node of added.splice(0)) node.remove()
  })

  function add<K extends 'canvas' | 'iframe' | 'video'>(name: K): HTMLElementTagNameMap[K] {
    const node = document.createElement(name)
    document.body.append(node)
    added.push(node)
    return node
  }

  /** Returns a red video of this size. */
  async function videoOf(width: number, height: number): Promise<HTMLVideoElement> {
    const picture = Object.assign(document.createElement('canvas'), { width, height })
    const context = picture.getContext('2d')!
    context.fillStyle = 'red'
    context.fillRect(0, 0, width, height)
    const video = Object.assign(add('video'), { muted: true, srcObject: picture.captureStream(10) })
    await video.play()
    return video
  }

  test('has 40 pixels in width and at most 160 in height, whatever picture a partner sends', async () => {
    for (const [width, height, expected] of [
      [320, 240, 30],
      [16, 2000, 160],
      [2000, 16, 1],
    ] as const) {
      const copy = add('canvas')
      showSoftPicture(copy, await videoOf(width, height))
      expect([copy.width, copy.height]).to.deep.equal([40, expected])
      expect(middleOf(copy)).to.deep.equal([255, 0, 0, 255])
    }
  })

  test('is empty at once when the video has no stream any more', async () => {
    const video = await videoOf(320, 240)
    const copy = add('canvas')
    showSoftPicture(copy, video)
    video.srcObject = null
    showSoftPicture(copy, video)
    expect(middleOf(copy)[3]).to.equal(0)
  })

  test('is drawn ten times a second, also in another window, until it is removed from the page', async () => {
    const video = await videoOf(320, 240)
    const copy = add('canvas')
    let clears = 0
    const context = copy.getContext('2d')!
    context.clearRect = () => void clears++
    const timers = new Set<number>()
    const watch = (view: Window): void => {
      const { setInterval, clearInterval } = view
      Object.assign(view, {
        setInterval: (handler: () => void, ms: number) => {
          expect(ms).to.equal(100)
          const id = setInterval.call(view, handler, ms)
          timers.add(id)
          return id
        },
        clearInterval: (id: number) => {
          timers.delete(id)
          clearInterval.call(view, id)
        },
      })
    }
    const original = { setInterval: window.setInterval, clearInterval: window.clearInterval }
    try {
      watch(window)
      showSoftPicture(copy, video)
      showSoftPicture(copy, video)
      expect([clears, timers.size]).to.deep.equal([2, 1])
      await until('a later copy', () => clears > 2)

      const frame = add('iframe')
      watch(frame.contentWindow!)
      frame.contentDocument!.body.append(copy)
      showSoftPicture(copy, video)
      expect(timers.size).to.equal(1)
      const before = clears
      await until('a copy in the other window', () => clears > before)

      copy.remove()
      await until('the end of the timer', () => timers.size === 0)
    } finally {
      Object.assign(window, original)
    }
  })
})
