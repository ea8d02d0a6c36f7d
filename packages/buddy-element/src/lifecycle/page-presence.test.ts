import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PagePresence } from './page-presence.ts'

class FakeWindow extends EventTarget {}

class FakeDocument extends EventTarget {
  visibilityState = 'visible'
  readonly defaultView: FakeWindow | null
  constructor(defaultView: FakeWindow | null) {
    super()
    this.defaultView = defaultView
  }
  hide(): void {
    this.visibilityState = 'hidden'
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

const ownWindow = new FakeWindow()
let own: FakeDocument
let element: { ownerDocument: FakeDocument }
let ends: number
let presence: PagePresence

beforeEach(() => {
  vi.useFakeTimers()
  own = new FakeDocument(ownWindow)
  vi.stubGlobal('window', ownWindow)
  vi.stubGlobal('document', own)
  element = { ownerDocument: own }
  ends = 0
  presence = new PagePresence({ element: element as unknown as HTMLElement, onEnd: () => ends++ })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** In a window that is not the element's own, such as a popup. */
function elsewhere(): FakeDocument {
  const other = new FakeDocument(new FakeWindow())
  element.ownerDocument = other
  return other
}

test('back within half a second it is the same stay; any later another one', () => {
  expect(presence.handleConnected()).toBe(true)
  presence.handleDisconnected()
  vi.advanceTimersByTime(499)
  expect(presence.handleConnected()).toBe(false)
  vi.advanceTimersByTime(10_000)
  expect(ends).toBe(0)
  presence.handleDisconnected()
  vi.advanceTimersByTime(500)
  expect(ends).toBe(1)
  expect(presence.handleConnected()).toBe(true)
})

test('out of a page that is hidden or closed meanwhile it ends at once, and once', () => {
  for (const leave of [() => own.hide(), () => ownWindow.dispatchEvent(new Event('pagehide'))]) {
    ends = 0
    presence.handleConnected()
    presence.handleDisconnected()
    leave()
    expect(ends).toBe(1)
    vi.advanceTimersByTime(10_000)
    expect(ends).toBe(1)
  }
})

test('in a page that is hidden or put away it stays', () => {
  presence.handleConnected()
  own.hide()
  ownWindow.dispatchEvent(new Event('pagehide'))
  vi.advanceTimersByTime(10_000)
  expect(ends).toBe(0)
})

test('another window that closes ends it, unless the page takes it back in that moment', () => {
  presence.handleConnected()
  const popup = elsewhere()
  presence.handleConnected()
  popup.defaultView!.dispatchEvent(new Event('pagehide'))
  element.ownerDocument = own
  presence.handleDisconnected()
  expect(presence.handleConnected()).toBe(false)
  vi.advanceTimersByTime(10_000)
  expect(ends).toBe(0)
  const second = elsewhere()
  presence.handleConnected()
  second.defaultView!.dispatchEvent(new Event('pagehide'))
  vi.advanceTimersByTime(0)
  expect(ends).toBe(1)
  // A window that it has left long ago is no matter any more.
  element.ownerDocument = own
  presence.handleConnected()
  popup.defaultView!.dispatchEvent(new Event('pagehide'))
  vi.advanceTimersByTime(10_000)
  expect(ends).toBe(1)
})

test('taken out of another window it ends when either of the two is hidden', () => {
  for (const hide of [(popup: FakeDocument) => popup.hide(), () => own.hide()]) {
    ends = 0
    const popup = elsewhere()
    presence.handleConnected()
    presence.handleDisconnected()
    hide(popup)
    expect(ends).toBe(1)
  }
})
