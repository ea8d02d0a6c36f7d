// The server below a path of a site, as `/chat/`: its pages, its script and its socket are found there.
import { expect } from 'vitest'
import { test as base } from './fixtures.ts'
import { noNginx, startNginx } from './nginx.ts'

if (noNginx) console.log(noNginx)

const adminToken = 'the-token-of-these-tests-0123456789abcdef'

const test = base
  .extend<{
    /** A server below `/chat/` of an nginx, for its own pages unless others are named; resolves to the origin of that. */
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
  .skipIf(noNginx !== undefined)

for (const path of ['/chat/', '/chat']) {
  test(`the page at ${path} loads all it needs, and people meet`, async ({ startBelow, visit }) => {
    const origin = await startBelow()
    const [ana, bob] = await Promise.all([
      visit(`${origin}${path}?mode=text&name=Ana&autostart`),
      visit(`${origin}${path}?mode=text&name=Bob&autostart`),
    ])
    await Promise.all([ana.is('connected'), bob.is('connected')])
    await ana.sees('Bob')
    // The style sheet is there too: the element fills the page.
    const fills = await ana.page.$eval('buddy-chat', (element) => {
      const { width, height } = element.getBoundingClientRect()
      return width === innerWidth && height === innerHeight
    })
    expect([fills, ana.complaints]).toEqual([true, []])
  })
}

test('another page takes the script from below the prefix, and its server is there', async ({
  startBelow,
  hostPage,
  visit,
}) => {
  const origin = await startBelow(['*'])
  const page = await hostPage(
    `<script src="${origin}/chat/buddy-chat.js" defer></script><buddy-chat mode="text" autostart></buddy-chat>`,
  )
  const ana = await visit(page)
  await ana.is('waiting')
  await ana.page.$eval('buddy-chat', (element) => {
    void (element as unknown as { showDoctor(): Promise<void> }).showDoctor()
  })
  await ana.sees('Nothing is wrong here')
  expect(ana.complaints).toEqual([])
})

for (const path of ['/chat/dashboard', '/chat/dashboard/']) {
  test(`the dashboard at ${path} is live`, async ({ startBelow, visit }) => {
    const origin = await startBelow()
    const ana = await visit(`${origin}/chat/?mode=text&autostart`)
    await ana.is('waiting')
    const page = await ana.page.browserContext().newPage()
    await page.authenticate({ username: 'operator', password: adminToken })
    await page.goto(`${origin}${path}`)
    await page.waitForSelector('body[data-connection="live"]', { timeout: 20_000 })
    expect(page.url()).toBe(`${origin}/chat/dashboard`)
    const isStyled = await page.$eval('.top', (top) => getComputedStyle(top).display !== 'block')
    expect(isStyled).toBe(true)
  })
}
