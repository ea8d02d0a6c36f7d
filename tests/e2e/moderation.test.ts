// The moderation page in a real Chromium. Real clients have reported each other to its server.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { MessageOf } from '@buddy-chat/protocol'
import type { BuddyServerOptions } from '@buddy-chat/server'
import type { Page } from 'puppeteer-core'
import { expect } from 'vitest'
import { RawClient } from '../integration/raw-client.ts'
import { adminToken } from '../server-fixture.ts'
import { freePort } from '../server-process.ts'
import type { Visit } from './operator-page.ts'
import { audit, test as base, waitForConnection, waitForText } from './operator-page.ts'

const sites = [
  { key: 'chess', allowedOrigins: ['https://chess.example'] },
  {
    key: 'a-site-with-a-key-as-long-as-a-key-may-be_0123456789.0123456789',
    allowedOrigins: ['https://long.example'],
  },
]

const options: BuddyServerOptions = {
  adminToken,
  sites,
  allowedOrigins: ['https://home.example'],
  // The rules are off, so that only the operator decides.
  slowAfterReports: 0,
  banAfterReports: 0,
}

const test = base.extend<{ readonly path: string }>({ path: '/moderation' })

type ReportFields = Partial<Pick<MessageOf<'report'>, 'reason' | 'note' | 'still'>>

let lobbies = 0

/** Matches two clients, of whom one reports the other. Resolves with the client that was reported. */
async function report(url: string, fields: ReportFields, site = ''): Promise<RawClient> {
  const lobby = `lobby-${++lobbies}`
  const origin = sites.find(({ key }) => key === site)?.allowedOrigins[0]
  const clients: RawClient[] = []
  for (let count = 0; count < 2; count++) {
    const client = await RawClient.connect(url, origin ? { origin } : {})
    client.sendHello({ site })
    await client.receive('welcome')
    client.enter({ lobby })
    clients.push(client)
  }
  const [reported, reporter] = clients as [RawClient, RawClient]
  await Promise.all(clients.map((client) => client.receive('matched')))
  reporter.send({ type: 'report', reason: 'other', room: null, ...fields })
  await reporter.settled()
  return reported
}

/** Returns the kinds of the server's decisions so far, latest first. */
async function decisionsOf(url: string): Promise<readonly string[]> {
  const headers = { Authorization: `Bearer ${adminToken}` }
  const response = await fetch(`${url}/moderation/decisions`, { headers })
  const { decisions } = (await response.json()) as { decisions: { kind: string }[] }
  return decisions.map(({ kind }) => kind)
}

/** Makes the page load the reports now, as it does when the network is back. */
const refresh = (page: Page): Promise<unknown> =>
  page.evaluate(() => dispatchEvent(new Event('online')))

/** Opens a part of the page by its link. */
async function openPart(page: Page, name: string): Promise<void> {
  await page.click(`nav a[href="#${name}"]`)
  await page.waitForSelector(`#${name}-view:not([hidden])`)
}

/** Opens the page for a server on which somebody was reported, and waits until it shows the report. */
async function openReported(
  url: string,
  open: (url: string) => Promise<Visit>,
  fields: ReportFields = { reason: 'spam' },
): Promise<Page> {
  await report(url, fields)
  const { page } = await open(url)
  await page.waitForSelector('.person')
  return page
}

/** Chooses a ban for good in the form of a card. Resolves when the page asks for a confirmation. */
async function banForGood(page: Page, card = '.person'): Promise<void> {
  await page.click(`${card} .kinds .ban`)
  await page.select(`${card} [name=duration]`, '4')
  await page.click(`${card} .primary`)
  await page.waitForSelector('#confirm[open]')
}

const focusedText = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => {
    const { activeElement } = document
    return activeElement?.getAttribute('aria-label') ?? activeElement?.textContent?.trim()
  })

/** Presses Tab until the focused element has this text or label. Fails if there is none. */
async function tabTo(page: Page, words: string): Promise<void> {
  for (let count = 0; count < 60; count++) {
    await page.keyboard.press('Tab')
    if ((await focusedText(page))?.startsWith(words)) {
      const outline = await page.evaluate(
        () => getComputedStyle(document.activeElement!).outlineStyle,
      )
      expect(outline).toBe('solid')
      return
    }
  }
  throw new Error(`Tab does not reach "${words}"`)
}

