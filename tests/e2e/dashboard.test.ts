// The operator's page, in a real Chromium against a server in which things happen.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'puppeteer-core'
import { expect } from 'vitest'
import { RawClient } from '../integration/raw-client.ts'
import { test as base } from '../server-fixture.ts'
import { freePort } from '../server-process.ts'
import { launchChromium } from './browsers.ts'

const adminToken = 'the-token-of-these-tests-0123456789abcdef'
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Longer than a test takes to look, and short enough for a failed one to be over. */
const longMs = 20_000

interface Visit {
  readonly page: Page
  /** What the page complained of: uncaught errors, and what the policy refused. */
  readonly complaints: readonly string[]
}

const test = base.extend<{
  /** Opens a page with the token at hand, as a browser that has been given it. */
  readonly open: (url: string, token?: string) => Promise<Visit>
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  open: async ({}, use) => {
    const browsers: Browser[] = []
    await use(async (url, token = adminToken) => {
      const browser = await launchChromium()
      browsers.push(browser)
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      await page.exposeFunction('complain', (text: string) => complaints.push(text))
      await page.evaluateOnNewDocument(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
          const { complain } = window as unknown as { complain: (text: string) => void }
          complain(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`)
        })
      })
      if (token) await page.authenticate({ username: 'operator', password: token })
      await page.goto(`${url}/dashboard`)
      return { page, complaints }
    })
    await Promise.all(browsers.map((browser) => browser.close()))
  },
})

/** Resolves once the text of an element is this. */
async function shows(page: Page, selector: string, text: string | RegExp): Promise<void> {
  const isExact = typeof text === 'string'
  try {
    await page.waitForFunction(
      (where, wanted, exact) => {
        const shown = document.querySelector<HTMLElement>(where)?.innerText.trim() ?? ''
        return exact ? shown === wanted : new RegExp(wanted, 's').test(shown)
      },
      { polling: 50, timeout: 20_000 },
      selector,
      isExact ? text : text.source,
      isExact,
    )
  } catch (cause) {
    const shown = await page
      .$eval(selector, (element) => (element as HTMLElement).innerText)
      .catch(() => '(nothing)')
    throw new Error(`${selector} does not show ${String(text)} but ${shown}`, { cause })
  }
}

const isConnection = (page: Page, state: string): Promise<unknown> =>
  page.waitForFunction(
    (wanted) => document.body.dataset['connection'] === wanted,
    { polling: 50, timeout: 30_000 },
    state,
  )

/** Resolves once the plots have been drawn with so many samples. */
const hasSamples = (page: Page, count: number): Promise<unknown> =>
  page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll<HTMLElement>('.plot')].every(
        (plot) => Number(plot.dataset['points']) >= wanted,
      ),
    { polling: 50, timeout: 30_000 },
    count,
  )

/** How many pixels of its first curve's colour each plot has, and how high up the highest is (0 to 1). */
function drawn(page: Page): Promise<Record<string, { pixels: number; height: number }>> {
  return page.evaluate(() => {
    const result: Record<string, { pixels: number; height: number }> = {}
    for (const plot of document.querySelectorAll<HTMLElement>('.plot')) {
      const curve = plot.querySelector('.curve')?.classList.item(1) ?? ''
      const colour = getComputedStyle(document.documentElement).getPropertyValue(`--${curve}`)
      const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
        Number.parseInt(colour.trim().slice(at, at + 2), 16),
      )
      const canvas = plot.querySelector('canvas')!
      const { width, height } = canvas
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height)
      let pixels = 0
      let top = height
      for (let at = 0; at < data.length; at += 4) {
        const off =
          Math.abs(data[at]! - red) +
          Math.abs(data[at + 1]! - green) +
          Math.abs(data[at + 2]! - blue)
        if (data[at + 3]! < 250 || off > 12) continue
        pixels++
        top = Math.min(top, Math.floor(at / 4 / width))
      }
      result[plot.id] = { pixels, height: 1 - top / height }
    }
    return result
  })
}

/** What an accessibility audit finds, as lines. */
async function audit(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { axe: auditor } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await auditor.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
}

const sites = [
  { key: 'cafe', allowedOrigins: ['https://cafe.example'], maxUsers: 5 },
  {
    key: 'a-site-with-a-key-as-long-as-a-key-may-be_0123456789.0123456789ab',
    allowedOrigins: ['https://long.example'],
  },
]

/** Four in two rooms of the café's five, one waiting at home, three kinds of refusals. */
async function makeBusy(url: string): Promise<RawClient[]> {
  const people: RawClient[] = []
  for (let count = 0; count < 4; count++) {
    const person = await RawClient.connect(url, { origin: 'https://cafe.example' })
    person.sendHello({ site: 'cafe' })
    await person.receive('welcome')
    person.enter()
    people.push(person)
  }
  await Promise.all(people.map((person) => person.receive('matched')))
  for (const person of people) person.send({ type: 'text', text: 'x'.repeat(4000) })
  await Promise.all(people.map((person) => person.receive('text')))
  const alone = await RawClient.join(url, 'Alone')
  alone.enter()
  await alone.receive('waiting')
  for (const knock of [
    { origin: 'https://thief.example' },
    { origin: 'https://thief.example' },
    { protocols: ['buddy.v9'] },
  ]) {
    await (await RawClient.connect(url, knock)).closed()
  }
  const lost = await RawClient.connect(url)
  lost.sendHello({ site: 'no-such-site' })
  await lost.closed()
  return [...people, alone]
}

const busyOptions = { adminToken, sites, allowedOrigins: ['https://home.example'], maxUsers: 20 }

test('without the token it is closed: 401, and the browser asks for it', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer({ adminToken })
  for (const path of ['/dashboard', '/dashboard/data']) {
    const answer = await fetch(url + path)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Buddy", charset="UTF-8"')
    expect(await answer.text()).not.toMatch(/users|samples/i)
  }
  // A browser without a window for its dialog gives up.
  await expect(open(url, '')).rejects.toThrow('ERR_INVALID_AUTH_CREDENTIALS')
  const { page } = await open(url, `not-${adminToken}`)
  expect(await page.$('main')).toBeNull()
  expect(await page.$eval('body', ({ innerText }) => innerText)).toContain('unauthorized')
})

test('with the token it opens, also where an address holds it', async ({ startServer, open }) => {
  const { url } = await startServer({ adminToken })
  const { page, complaints } = await open(url)
  await isConnection(page, 'live')
  await shows(page, '#health', 'Healthy')
  const withToken = await open(url.replace('//', `//operator:${adminToken}@`), '')
  await isConnection(withToken.page, 'live')
  expect([...complaints, ...withToken.complaints]).toEqual([])
})

test('figures and plots change when people come, are matched and write', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(busyOptions)
  const { page } = await open(url)
  await shows(page, '#users', '0')
  await shows(page, '#wait-foot', 'no match yet')
  await hasSamples(page, 2)
  const empty = await drawn(page)
  const people = await makeBusy(url)

  await shows(page, '#users', '5')
  await shows(page, '#users-of', 'of 20')
  await shows(page, '#users-load', '25 %')
  await shows(page, '#rooms', '2')
  await shows(page, '#waiting', '1')
  await shows(page, '#matches', '2')
  await shows(page, '#wait-p50', /\d ms$/)
  await shows(page, '#plot-users [data-series="users"] .current', '5')
  await shows(page, '#plot-frames .current', /^0$/)
  const full = await drawn(page)
  for (const [id, { pixels }] of Object.entries(full)) expect(pixels, id).toBeGreaterThan(20)
  for (const id of ['plot-users', 'plot-matches', 'plot-frames', 'plot-bytes']) {
    expect(full[id]!.height, id).toBeGreaterThan(empty[id]!.height + 0.2)
  }
  expect(empty['plot-wait']!.pixels).toBe(0)

  people[0]!.tcp.destroy()
  await shows(page, '#away', '1')
  await people[4]!.leave()
  await shows(page, '#users', '4')
  await shows(page, '#waiting', '0')
})

test('sites show how full they are, refusals what happened and where it came from', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(busyOptions)
  const { page } = await open(url)
  await shows(page, '#refusals-empty', 'Nobody has been turned away.')
  await makeBusy(url)
  await shows(page, '#sites tbody tr:first-child', /^cafe\s+4 of 5\s+0\s+2$/)
  await shows(page, '#sites [data-key=""]', /^\(this server\)\s+1 of 20\s+1\s+0$/)
  expect(
    await page.$eval('#sites [data-key="cafe"] .load', (bar) => bar.getAttribute('data-level')),
  ).toBe('busy')
  await shows(
    page,
    '#refusals [data-reason="origin-not-allowed"]',
    /^The page’s origin is not on the list\s+origin-not-allowed · latest from https:\/\/thief\.example\s+2\s+(just now|\d+ s ago)$/,
  )
  await shows(page, '#refusals [data-reason="unsupported-version"] .count', '1')
  await shows(page, '#refusals [data-reason="unknown-site"] .count', '1')
})

test('its policy is strict, is kept, and is in force', async ({ startServer, open }) => {
  const { url } = await startServer(busyOptions)
  await makeBusy(url)
  const { page, complaints } = await open(url)
  await hasSamples(page, 2)
  await page.hover('#plot-users .u-over')
  await page.waitForSelector('#plot-users .readout', { visible: true })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
  await page.setViewport({ width: 390, height: 800 })
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
  expect(complaints).toEqual([])

  const authorization = `Bearer ${adminToken}`
  const { headers } = await fetch(`${url}/dashboard`, { headers: { authorization } })
  const policy = headers.get('content-security-policy') ?? ''
  for (const directive of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    "frame-ancestors 'none'",
  ]) {
    expect(policy.split('; ')).toContain(directive)
  }
  expect(policy).not.toContain('unsafe')
  // A breach would be refused, and seen by this test.
  const refused = await page.evaluate(() => {
    try {
      document.body.innerHTML += '<i></i>'
      return false
    } catch {
      return true
    }
  })
  expect(refused).toBe(true)
  await expect.poll(() => complaints.length).toBeGreaterThan(0)
})

test('a person who cannot see, or sees little, can use it: light and dark, empty and full', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(busyOptions)
  const { page } = await open(url)
  await isConnection(page, 'live')
  expect(await audit(page)).toEqual([])
  await makeBusy(url)
  await shows(page, '#users', '5')
  await page.waitForSelector('#refusals [data-reason="unknown-site"]', { visible: true })
  for (const scheme of ['light', 'dark']) {
    for (const width of [390, 1280]) {
      await page.setViewport({ width, height: 800 })
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      expect(await audit(page), `${scheme} ${width}`).toEqual([])
    }
  }
  await shows(page, '#plot-users [data-series="users"] .current', '5')
  const label = await page.$eval('#plot-users [role=img]', (plot) => plot.ariaLabel)
  expect(label).toMatch(/^Users, waiting and rooms, now: Users 5, Waiting 1, Rooms 2\. Highest 5/)
})

