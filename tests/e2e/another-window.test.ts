// The element in a window of its own that its page has opened.
import { expect, vi } from 'vitest'
import { test } from './fixtures.ts'

/** Moves the element to a popup. Returns the colour of its Stop button, here and there. */
function moveToPopup(): [string, string] {
  const chat = document.querySelector('buddy-chat')!
  const colour = (): string =>
    getComputedStyle(chat.shadowRoot!.querySelector('[part~="stop-button"]')!).backgroundColor
  const here = colour()
  const popup = window.open('about:blank', '', 'width=600,height=500')!
  Object.assign(window, { popup })
  popup.document.body.append(chat)
  return [here, colour()]
}

const closePopup = (): void => (window as unknown as { popup: Window }).popup.close()

for (const browser of ['Chromium', 'Firefox'] as const) {
  test(`${browser}: moved to a popup the call goes on in its own style; when the popup closes, everything ends`, async ({
    startServer,
    visit,
    visitWithFirefox,
  }) => {
    const { server, url } = await startServer()
    const open = browser === 'Firefox' ? visitWithFirefox : visit
    const [ana, bob] = await Promise.all([open(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
    await Promise.all([ana.press('start-button'), bob.press('start-button')])
    await Promise.all([ana.is('connected'), bob.is('connected')])
    const [here, there] = await ana.page.evaluate(moveToPopup)
    expect(there).toBe(here)
    await bob.seesMovement()
    expect(await ana.liveTracks()).toBe(2)
    await ana.page.evaluate(closePopup)
    await bob.sees('Ana left.')
    await ana.isNotRecorded()
    await vi.waitFor(() => expect(server.status().users).toBe(1), 10_000)
  })
}
