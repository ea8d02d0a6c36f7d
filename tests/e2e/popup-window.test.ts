// The page opens a popup window and moves the element into it.
import { expect, vi } from 'vitest'
import { isFullBrowserRun } from '../full-browser-run.ts'
import { test } from './fixtures.ts'
import { meet } from './visitor.ts'

/**
 * Moves the element to a popup. Returns the colour of its Stop button before and after the move.
 */
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

for (const browser of isFullBrowserRun
  ? (['Chromium', 'Firefox'] as const)
  : (['Chromium'] as const)) {
  test(`${browser}: a call and its styles survive a move of the element to a popup; closing the popup ends the call`, async ({
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
