// The soft copies that cover videos: the visitor's own video while nobody is there, and both videos as long as only
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

test('in a call no copy is left, and the former one is no longer drawn', async () => {
  const lobby = newLobby()
  const ana = await mount({ lobby })
  await press(ana, 'start-button')
  const former = await untilDrawn(ana, 'local-video')
  const [bob] = await meet({ lobby: newLobby() })
  expect(isCovered(bob, 'local-video')).to.equal(false)
  expect(isCovered(bob, 'remote-video')).to.equal(false)
  ana.stop()
  await until('the start screen', () => !former.isConnected)
  let draws = 0
  const context = former.getContext('2d')!
  context.drawImage = () => void draws++
  const other = await mount({ lobby: newLobby() })
  await press(other, 'start-button')
  await untilDrawn(other, 'local-video')
  expect(draws).to.equal(0)
})

test('coarse pictures of a call are covered by copies; after the call, nothing is left of the partner’s', async () => {
  const [ana, bob] = await meet({ reveal: 'mutual' })
  const copy = await untilDrawn(ana, 'remote-video')
  await untilDrawn(ana, 'local-video')
  for (const name of ['remote-video', 'local-video']) expect(filterOf(ana, name)).to.equal('none')
  bob.stop()
  await untilState(ana, 'waiting')
  await until('the empty copy', () => middleOf(copy)[3] === 0)
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
