// What an e2e test starts, and what is therefore ended after it, whether it passed or not.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'puppeteer-core'
import { test as base } from '../server-fixture.ts'
import type { ChromiumTraits } from './browsers.ts'
import { launchChromium, launchFirefox } from './browsers.ts'
import { Person } from './person.ts'

interface Fixtures {
  /** Somebody with a Chromium process of their own. */
  readonly visit: (url: string, traits?: ChromiumTraits) => Promise<Person>
  /** Somebody with Firefox. */
  readonly visitWithFirefox: (url: string) => Promise<Person>
  /** A page of somebody else's, at an origin of its own. */
  readonly hostPage: (html: string) => Promise<string>
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  visit: async ({}, use) => {
    const browsers: Browser[] = []
    await use(async (url, traits) => {
      const browser = await launchChromium(traits)
      browsers.push(browser)
      return Person.visit(browser, url)
    })
    await Promise.all(browsers.map((browser) => browser.close()))
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  visitWithFirefox: async ({}, use) => {
    const browsers: Browser[] = []
    await use(async (url) => {
      const browser = await launchFirefox()
      browsers.push(browser)
      return Person.visit(browser, url)
    })
    await Promise.all(browsers.map((browser) => browser.close()))
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
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
