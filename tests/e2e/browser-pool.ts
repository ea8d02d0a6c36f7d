// Lends browsers to tests. A start of a browser takes seconds, so a browser that a test has given back is
// lent to the next one, with a new browser context: no cookie, permission, cache or page is left of the
// test before.
import type { Browser, BrowserContext } from 'puppeteer-core'
import { test as base } from '../server-fixture.ts'
import type { ChromiumTraits } from './browsers.ts'
import { launchChromium, launchFirefox } from './browsers.ts'

interface Lent {
  readonly browser: Browser
  readonly context: BrowserContext
  /** The list to which the browser returns. */
  readonly free: Browser[]
}

/** The browsers that a worker has started. Nobody else uses a browser while it is lent. */
class BrowserPool {
  /** The browsers that nobody uses now, by their kind and traits. */
  readonly #free = new Map<string, Browser[]>()
  readonly #lent = new Set<Lent>()

  /** Lends a new context of a Chromium with these traits, in a process that nobody else uses. */
  lendChromium(traits: ChromiumTraits = {}): Promise<BrowserContext> {
    const { grants = true, cameras = 1 } = traits
    return this.#lend(`Chromium ${grants} ${cameras}`, () => launchChromium({ grants, cameras }))
  }

  /** Lends a new context of a Firefox, in a process that nobody else uses. */
  lendFirefox(): Promise<BrowserContext> {
    return this.#lend('Firefox', () => launchFirefox())
  }

  /** Takes back all browsers that are lent. Closes everything that the test has opened in them. */
  async takeBack(): Promise<void> {
    const lent = [...this.#lent]
    this.#lent.clear()
    await Promise.all(
      lent.map(async ({ browser, context, free }) => {
        if (!browser.connected) return
        await context.close()
        free.push(browser)
      }),
    )
  }

  async close(): Promise<void> {
    await this.takeBack()
    const all = [...this.#free.values()].flat()
    this.#free.clear()
    await Promise.all(all.map((browser) => browser.close()))
  }

  async #lend(kind: string, launch: () => Promise<Browser>): Promise<BrowserContext> {
    const free = this.#free.get(kind) ?? []
    this.#free.set(kind, free)
    const browser = free.pop() ?? (await launch())
    const context = await browser.createBrowserContext()
    this.#lent.add({ browser, context, free })
    return context
  }
}

// One for all files that a worker runs: e2e tests are not isolated, so that they share this module.
const shared = new BrowserPool()

/** Tests in browsers. */
export const test = base.extend<{ readonly pool: BrowserPool; readonly browsers: BrowserPool }>({
  pool: [
    // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
    async ({}, use) => {
      await use(shared)
      // The worker has run its last file.
      await shared.close()
    },
    { scope: 'worker' },
  ],
  browsers: async ({ pool }, use) => {
    await use(pool)
    await pool.takeBack()
  },
})