test('on a phone nothing is cut off and nothing scrolls sideways', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(busyOptions)
  await makeBusy(url)
  const { page } = await open(url)
  await hasSamples(page, 2)
  for (const width of [320, 390, 768]) {
    await page.setViewport({ width, height: 700, isMobile: true, hasTouch: true })
    // The plots follow the size a moment later.
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll('.plot')].every(
          (plot) =>
            plot.querySelector('.uplot')!.getBoundingClientRect().right <=
            plot.getBoundingClientRect().right,
        ),
      { polling: 50 },
    )
    // Not `innerWidth`: a phone zooms out until everything fits.
    const tooWide = await page.evaluate((screenWidth) => {
      const all = [...document.querySelectorAll<HTMLElement>('body, main *')]
      return {
        page: document.documentElement.scrollWidth - screenWidth,
        cut: all
          .filter((element) => element.matches('.tile, .tile *, figcaption *, .scroller'))
          .filter((element) => element.scrollWidth > element.clientWidth + 1)
          .filter((element) => getComputedStyle(element).display !== 'inline')
          .map((element) => `${element.id || element.className} ${element.innerText}`),
      }
    }, width)
    expect(tooWide, `${width}`).toEqual({ page: 0, cut: [] })
  }
})

test('the keyboard reaches what scrolls and what can be pressed', async ({ startServer, open }) => {
  const { url, server } = await startServer(busyOptions)
  await makeBusy(url)
  const { page } = await open(url)
  await isConnection(page, 'live')
  const focused = (): Promise<string | null> =>
    page.evaluate(() => {
      const { activeElement } = document
      return activeElement?.id || (activeElement?.getAttribute('aria-labelledby') ?? null)
    })
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('sites-heading')
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
  expect(outline).toBe('solid')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('refusals-heading')

  const renewed = { adminToken: 'another-token-of-these-tests-0123456789', shutdownTimeoutMs: 0 }
  server.reload({ ...busyOptions, ...renewed })
  await isConnection(page, 'signed-out')
  await shows(page, '#notice', /You are signed out\. To sign in again: reload\..*Reload/)
  await page.focus('#reload')
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  expect(await page.$('main')).toBeNull()
})

test('a server that drains says so; one that is gone is waited for, and found again', async ({
  startServer,
  open,
}) => {
  const port = await freePort()
  const options = { ...busyOptions, port, shutdownTimeoutMs: longMs }
  const { url, server } = await startServer(options)
  const people = await makeBusy(url)
  const { page } = await open(url)
  await isConnection(page, 'live')
  const closing = server.close()
  await shows(page, '#health', 'Draining')
  await shows(page, '#notice', /^Draining: nobody new is let in/)
  for (const person of people.slice(0, 4)) person.tcp.destroy()
  await closing
  await isConnection(page, 'silent')
  await shows(page, '#notice', /^No answer since \d\d:\d\d:\d\d\. Trying again …$/)
  // What is old looks it.
  expect(await page.$eval('main', (main) => getComputedStyle(main).filter)).toBe('grayscale(1)')
  await startServer({ adminToken, port })
  await isConnection(page, 'live')
  await shows(page, '#health', 'Healthy')
  await shows(page, '#users', '0')
  await shows(page, '#notice', '')
})
