// Fixtures of the e2e tests. All that a test starts is closed after the test, whether it passed or
// failed.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'puppeteer-core'
import { test as base } from './browser-pool.ts'
import type { ChromiumTraits } from './browsers.ts'
import { Visitor } from './visitor.ts'

interface Fixtures {
  /**
   * Opens `url` in a Chromium process of its own. `traits` are its devices and permissions; `insert` makes the page
   * insert the element, if it does so later.
   */
  readonly visit: (
    url: string,
    traits?: ChromiumTraits,
    insert?: (page: Page) => Promise<void>,
  ) => Promise<Visitor>
  /** Opens `url` in a Firefox process of its own. */
  readonly visitWithFirefox: (
    url: string,
    insert?: (page: Page) => Promise<void>,
  ) => Promise<Visitor>
  /**
   * Serves `html` at a new origin, as if it was the page of an embedding site. Resolves with its
   * URL.
   */
  readonly hostPage: (html: string) => Promise<string>
}

export const test = base.extend<Fixtures>({
  visit: async ({ browsers }, use) => {
    await use(async (url, traits, insert) =>
      Visitor.open(await browsers.lendChromium(traits), url, insert),
    )
  },
  visitWithFirefox: async ({ browsers }, use) => {
    await use(async (url, insert) => Visitor.open(await browsers.lendFirefox(), url, insert))
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  hostPage: async ({}, use) => {
    const hosts: ReturnType<typeof createServer>[] = []
    await use(async (html) => {
      const host = createServer((_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html)
      })
      hosts.push(host)
      await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
      return `http://127.0.0.1:${(host.address() as AddressInfo).port}/`
    })
    for (const host of hosts) host.closeAllConnections()
    await Promise.all(hosts.map((host) => new Promise((resolve) => host.close(resolve))))
  },
})

/**
 * Returns the HTML of an embedding page: the script of the server at `serverUrl`, and one element
 * with `attributes`.
 */
export const chatPage = (serverUrl: string, attributes = ''): string =>
  `<!doctype html><title>A site</title><script src="${serverUrl}/buddy-chat.js"></script>
   <style>buddy-chat { height: 400px }</style><buddy-chat ${attributes}></buddy-chat>`
