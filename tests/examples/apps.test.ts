// The example apps of Vite: each passes its type check, is built as a user would build it, and leads to a call.
import type { Page } from 'puppeteer-core'
import { expect } from 'vitest'
import { test } from '../e2e/fixtures.ts'
import { launchChromium } from '../e2e/browsers.ts'
import { waitForPageText } from '../e2e/page-text.ts'
import { copyExample } from './example-copy.ts'

const frameworks = [
  { name: 'react', component: 'src/app.tsx', interest: 'Spanish' },
  { name: 'vue', component: 'src/App.vue', interest: 'chess' },
  { name: 'svelte', component: 'src/App.svelte', interest: 'poetry' },
]

/** The command by which a user builds an example. */
const build = ['npm', 'run', '--silent', 'build'] as const

/** Starts the chat of an example app, which inserts the element. */
const findPartner = async (page: Page): Promise<void> => {
  const button = await page.waitForSelector('button')
  await button!.click()
}

test.for(frameworks)(
  'examples/$name is built, and two visitors meet; its page receives the events, and removes the element',
  async ({ name, interest }, { startServer, visit, visitWithFirefox }) => {
    const { server, url } = await startServer()
    const example = copyExample(name)
    const { code, output } = await example.run(build, { VITE_BUDDY_SERVER: url })
    expect(code, output).toBe(0)
    const site = await example.serve()

    const openSecond = process.env['BUDDY_FIREFOX'] ? visitWithFirefox : visit
    const [ana, bob] = await Promise.all([
      visit(site, {}, findPartner),
      openSecond(site, findPartner),
    ])
    const both = [ana, bob]
    await Promise.all(both.map((visitor) => visitor.waitForState('connected')))
    await Promise.all(both.map((visitor) => visitor.waitForMedia()))
    // The element has received a list as a property.
    await ana.waitForText(interest)
    await waitForPageText(ana.page, 'Partners so far: Stranger')
    expect(server.status()).toMatchObject({ users: 2, matches: 1 })

    await ana.page.click('button')
    await ana.waitForEndedTracks()
    await bob.waitForText('Stranger left.')
    expect([...ana.errors, ...bob.errors]).toEqual([])
  },
)

test.for(frameworks)(
  'the type check of examples/$name refuses a wrong property and a wrong field of an event',
  async ({ name, component }) => {
    const example = copyExample(name)
    example.edit(component, 'autostart', 'autostart="yes"')
    example.edit(component, 'detail.partner.name', 'detail.partner.nickname')
    const { code, output } = await example.run(build)
    expect(code).not.toBe(0)
    expect(output).toContain("Type 'string' is not assignable to type 'boolean | undefined'")
    expect(output).toContain("Property 'nickname' does not exist on type 'Partner'")
  },
)

test('if React in StrictMode mounts a component twice that starts and stops the element, there is one call', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const example = copyExample('react')
  // A function outside the component, because React calls an inline one again after every change of state.
  const keepStarted = `
    let mounts = 0
    function keepStarted(chat) {
      document.body.dataset.mounts = String(++mounts)
      chat.start().catch(() => undefined)
      return () => chat.stop()
    }
  `
  example.edit('src/app.tsx', 'export function App', `${keepStarted}\nexport function App`)
  example.edit('src/app.tsx', 'autostart', 'ref={keepStarted}')
  const env = { VITE_BUDDY_SERVER: url, NODE_ENV: 'development' }
  const { code, output } = await example.run(['node_modules/.bin/vite', 'build'], env)
  expect(code, output).toBe(0)
  const site = await example.serve()

  const both = await Promise.all([visit(site, {}, findPartner), visit(site, {}, findPartner)])
  await Promise.all(both.map((visitor) => visitor.waitForState('connected')))
  await Promise.all(both.map((visitor) => visitor.waitForMedia()))
  for (const visitor of both) {
    expect(await visitor.page.evaluate(() => document.body.dataset['mounts'])).toBe('2')
    expect(await visitor.liveTracks()).toBe(2)
    expect((await visitor.record()).events).toHaveLength(1)
  }
  expect(server.status()).toMatchObject({ users: 2, matches: 1 })
})

test('examples/headless is built, and two visitors meet and exchange texts', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const example = copyExample('headless')
  const { code, output } = await example.run(build, { VITE_BUDDY_SERVER: url })
  expect(code, output).toBe(0)
  const site = await example.serve()

  const browsers = await Promise.all([launchChromium(), launchChromium()])
  try {
    const pages = await Promise.all(browsers.map((browser) => browser.newPage()))
    await Promise.all(pages.map((page) => page.goto(site)))
    for (const page of pages) await page.click('#start')
    await Promise.all(pages.map(waitForFrames))
    const [ana, bob] = pages as [Page, Page]
    await ana.type('#text', 'Hello')
    await ana.keyboard.press('Enter')
    await waitForPageText(bob, 'Your partner: Hello')
    await waitForPageText(ana, 'You: Hello')
    expect(server.status()).toMatchObject({ users: 2, matches: 1 })

    await ana.click('#stop')
    await waitForPageText(ana, 'Press Start to meet someone.')
    await waitForPageText(bob, 'Waiting for a partner')
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()))
  }
})

/** Resolves when the page has shown ten frames of the partner's video. */
const waitForFrames = (page: Page): Promise<unknown> =>
  page.waitForFunction(
    () =>
      document.querySelector<HTMLVideoElement>('#theirs')!.getVideoPlaybackQuality()
        .totalVideoFrames >= 10,
    { polling: 100 },
  )
