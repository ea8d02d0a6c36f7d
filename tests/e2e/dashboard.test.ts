// The operator's dashboard in a real Chromium. The server that it shows has connected clients.
import type { Page } from 'puppeteer-core'
import type { Status } from '@buddy-chat/server'
import { expect, onTestFinished } from 'vitest'
import {
  missingRedisMessage,
  RedisServer,
} from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { RawClient } from '../integration/raw-client.ts'
import { adminToken } from '../server-fixture.ts'
import { freePort, prepareServerProcess, secretKey } from '../server-process.ts'
import { audit, test, waitForConnection, waitForText } from './operator-page.ts'

/** Long enough for the assertions of a test, and short enough that a failed test soon ends. */
const shutdownTimeoutMs = 20_000

/** Resolves when every plot has been drawn with at least `count` samples. */
const waitForSamples = (page: Page, count: number): Promise<unknown> =>
  page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll<HTMLElement>('.plot')].every(
        (plot) => Number(plot.dataset['points']) >= wanted,
      ),
    { polling: 50, timeout: 30_000 },
    count,
  )

/**
 * Returns for each plot how many pixels have the colour of its first curve, and how high the
 * highest of these pixels is (0 to 1).
 */
function measurePlots(page: Page): Promise<Record<string, { pixels: number; height: number }>> {
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
        const difference =
          Math.abs(data[at]! - red) +
          Math.abs(data[at + 1]! - green) +
          Math.abs(data[at + 2]! - blue)
        if (data[at + 3]! < 250 || difference > 12) continue
        pixels++
        top = Math.min(top, Math.floor(at / 4 / width))
      }
      result[plot.id] = { pixels, height: 1 - top / height }
    }
    return result
  })
}

const sites = [
  { key: 'cafe', allowedOrigins: ['https://cafe.example'], maxUsers: 5 },
  {
    key: 'a-site-with-a-key-as-long-as-a-key-may-be_0123456789.0123456789ab',
    allowedOrigins: ['https://long.example'],
  },
]

/**
 * Connects five clients to the server at `url` and causes three kinds of refusals. Four clients are
 * in two rooms of the site `cafe`, which admits five users. One client belongs to no site and waits
 * in the queue.
 */
async function makeBusy(url: string): Promise<RawClient[]> {
  const clients: RawClient[] = []
  for (let count = 0; count < 4; count++) {
    const client = await RawClient.connect(url, { origin: 'https://cafe.example' })
    client.sendHello({ site: 'cafe' })
    await client.receive('welcome')
    client.enter()
    clients.push(client)
  }
  await Promise.all(clients.map((client) => client.receive('matched')))
  for (const client of clients) client.send({ type: 'text', text: 'x'.repeat(4000) })
  await Promise.all(clients.map((client) => client.receive('text')))
  const alone = await RawClient.join(url, 'Alone')
  alone.enter()
  await alone.receive('waiting')
  for (const refused of [
    { origin: 'https://thief.example' },
    { origin: 'https://thief.example' },
    { protocols: ['buddy.v9'] },
  ]) {
    await (await RawClient.connect(url, refused)).closed()
  }
  const unknownSite = await RawClient.connect(url)
  unknownSite.sendHello({ site: 'no-such-site' })
  await unknownSite.closed()
  return [...clients, alone]
}

if (missingRedisMessage) console.log(missingRedisMessage)

const busyOptions = { adminToken, sites, allowedOrigins: ['https://home.example'], maxUsers: 20 }

test('answers 401 with a login prompt to a request without the token', async ({
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
  // A headless browser cannot show the login prompt, so that the navigation fails.
  await expect(open(url, '')).rejects.toThrow('ERR_INVALID_AUTH_CREDENTIALS')
  const { page } = await open(url, `not-${adminToken}`)
  expect(await page.$('main')).toBeNull()
  expect(await page.$eval('body', ({ innerText }) => innerText)).toContain('unauthorized')
})

test('opens with the token from the login prompt, and with the token from the URL', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer({ adminToken })
  const { page, errors } = await open(url)
  await waitForConnection(page, 'live')
  await waitForText(page, '#health', 'Healthy')
  const withToken = await open(url.replace('//', `//operator:${adminToken}@`), '')
  await waitForConnection(withToken.page, 'live')
  expect([...errors, ...withToken.errors]).toEqual([])
})

test('updates figures and plots when users connect, are matched and send texts', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(busyOptions)
  const { page } = await open(url)
  await waitForText(page, '#users', '0')
  await waitForText(page, '#wait-foot', 'no match yet')
  await waitForSamples(page, 2)
  const empty = await measurePlots(page)
  const clients = await makeBusy(url)

  await waitForText(page, '#users', '5')
  await waitForText(page, '#users-of', 'of 20')
  await waitForText(page, '#users-load', '25 %')
  await waitForText(page, '#rooms', '2')
  await waitForText(page, '#waiting', '1')
  await waitForText(page, '#matches', '2')
  await waitForText(page, '#wait-p50', /\d ms$/)
  await waitForText(page, '#plot-users [data-series="users"] .current', '5')
  await waitForText(page, '#plot-frames .current', /^0$/)
  const full = await measurePlots(page)
  for (const [id, { pixels }] of Object.entries(full)) expect(pixels, id).toBeGreaterThan(20)
  for (const id of ['plot-users', 'plot-matches', 'plot-frames', 'plot-bytes']) {
    expect(full[id]!.height, id).toBeGreaterThan(empty[id]!.height + 0.2)
  }
  expect(empty['plot-wait']!.pixels).toBe(0)

  clients[0]!.tcp.destroy()
  await waitForText(page, '#away', '1')
  await clients[4]!.leave()
  await waitForText(page, '#users', '4')
  await waitForText(page, '#waiting', '0')
})