test('shows an empty list, then a report as soon as it arrives, and warns that nothing is kept', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(options)
  const { page, errors } = await open(url)
  await waitForText(page, '#reports-empty:not([hidden])', 'No reports wait for a decision.')
  await waitForText(page, '#operator', 'operator')
  await waitForText(page, '#not-persistent:not([hidden])', /memory only.*DATA_DIR/)
  const reported = await report(url, { reason: 'harassment', note: 'Insults me.' })
  await waitForText(page, '.person .meta', /^\(this server\) · 1 reporter, weight \d\.\d · latest/)
  await waitForText(page, '.person .reasons', 'Harassment × 1')
  await waitForText(page, '.person blockquote', 'Insults me.')
  await waitForText(page, '.person .badges', /^Online/)
  await waitForText(page, '#reports-count', '1')
  expect(await page.title()).toBe('(1) Buddy moderation')
  await reported.leave()
  await refresh(page)
  await waitForText(page, '.person .badges', /^Offline/)
  await openPart(page, 'bans')
  await waitForText(page, '#bans-empty:not([hidden])', 'Nobody is banned.')
  await openPart(page, 'decisions')
  await waitForText(page, '#decisions-empty:not([hidden])', 'No decisions yet.')
  await waitForText(page, '#verdict', 'The log is empty.')
  await page.click('a[href="dashboard"]')
  await waitForText(page, 'h1', 'Buddy dashboard')
  await page.click('a[href="moderation"]')
  await waitForText(page, 'h1', 'Buddy moderation')
  expect(errors).toEqual([])
})

test('lists the most urgent first: a minor, then by time, each with only its own reports', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(options)
  await report(url, { reason: 'spam', note: 'first' })
  await report(url, { reason: 'minor', note: 'second' })
  await report(url, { reason: 'nudity', note: 'third' })
  const { page } = await open(url)
  await page.waitForSelector('.person:nth-child(3)')
  const notes = await page.$$eval('.person', (cards) =>
    cards.map((card) => card.querySelector('blockquote')?.textContent),
  )
  expect(notes).toEqual(['second', 'third', 'first'])
})

test('shows what visitors wrote as text, without links, markup or reordering', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(options)
  const note = '<img src=x onerror=alert(1)> https://evil.example\nsecond \u202eline'
  await report(url, { note })
  const { page, errors } = await open(url)
  await page.waitForSelector('blockquote')
  const { text, markup, links } = await page.$eval('blockquote', (quote) => ({
    text: (quote as HTMLElement).innerText,
    markup: quote.querySelectorAll('bdi > *').length,
    links: document.querySelectorAll('.person a').length,
  }))
  expect(text).toMatch(/^<img src=x onerror=alert\(1\)> https:\/\/evil\.example\s+second /)
  expect(text).not.toContain('\u202e')
  expect({ markup, links, errors }).toEqual({ markup: 0, links: 0, errors: [] })
})

test('blurs a picture until the operator presses it, and again after the next press', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(options)
  const { page, errors } = await open(url)
  await waitForConnection(page, 'live')
  const clip = { x: 0, y: 0, width: 80, height: 60 }
  const still = await page.screenshot({ type: 'jpeg', quality: 50, clip, encoding: 'base64' })
  await report(url, { reason: 'nudity', still })
  await refresh(page)
  const button = await page.waitForSelector('.still')
  await page.waitForFunction(
    () => document.querySelector<HTMLImageElement>('.still img')?.naturalWidth === 80,
    { polling: 50 },
  )
  const filter = (): Promise<string> =>
    page.$eval('.still img', (image) => getComputedStyle(image).filter)
  expect(await filter()).toBe('blur(18px) grayscale(1)')
  await button!.click()
  expect(await filter()).toBe('none')
  // The next poll does not blur it again, because the card stays the same.
  await report(url, { reason: 'spam' })
  await refresh(page)
  await page.waitForSelector('.person:nth-child(2)')
  expect(await filter()).toBe('none')
  await button!.focus()
  await page.keyboard.press('Space')
  expect(await filter()).toBe('blur(18px) grayscale(1)')
  expect(errors).toEqual([])
})

