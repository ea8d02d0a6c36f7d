// From a report to a ban and back, with two visitors and an operator in real browsers.
import { expect } from 'vitest'
import { adminToken } from '../server-fixture.ts'
import { test } from './fixtures.ts'
import { waitForConnection, waitForText } from './operator-page.ts'

test('a visitor is reported, banned by the operator, refused with the reason, and let in again after the ban was lifted', async ({
  startServer,
  visit,
  browsers,
}) => {
  const { url } = await startServer({ adminToken, slowAfterReports: 0, banAfterReports: 0 })
  const [ana, bob] = await Promise.all([
    visit(`${url}/?mode=text&name=Ana&autostart`),
    visit(`${url}/?mode=text&name=Bob&autostart`),
  ])
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  /** Records the measures that Bob's client receives. */
  await bob.page.$eval('buddy-chat', (element) => {
    const { client } = element as unknown as {
      client: { on(name: 'measure', listener: (measure: object) => void): void }
    }
    const memory = Object.assign(window, { measures: [] as object[] })
    client.on('measure', (measure) => memory.measures.push(measure))
  })
  await ana.page.$eval('buddy-chat', (element) => {
    void (element as unknown as { report(reason: string): unknown }).report('harassment')
  })

  const page = await (await browsers.lendChromium()).newPage()
  await page.authenticate({ username: 'kim', password: adminToken })
  await page.goto(`${url}/moderation`)
  await waitForConnection(page, 'live')
  await waitForText(page, '.person .reasons', 'Harassment × 1')
  await page.click('.person .kinds .ban')
  await page.type('.person textarea', 'Be kind next time.')
  await page.click('.person .primary')
  await waitForText(page, '#reports-empty:not([hidden])', 'No reports wait for a decision.')

  await bob.waitForState('closed')
  const measures = await bob.page.evaluate(
    () => (window as unknown as { measures: object[] }).measures,
  )
  expect(measures).toEqual([
    expect.objectContaining({ kind: 'ban', reason: 'harassment', isAutomatic: false }),
  ])
  expect(JSON.stringify(measures)).toContain('Be kind next time.')
  const start = (): Promise<void> =>
    bob.page.$eval('buddy-chat', (element) => {
      void (element as unknown as { start(): Promise<void> }).start().catch(() => undefined)
    })
  await bob.page.reload()
  await bob.waitForState('closed')

  await page.click('nav a[href="#bans"]')
  await waitForText(page, '[data-ban]', /Harassment · banned until/)
  await page.click('[data-ban] button')
  await page.waitForSelector('#confirm[open]')
  await page.click('#confirm-yes')
  await waitForText(page, '#bans-empty:not([hidden])', 'Nobody is banned.')
  await start()
  // Ana has reported Bob, so the two never meet again, although no other visitor is there.
  await bob.waitForState('waiting')

  await page.click('nav a[href="#decisions"]')
  await waitForText(page, '[data-decision="2"]', /^2\. Restriction lifted.*by kim · id \S+$/)
  await waitForText(page, '[data-decision="1"]', /^1\. Banned until.*by kim.*Be kind next time\.$/)
})
