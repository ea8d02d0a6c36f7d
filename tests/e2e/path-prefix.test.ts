// A proxy serves Buddy below a path prefix, `/chat/`. Browsers must find the pages, the script and
// the WebSocket there.
import { expect } from 'vitest'
import { RawClient } from '../integration/raw-client.ts'
import { adminToken } from '../server-fixture.ts'
import { test as base } from './fixtures.ts'
import { missingNginxMessage, startNginx } from '../nginx.ts'
import { waitForText } from './operator-page.ts'

if (missingNginxMessage) console.log(missingNginxMessage)

const test = base
  .extend<{
    /**
     * Starts a server and an nginx that serves it below `/chat/`. Resolves with the origin of
     * nginx.
     * @param allowedOrigins the server's setting; by default only its own origin
     */
    readonly startBelow: (allowedOrigins?: readonly string[]) => Promise<string>
  }>({
    startBelow: async ({ startServer }, use) => {
      const stops: (() => Promise<void>)[] = []
      await use(async (allowedOrigins = ['self']) => {
        const { url } = await startServer({
          adminToken,
          allowedOrigins,
          trustedProxies: ['127.0.0.1'],
        })
        const { origin, stop } = await startNginx(url, '/chat/')
        stops.push(stop)
        return origin
      })
      await Promise.all(stops.map((stop) => stop()))
    },
  })
  .skipIf(missingNginxMessage !== undefined)

for (const path of ['/chat/', '/chat']) {
  test(`the page at ${path} loads its style sheet and script, and visitors are matched`, async ({
    startBelow,
    visit,
  }) => {
    const origin = await startBelow()
    const [ana, bob] = await Promise.all([
      visit(`${origin}${path}?mode=text&name=Ana&autostart`),
      visit(`${origin}${path}?mode=text&name=Bob&autostart`),
    ])
    await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
    await ana.waitForText('Bob')
    // The element fills the page only if the page has loaded its style sheet.
    const fills = await ana.page.$eval('buddy-chat', (element) => {
      const { width, height } = element.getBoundingClientRect()
      return width === innerWidth && height === innerHeight
    })
    expect([fills, ana.errors]).toEqual([true, []])
  })
}

test('a page that loads the script from below the prefix finds the server there', async ({
  startBelow,
  hostPage,
  visit,
}) => {
  const origin = await startBelow(['*'])
  const page = await hostPage(
    `<script src="${origin}/chat/buddy-chat.js" defer></script><buddy-chat mode="text" autostart></buddy-chat>`,
  )
  const ana = await visit(page)
  await ana.waitForState('waiting')
  await ana.page.$eval('buddy-chat', (element) => {
    void (element as unknown as { showDoctor(): Promise<void> }).showDoctor()
  })
  await ana.waitForText('Nothing is wrong here')
  expect(ana.errors).toEqual([])
})

for (const path of ['/chat/dashboard', '/chat/dashboard/']) {
  test(`the dashboard at ${path} loads its style sheet and receives data`, async ({
    startBelow,
    visit,
  }) => {
    const origin = await startBelow()
    const ana = await visit(`${origin}/chat/?mode=text&autostart`)
    await ana.waitForState('waiting')
    const page = await ana.page.browserContext().newPage()
    await page.authenticate({ username: 'operator', password: adminToken })
    await page.goto(`${origin}${path}`)
    await page.waitForSelector('body[data-connection="live"]', { timeout: 20_000 })
    expect(page.url()).toBe(`${origin}/chat/dashboard`)
    const isStyled = await page.$eval('.top', (top) => getComputedStyle(top).display !== 'block')
    expect(isStyled).toBe(true)
  })
}

test('the moderation page below the prefix shows reports, and its decisions are accepted', async ({
  startBelow,
  browsers,
}) => {
  const origin = await startBelow()
  const [, reporter] = await RawClient.pair(`${origin}/chat`)
  reporter.send({ type: 'report', reason: 'spam', room: null })
  await reporter.settled()
  const page = await (await browsers.lendChromium()).newPage()
  await page.authenticate({ username: 'operator', password: adminToken })
  await page.goto(`${origin}/chat/moderation/`)
  expect(page.url()).toBe(`${origin}/chat/moderation`)
  await waitForText(page, '.person .reasons', 'Spam × 1')
  await page.click('.person .kinds .dismiss')
  await page.click('.person .primary')
  await waitForText(page, '#reports-empty:not([hidden])', 'No reports wait for a decision.')
})
