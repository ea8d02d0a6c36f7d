// The element is moved into a popup window that its page has opened.
import { expect, vi } from 'vitest'
import { test } from './fixtures.ts'
import { meet } from './visitor.ts'

/** Moves the element to a popup. Returns the colour of its Stop button before and after. */
function moveToPopup(): [string, string] {
  const chat = document.querySelector('buddy-chat')!
  const colour = (): string =>
    getComputedStyle(chat.shadowRoot!.querySelector('[part~="stop-button"]')!).backgroundColor
  const before = colour()
  const popup = window.open('about:blank', '', 'width=600,height=500')!
  Object.assign(window, { popup })
  popup.document.body.append(chat)
  return [before, colour()]
}

const closePopup = (): void => (window as unknown as { popup: Window }).popup.close()

for (const browser of ['Chromium', 'Firefox'] as const) {
  test(`${browser} keeps call and styles when the element moves to a popup, and ends the call when the popup closes`, async ({
    startServer,
    visit,
    visitWithFirefox,
  }) => {
    const { server, url } = await startServer()
    const open = browser === 'Firefox' ? visitWithFirefox : visit
    const [ana, bob] = await Promise.all([open(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
    await meet(ana, bob)
    const [before, after] = await ana.page.evaluate(moveToPopup)
    expect(after).toBe(before)
    await bob.waitForMovement()
    expect(await ana.liveTracks()).toBe(2)
    await ana.page.evaluate(closePopup)
    await bob.waitForText('Ana left.')
    await ana.waitForEndedTracks()
    await vi.waitFor(() => expect(server.status().users).toBe(1), 10_000)
  })
}
