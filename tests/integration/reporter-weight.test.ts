// How much a report counts depends on how many partners the reporter has met, at whichever server the partners are.
import { describe, expect } from 'vitest'
import { missingRedisMessage, test } from '../nodes-fixture.ts'
import { RawClient } from './raw-client.ts'

describe.skipIf(missingRedisMessage)('servers that share a Redis', () => {
  test('count all partners of a reporter, also those who waited at another server', async ({
    startNodes,
  }) => {
    const [first, second] = await startNodes()
    const reporter = await RawClient.join(first.url, 'Reporter')
    for (let met = 1; met <= 8; met++) {
      const partner = await RawClient.join(second.url, `Partner ${met}`)
      partner.enter()
      await partner.receive('waiting')
      reporter.enter()
      const [{ room }] = await Promise.all([
        reporter.receive('matched'),
        partner.receive('matched'),
      ])
      const isReported = met === 1 || met === 2 || met === 3 || met === 8
      if (isReported) {
        reporter.send({ type: 'report', reason: 'spam', room, note: null, still: null })
      }
      reporter.send({ type: 'leave' })
      await partner.receive('partner-left')
      await partner.leave()
    }
    // Three of eight is 1.5 times the usual share of a quarter, so the fourth report has 1 / 1.5² of the weight.
    const weights = (): readonly number[] =>
      first.server.moderation
        .reports()
        .flatMap(({ reports }) => reports.map(({ weight }) => weight))
    await expect.poll(weights, { timeout: 5000 }).toEqual([4 / 9, 1, 1, 1])
  })
})
