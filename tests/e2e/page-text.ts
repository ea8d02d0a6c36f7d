import type { Page } from 'puppeteer-core'

/**
 * Resolves when the page itself, outside `<buddy-chat>`, shows `text`. Puppeteer's own selector for texts
 * caches them, and misses changes.
 */
export async function waitForPageText(page: Page, text: string): Promise<void> {
  try {
    await page.waitForFunction(
      (wanted) => document.body.innerText.includes(wanted),
      { polling: 100 },
      text,
    )
  } catch (cause) {
    const shown = await page.evaluate(() => document.body.innerText)
    throw new Error(`Timed out waiting for "${text}". The page shows: ${shown}`, { cause })
  }
}