test('shows the load of each site, and the reason, the origin and the time of refusals', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(busyOptions)
  const { page } = await open(url)
  await waitForText(page, '#refusals-empty', 'No refusals since the start.')
  await makeBusy(url)
  await waitForText(page, '#sites tbody tr:first-child', /^cafe\s+4 of 5\s+0\s+2$/)
  await waitForText(page, '#sites [data-key=""]', /^\(this server\)\s+1 of 20\s+1\s+0$/)
  expect(
    await page.$eval('#sites [data-key="cafe"] .load', (bar) => bar.getAttribute('data-level')),
  ).toBe('busy')
  await waitForText(
    page,
    '#refusals [data-reason="origin-not-allowed"]',
    /^The page’s origin is not allowed\s+origin-not-allowed · latest from https:\/\/thief\.example\s+2\s+(just now|\d+ s ago)$/,
  )
  await waitForText(page, '#refusals [data-reason="unsupported-version"] .count', '1')
  await waitForText(page, '#refusals [data-reason="unknown-site"] .count', '1')
})

test('has a strict content security policy, which the browser enforces and the page does not violate', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(busyOptions)
  await makeBusy(url)
  const { page, errors } = await open(url)
  await waitForSamples(page, 2)
  await page.hover('#plot-users .u-over')
  await page.waitForSelector('#plot-users .readout', { visible: true })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
  await page.setViewport({ width: 390, height: 800 })
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
  expect(errors).toEqual([])

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
  // Checks that the browser blocks a violation, and that the test would have recorded one.
  const refused = await page.evaluate(() => {
    try {
      document.body.innerHTML += '<i></i>'
      return false
    } catch {
      return true
    }
  })
  expect(refused).toBe(true)
  await expect.poll(() => errors.length).toBeGreaterThan(0)
})

test('passes an accessibility audit in light and dark mode, on phone and desktop, without and with data', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(busyOptions)
  const { page } = await open(url)
  await waitForConnection(page, 'live')
  expect(await audit(page)).toEqual([])
  await makeBusy(url)
  await waitForText(page, '#users', '5')
  await page.waitForSelector('#refusals [data-reason="unknown-site"]', { visible: true })
  for (const scheme of ['light', 'dark']) {
    for (const width of [390, 1280]) {
      await page.setViewport({ width, height: 800 })
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      expect(await audit(page), `${scheme} ${width}`).toEqual([])
    }
  }
  await waitForText(page, '#plot-users [data-series="users"] .current', '5')
  const label = await page.$eval('#plot-users [role=img]', (plot) => plot.ariaLabel)
  expect(label).toMatch(/^Users, waiting and rooms, now: Users 5, Waiting 1, Rooms 2\. Highest 5/)
})