test('keeps what the operator types while reports arrive, and while another operator decides', async ({
  startServer,
  open,
}) => {
  const { url, server } = await startServer(options)
  const page = await openReported(url, open, { reason: 'spam', note: 'first' })
  await page.click('.person .warn')
  await page.select('.person [name=reason]', 'threats')
  await page.type('.person textarea', 'Stop ')
  await report(url, { reason: 'minor', note: 'second' })
  await refresh(page)
  await page.waitForSelector('.person:nth-child(2)')
  await page.keyboard.type('it.')
  const form = (): Promise<readonly string[]> =>
    page.$eval('.person:has(form:not([hidden]))', (card) => [
      card.querySelector<HTMLSelectElement>('[name=reason]')!.value,
      card.querySelector('textarea')!.value,
    ])
  expect(await form()).toEqual(['threats', 'Stop it.'])
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')

  const group = server.moderation
    .reports()
    .find(({ reports }) => reports.some(({ note }) => note === 'first'))!
  await server.moderation.decide(
    group.personId,
    { kind: 'dismiss', reason: 'spam', durationMs: null },
    'kim',
  )
  await refresh(page)
  await waitForText(page, '.gone:not(:empty)', /decided meanwhile/)
  expect(await form()).toEqual(['threats', 'Stop it.'])
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => document.querySelectorAll('.person').length === 1)
})

test('bans for good only after a confirmation, dismisses, warns and slows, and logs who did so', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(options)
  const reported: RawClient[] = []
  for (const note of ['a', 'b', 'c', 'd']) reported.push(await report(url, { note }))
  const { page, errors } = await open(url)
  await page.waitForSelector('.person:nth-child(4)')
  const card = (note: string): Promise<string> =>
    page.$$eval(
      '.person',
      (cards, wanted) =>
        cards
          .find((one) => one.querySelector('blockquote')?.textContent === wanted)
          ?.getAttribute('data-person') ?? '',
      note,
    )
  /** Fills in the form of a card, and submits it. */
  const choose = async (note: string, kind: string, more: string): Promise<string> => {
    const selector = `[data-person="${await card(note)}"]`
    await page.click(`${selector} .kinds .${kind}`)
    if (kind !== 'dismiss') await page.select(`${selector} [name=reason]`, 'harassment')
    await page.type(`${selector} textarea`, more)
    await page.click(`${selector} .primary`)
    return selector
  }
  const isGone = (selector: string): Promise<unknown> =>
    page.waitForSelector(selector, { hidden: true })

  await isGone(await choose('a', 'dismiss', 'Unfounded.'))
  await waitForText(page, '#announcement', /^Dismissed: person \S+\. Entry 1 of the log\.$/)
  expect(await focusedText(page)).toBe('Reported people')
  await isGone(await choose('b', 'warn', 'Be kind.'))
  expect(await reported[1]!.receive('measure')).toMatchObject({
    kind: 'warning',
    reason: 'harassment',
    isAutomatic: false,
    statement: 'Be kind.',
  })
  await isGone(await choose('c', 'slow', ''))

  const last = `[data-person="${await card('d')}"]`
  await banForGood(page, last)
  await page.keyboard.press('Escape')
  await page.waitForSelector('#confirm:not([open])')
  expect(await decisionsOf(url)).toEqual(['slow', 'warn', 'dismiss'])
  await page.click(`${last} .primary`)
  await page.waitForSelector('#confirm[open]')
  await page.click('#confirm-yes')
  await isGone(last)
  await waitForText(page, '#reports-empty:not([hidden])', 'No reports wait for a decision.')
  expect(await reported[3]!.receive('measure')).toMatchObject({ kind: 'ban', until: null })

  await page.select('#state', 'decided')
  await page.waitForSelector('.person:nth-child(4)')
  await waitForText(page, `${last} .restrictions`, /Banned for good/)
  await openPart(page, 'decisions')
  await page.waitForSelector('[data-decision="4"]')
  await waitForText(
    page,
    '[data-decision="4"]',
    /^4\. Banned for good.*by operator · on 1 report of 1 reporter · id \S+$/,
  )
  await waitForText(page, '[data-decision="2"]', /^2\. Warned.*Harassment.*Be kind\.$/)
  await waitForText(page, '#verdict', 'The log is intact: the hashes of all 4 entries are right.')
  const lines = await page.evaluate(async () => {
    const link = document.querySelector<HTMLAnchorElement>('#export')!
    return (await (await fetch(link.href)).text()).trim().split('\n')
  })
  expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
    'dismiss',
    'warn',
    'slow',
    'ban',
  ])
  expect(errors).toEqual([])
})

