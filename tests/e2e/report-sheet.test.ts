// Visitors report and block each other in real browsers, with real key presses. The server receives what they
// have entered.
import type { BuddyServerHooks } from '@buddy-chat/server'
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Visitor } from './visitor.ts'

type Report = Parameters<NonNullable<BuddyServerHooks['onReport']>>[0]

const roomOf = (visitor: Visitor): Promise<string> =>
  visitor.page.$eval(
    'buddy-chat',
    (element) =>
      (element as unknown as { client: { partner: { room: string } } }).client.partner.room,
  )

async function focus(visitor: Visitor, name: string): Promise<void> {
  const handle = await visitor.waitForPart(name)
  await handle.focus()
  await handle.dispose()
}

test('by the keyboard alone: a report with a reason, a note and a still reaches the server and ends both calls; the two never meet again', async ({
  startServer,
  visit,
}) => {
  const reports: Report[] = []
  const hooks: BuddyServerHooks = { onReport: (report) => void reports.push(report) }
  const { server, url } = await startServer({ slowAfterReports: 0, banAfterReports: 0 }, { hooks })
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana&autostart`),
    visit(`${url}/?name=Bob&autostart`),
  ])
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await ana.waitForMovement()
  const room = await roomOf(ana)
  await focus(ana, 'next-button')
  const { keyboard } = ana.page
  await keyboard.press('r')
  await (await ana.waitForPart('report-sheet')).dispose()
  // Chooses the second reason, which is about a minor.
  await keyboard.press('ArrowDown')
  await keyboard.press('Tab')
  await keyboard.type('Seems to be twelve. Né?')
  await keyboard.press('Tab')
  await keyboard.press('Space')
  await (await ana.waitForPart('still')).dispose()
  await keyboard.press('Tab')
  await keyboard.press('Tab')
  await keyboard.press('Enter')

  await ana.waitForText('Your report was sent. You will not meet this person again.')
  await Promise.all([ana.waitForState('waiting'), bob.waitForState('waiting')])
  await expect.poll(() => reports).toHaveLength(1)
  expect(reports[0]).toMatchObject({
    room,
    reason: 'minor',
    note: 'Seems to be twelve. Né?',
    hasStill: true,
  })
  const still = server.moderation.still(reports[0]!.reportId!)
  expect(Array.from(still?.slice(0, 3) ?? [])).toEqual([0xff, 0xd8, 0xff])
  expect(server.status().matches).toBe(1)
  // A third visitor meets one of them. So both were in the queue, and were not matched with each other.
  const cem = await visit(`${url}/?name=Cem&autostart`)
  await cem.waitForState('connected')
  expect(server.status().matches).toBe(2)
  expect([...ana.errors, ...bob.errors]).toEqual([])
})

test('after Next, R reports the previous partner; the next call continues, and blocking without a report ends it for both', async ({
  startServer,
  visit,
}) => {
  const reports: Report[] = []
  const hooks: BuddyServerHooks = { onReport: (report) => void reports.push(report) }
  const { url } = await startServer({ slowAfterReports: 0, banAfterReports: 0 }, { hooks })
  const [ana, bob] = await Promise.all([
    visit(`${url}/?mode=text&name=Ana&autostart`),
    visit(`${url}/?mode=text&name=Bob&autostart`),
  ])
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  const earlier = await roomOf(ana)
  await bob.page.close()
  await ana.waitForState('waiting')
  const cem = await visit(`${url}/?mode=text&name=Cem&autostart`)
  await Promise.all([ana.waitForState('connected'), cem.waitForState('connected')])
  const present = await roomOf(ana)
  await focus(ana, 'next-button')
  await ana.page.keyboard.press('r')
  await ana.waitForText('Bob, who was here before')
  // The choice between the two begins one step before the reasons.
  await ana.page.keyboard.down('Shift')
  await ana.page.keyboard.press('Tab')
  await ana.page.keyboard.up('Shift')
  await ana.page.keyboard.press('ArrowDown')
  await ana.page.keyboard.press('Tab')
  await ana.page.keyboard.press('Space')
  await ana.page.keyboard.press('Enter')
  await expect.poll(() => reports).toHaveLength(1)
  expect(reports[0]).toMatchObject({ room: earlier, reason: 'nudity', note: null })
  expect([await ana.state(), await roomOf(ana)]).toEqual(['connected', present])

  await ana.press('report-button')
  await ana.press('block-button')
  await Promise.all([ana.waitForState('waiting'), cem.waitForState('waiting')])
  expect(reports).toHaveLength(1)
})