test('cuts off no text and does not scroll sideways on a phone', async ({ startServer, open }) => {
  const { url } = await startServer(busyOptions)
  await makeBusy(url)
  const { page } = await open(url)
  await waitForSamples(page, 2)
  for (const width of [320, 390, 768]) {
    await page.setViewport({ width, height: 700, isMobile: true, hasTouch: true })
    // The page resizes the plots shortly after the window changes its size.
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll('.plot')].every(
          (plot) =>
            plot.querySelector('.uplot')!.getBoundingClientRect().right <=
            plot.getBoundingClientRect().right,
        ),
      { polling: 50 },
    )
    // Compares with the width of the screen. `innerWidth` would be larger if the page did not fit,
    // because a phone then zooms out.
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

test.skipIf(missingRedisMessage)(
  'shows every server that shares a Redis, on phone and desktop, and passes an accessibility audit with them',
  async ({ startServer, open }) => {
    const redis = await RedisServer.start()
    onTestFinished(() => redis.stop())
    const options = { ...busyOptions, redisUrl: redis.url, secretKey }
    const [first, second] = await Promise.all([startServer(options), startServer(options)])
    await makeBusy(first.url)
    const bob = await RawClient.join(second.url, 'Bob')
    const { page, errors } = await open(first.url)
    await waitForText(page, '#nodes-sums', 'All together: 6 users, 1 waiting, 2 rooms')
    // These limits hold for all servers together.
    await waitForText(page, '#rooms-of', 'here, 2 of 100 in all')
    await waitForText(page, '#sites [data-key=""]', /^\(this server\)\s+1 of 20, 2 in all\s+1\s+0$/)
    await waitForText(page, '#sites [data-key="cafe"]', /^cafe\s+4 here, 4 of 5 in all\s+0\s+2$/)
    const status = await fetch(`${first.url}/status`, {
      headers: { authorization: `Bearer ${adminToken}` },
    })
    const { nodes } = (await status.json()) as Status
    const idOf = (isThis: boolean): string => nodes!.find((node) => node.is_this === isThis)!.id
    const figures = String.raw`started \d+ s ago\s+`
    await waitForText(
      page,
      `#nodes [data-key="${idOf(true)}"]`,
      new RegExp(`Healthy this server · [\\d.]+ · ${figures}5 of 20\\s+1\\s+2\\s+just now$`),
    )
    await waitForText(
      page,
      `#nodes [data-key="${idOf(false)}"]`,
      new RegExp(`Healthy [\\d.]+ · ${figures}1 of 20\\s+0\\s+0\\s+just now$`),
    )
    for (const scheme of ['light', 'dark']) {
      for (const width of [360, 1280]) {
        await page.setViewport({ width, height: 800 })
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
        expect(await audit(page), `${scheme} ${width}`).toEqual([])
        const tooWide = await page.$eval(
          '#nodes-card .scroller',
          ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth,
        )
        expect(tooWide, `${scheme} ${width}`).toBeLessThanOrEqual(0)
      }
    }
    const closing = second.server.close()
    await bob.closed()
    await closing
    // The session of Bob still counts, because it may continue at the other server.
    await page.waitForFunction(() => document.querySelectorAll('#nodes tbody tr').length === 1, {
      polling: 50,
    })
    await waitForText(page, '#nodes-sums', 'All together: 6 users, 1 waiting, 2 rooms')

    const third = await prepareServerProcess({ REDIS_URL: redis.url, NODE_NAME: 'chat-3' })
    onTestFinished(() => third.kill())
    await third.start()
    await waitForText(
      page,
      '#nodes tbody tr:last-child',
      /^chat-3\s+Healthy .*\s0 of 200\s+0\s+0\s+just now$/s,
    )
    await third.kill()
    await waitForText(
      page,
      '#nodes tbody tr:last-child',
      /^chat-3\s+Lost .*\s–\s+–\s+–\s+\d+ s ago$/s,
    )
    expect(errors).toEqual([])
  },
)

test('all scrollable regions and buttons can be reached by keyboard', async ({
  startServer,
  open,
}) => {
  const { url, server } = await startServer(busyOptions)
  await makeBusy(url)
  const { page } = await open(url)
  await waitForConnection(page, 'live')
  const focused = (): Promise<string | null> =>
    page.evaluate(() => {
      const { activeElement } = document
      return activeElement?.id || (activeElement?.getAttribute('aria-labelledby') ?? null)
    })
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Moderation')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('sites-heading')
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
  expect(outline).toBe('solid')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('refusals-heading')

  const renewed = { adminToken: 'another-token-of-these-tests-0123456789', shutdownTimeoutMs: 0 }
  server.reload({ ...busyOptions, ...renewed })
  await waitForConnection(page, 'signed-out')
  await waitForText(
    page,
    '#notice',
    /You are signed out\. Reload the page to sign in again\..*Reload/,
  )
  await page.focus('#reload')
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  expect(await page.$('main')).toBeNull()
})

test('shows that the server is draining, and reconnects after the server has stopped and started again', async ({
  startServer,
  open,
}) => {
  const port = await freePort()
  const options = { ...busyOptions, port, shutdownTimeoutMs }
  const { url, server } = await startServer(options)
  const clients = await makeBusy(url)
  const { page } = await open(url)
  await waitForConnection(page, 'live')
  const closing = server.close()
  await waitForText(page, '#health', 'Draining')
  await waitForText(page, '#notice', /^Draining: the server accepts no new users/)
  for (const client of clients.slice(0, 4)) client.tcp.destroy()
  await closing
  await waitForConnection(page, 'offline')
  await waitForText(page, '#notice', /^No response since \d\d:\d\d:\d\d\. Retrying …$/)
  // The dashboard shows outdated data in grey.
  expect(await page.$eval('main', (main) => getComputedStyle(main).filter)).toBe('grayscale(1)')
  await startServer({ adminToken, port })
  await waitForConnection(page, 'live')
  await waitForText(page, '#health', 'Healthy')
  await waitForText(page, '#users', '0')
  await waitForText(page, '#notice', '')
})

test.skipIf(missingRedisMessage)(
  'shows that the server cannot use Redis, and why',
  async ({ startServer, open }) => {
    const port = await freePort()
    const { url } = await startServer({
      adminToken,
      secretKey,
      redisUrl: `redis://127.0.0.1:${port}`,
    })
    const { page } = await open(url)
    await waitForText(
      page,
      '#notice',
      /^No Redis since \d\d:\d\d:\d\d: searches of all sites wait, or find only users of this server\. Redis at 127\.0\.0\.1:\d+ cannot be reached, because nothing listens there/,
    )
    await waitForText(page, '#health', 'No Redis')
    const redis = await RedisServer.startAt(port)
    onTestFinished(() => redis.stop())
    await waitForText(page, '#notice', '')
    await waitForText(page, '#health', 'Healthy')
  },
)