test('lifts the measure of a rule, from the card of the person', async ({ startServer, open }) => {
  const { url, server } = await startServer({ ...options, slowAfterReports: 1 })
  await report(url, { reason: 'spam' })
  const { page } = await open(url)
  await waitForText(page, '.person .restrictions', /Slowed until/)
  await page.click('.person .lift')
  await page.waitForSelector('#confirm[open]')
  await page.click('#confirm-yes')
  await waitForText(
    page,
    '#announcement',
    /^Restriction lifted: person \S+\. Entry 2 of the log\.$/,
  )
  expect(server.moderation.decisions().map(({ kind, isAutomatic }) => [kind, isAutomatic])).toEqual(
    [
      ['lift', false],
      ['slow', true],
    ],
  )
})

test('names the entry of the log that was changed', async ({
  startServer,
  open,
  onTestFinished,
}) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'buddy-moderation-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  const secretKey = 'the-secret-key-of-these-tests-0123456789abcdef'
  const kept = { ...options, dataDir, secretKey, port: await freePort() }
  const first = await startServer(kept)
  const { page } = await open(first.url)
  await report(first.url, { reason: 'spam' })
  const [{ personId } = { personId: '' }] = first.server.moderation.reports()
  for (const note of ['one', 'two', 'three']) {
    const warning = { kind: 'warn', reason: 'spam', durationMs: null, note } as const
    await first.server.moderation.decide(personId, warning, 'kim')
  }
  await openPart(page, 'decisions')
  await waitForText(page, '#verdict', 'The log is intact: the hashes of all 3 entries are right.')
  expect(await page.$eval('#not-persistent', (hint) => (hint as HTMLElement).hidden)).toBe(true)
  await first.server.close()

  const database = new DatabaseSync(join(dataDir, 'buddy.sqlite'))
  database.exec(`UPDATE audit SET text = replace(text, '"two"', '"too"')`)
  database.close()
  await startServer(kept)
  await page.click('#verify')
  await waitForText(page, '#verdict', /^The log was changed\. Entry 2: /)
})

test('shows only the chosen site', async ({ startServer, open }) => {
  const { url, server } = await startServer(options)
  await report(url, { note: 'home' })
  await report(url, { note: 'club' }, 'chess')
  const { page } = await open(url)
  await page.waitForSelector('.person:nth-child(2)')
  const notes = (): Promise<readonly string[]> =>
    page.$$eval('.person blockquote', (all) => all.map(({ textContent }) => textContent ?? ''))
  await page.select('#site', 'chess')
  await waitForText(page, '#reports-count', '1')
  expect(await notes()).toEqual(['club'])
  await page.select('#site', '')
  await waitForText(page, '.person blockquote', 'home')
  for (const { personId } of server.moderation.reports()) {
    await server.moderation.decide(
      personId,
      { kind: 'ban', reason: 'spam', durationMs: 60_000 },
      'kim',
    )
  }
  for (const [part, list] of [
    ['bans', '#bans-list'],
    ['decisions', '#decisions-list'],
  ] as const) {
    await page.select('#site', 'chess')
    await openPart(page, part)
    await waitForText(page, `${list} > :only-child`, /chess/)
    await page.select('#site', '*')
    await page.waitForSelector(`${list} > :nth-child(2)`)
  }
})

test('a ban is confirmed also if the dialog was cancelled and opened again at once', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(options)
  const page = await openReported(url, open)
  await banForGood(page)
  // All in one turn, so that the event that the dialog was closed arrives after it was opened again.
  await page.evaluate(async () => {
    document.querySelector<HTMLElement>('#confirm-cancel')!.click()
    await Promise.resolve()
    document.querySelector<HTMLElement>('.person .primary')!.click()
  })
  await page.waitForSelector('#confirm[open]')
  await page.click('#confirm-yes')
  await waitForText(page, '#reports-empty:not([hidden])', 'No reports wait for a decision.')
  expect(await decisionsOf(url)).toEqual(['ban'])
})

