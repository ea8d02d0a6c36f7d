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

/** Moves the element to another window, such as a popup. Returns the document of that window. */
function moveToWindow(): FakeDocument {
  const other = new FakeDocument(new FakeWindow())
  element.ownerDocument = other
  return other
}

test('the presence continues if the element is inserted again within half a second, and ends otherwise', () => {
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

test('the presence ends once, without delay, if the page is hidden or closed while the element is removed', () => {
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

test('the presence continues if the page is hidden or enters the back/forward cache', () => {
  presence.handleConnected()
  own.hide()
  ownWindow.dispatchEvent(new Event('pagehide'))
  vi.advanceTimersByTime(10_000)
  expect(ends).toBe(0)
})

test('the presence ends when the popup that contains the element closes, unless the page then moves the element back', () => {
  presence.handleConnected()
  const popup = moveToWindow()
  presence.handleConnected()
  popup.defaultView!.dispatchEvent(new Event('pagehide'))
  element.ownerDocument = own
  presence.handleDisconnected()
  expect(presence.handleConnected()).toBe(false)
  vi.advanceTimersByTime(10_000)
  expect(ends).toBe(0)
  const second = moveToWindow()
  presence.handleConnected()
  second.defaultView!.dispatchEvent(new Event('pagehide'))
  vi.advanceTimersByTime(0)
  expect(ends).toBe(1)
  // Events of a window that the element has left have no effect.
  element.ownerDocument = own
  presence.handleConnected()
  popup.defaultView!.dispatchEvent(new Event('pagehide'))
  vi.advanceTimersByTime(10_000)
  expect(ends).toBe(1)
})

test('the presence ends if the page or the popup is hidden after the element was removed from the popup', () => {
  for (const hide of [(popup: FakeDocument) => popup.hide(), () => own.hide()]) {
    ends = 0
    const popup = moveToWindow()
    presence.handleConnected()
    presence.handleDisconnected()
    hide(popup)
    expect(ends).toBe(1)
  }
})
