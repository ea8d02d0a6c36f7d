// Firefox reports fewer statistics of a connection than Chromium. The statistics of each must
// suffice to rate a call.
import type { CallQuality } from '@buddy-chat/client'
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

/** Resolves with the details of the client's next `quality` event. */
function nextQuality({ page }: Visitor): Promise<CallQuality> {
  return page.$eval('buddy-chat', (element) => {
    const { client } = element as unknown as {
      client: { on(name: 'quality', listener: (quality: CallQuality) => void): () => void }
    }
    return new Promise<CallQuality>((resolve) => {
      const unsubscribe = client.on('quality', (quality) => {
        unsubscribe()
        resolve(quality)
      })
    })
  })
}

/** Sets the element's `lowdata` property to true. */
function setLowData({ page }: Visitor): Promise<void> {
  return page.$eval('buddy-chat', (element) => {
    Object.assign(element, { lowdata: true })
  })
}

/** Resolves when the partner's video is at most 240 pixels high. */
async function waitForSmallVideo({ page }: Visitor): Promise<void> {
  await page.waitForFunction(
    () => {
      const root = document.querySelector('buddy-chat')?.shadowRoot
      const video = root?.querySelector<HTMLVideoElement>('[part~="remote-video"]')
      return video && video.videoHeight > 0 && video.videoHeight <= 240
    },
    { polling: 100 },
  )
}

test.skipIf(!process.env['BUDDY_FIREFOX'])(
  'Chromium and Firefox report the quality of a call, and send small video with `lowdata`',
  async ({ startServer, visit, visitWithFirefox }) => {
    const { url } = await startServer()
    const [ana, bob] = await Promise.all([
      visit(`${url}/?name=Ana`),
      visitWithFirefox(`${url}/?name=Bob`),
    ])
    await meet(ana, bob)
    for (const { stats } of await Promise.all([nextQuality(ana), nextQuality(bob)])) {
      expect(stats.receivedKbps).toBeGreaterThan(10)
      expect(stats.sentKbps).toBeGreaterThan(10)
      expect(stats.lossPercent).toBeLessThan(100)
      expect(stats.rttMs).toBeGreaterThanOrEqual(0)
      expect(stats.width * stats.height).toBeGreaterThan(0)
    }
    await Promise.all([setLowData(ana), setLowData(bob)])
    await Promise.all([waitForSmallVideo(ana), waitForSmallVideo(bob)])
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    expect([...ana.errors, ...bob.errors]).toEqual([])
  },
)