test('every control can be reached and used by keyboard, with a visible focus', async ({
  startServer,
  open,
}) => {
  const { url } = await startServer(options)
  const page = await openReported(url, open)
  for (const words of [
    'Dashboard',
    'Reports',
    'Bans',
    'Decisions',
    'All',
    'Open',
    'Dismiss',
    'Warn',
    'Slow',
    'Ban',
  ]) {
    await tabTo(page, words)
  }
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => (document.activeElement as HTMLSelectElement).name)).toBe(
    'reason',
  )
  await page.keyboard.press('Tab')
  await page.keyboard.press('End')
  await tabTo(page, 'Ban')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#confirm[open]')
  expect(await focusedText(page)).toBe('Cancel')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#confirm:not([open])')
  expect(await focusedText(page)).toBe('Ban')
  await page.keyboard.press('Enter')
  await tabTo(page, 'Ban for good')
  await page.keyboard.press('Enter')
  await waitForText(page, '#reports-empty:not([hidden])', 'No reports wait for a decision.')
  await openPart(page, 'bans')
  await page.waitForSelector('[data-ban]')
  await tabTo(page, 'Lift the ban of person')
  await page.keyboard.press('Enter')
  await tabTo(page, 'Lift the ban')
  await page.keyboard.press('Enter')
  await waitForText(page, '#bans-empty:not([hidden])', 'Nobody is banned.')
  expect(await decisionsOf(url)).toEqual(['lift', 'ban'])
})

test('passes an accessibility audit and does not scroll sideways, in light and dark, on phone and desktop', async ({
  startServer,
  open,
}) => {
  const { url, server } = await startServer(options)
  const { page, errors } = await open(url)
  await waitForText(page, '#reports-empty:not([hidden])', 'No reports wait for a decision.')
  expect(await audit(page)).toEqual([])
  const clip = { x: 0, y: 0, width: 80, height: 60 }
  const still = await page.screenshot({ type: 'jpeg', quality: 50, clip, encoding: 'base64' })
  await report(url, { reason: 'minor', note: 'x'.repeat(300), still })
  await report(url, { reason: 'nudity', note: 'Looks \u202e odd' }, sites[1]!.key)
  for (const kind of ['slow', 'ban'] as const) {
    await report(url, { reason: 'threats' })
    const [{ personId } = { personId: '' }] = server.moderation.reports()
    const decision = { kind, reason: 'threats', durationMs: null, note: 'y'.repeat(400) } as const
    await server.moderation.decide(personId, decision, 'kim'.repeat(20))
  }
  await page.waitForSelector('.person:nth-child(2)')
  await page.click('.person:first-child .still')
  await page.click('.person:first-child .kinds .ban')
  for (const part of ['reports', 'bans', 'decisions']) {
    await openPart(page, part)
    await page.waitForSelector(`#${part}-list > li`)
    for (const scheme of ['light', 'dark']) {
      for (const width of [320, 360, 1280]) {
        await page.setViewport({ width, height: 800 })
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
        expect(await audit(page), `${part} ${scheme} ${width}`).toEqual([])
        const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        expect(excess, `${part} ${width}`).toBe(0)
      }
    }
  }
  await openPart(page, 'reports')
  await page.select('.person:first-child [name=duration]', '4')
  await page.click('.person:first-child .primary')
  await page.waitForSelector('#confirm[open]')
  expect(await audit(page)).toEqual([])
  expect(errors).toEqual([])
})

test('shows that the server does not respond, the result of a decision meanwhile, and that the operator is signed out', async ({
  startServer,
  open,
}) => {
  const { url, server } = await startServer(options)
  const page = await openReported(url, open)
  await page.click('.person .warn')
  await page.type('.person textarea', 'Please stop.')
  await page.setOfflineMode(true)
  await page.click('.person .primary')
  await waitForText(page, '.decision .error', /^The server did not respond/)
  await waitForConnection(page, 'offline')
  await waitForText(page, '#notice', /^No response since \d\d:\d\d:\d\d\. Retrying …$/)
  expect(await decisionsOf(url)).toEqual([])
  await page.setOfflineMode(false)
  await waitForConnection(page, 'live')
  expect(await page.$eval('.person textarea', (field) => field.value)).toBe('Please stop.')

  const renewed = { adminToken: 'another-token-of-these-tests-0123456789', shutdownTimeoutMs: 0 }
  server.reload({ ...options, ...renewed })
  await waitForConnection(page, 'signed-out')
  await waitForText(page, '#notice', /You are signed out\..*Reload/)
  await page.click('.person .primary')
  await waitForText(page, '.decision .error', 'You are signed out. Nothing was decided.')
})
