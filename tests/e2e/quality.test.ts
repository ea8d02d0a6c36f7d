// Firefox tells less of a connection than Chromium does: it is enough for both to judge it.
import type { CallQuality } from '@buddy-chat/client'
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Person } from './person.ts'

/** The next measurement that a client tells its page. */
function nextQuality({ page }: Person): Promise<CallQuality> {
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

/** Spends little data from now on, as a page says. */
function setLowData({ page }: Person): Promise<void> {
  return page.$eval('buddy-chat', (element) => {
    Object.assign(element, { lowdata: true })
  })
}

/** Resolves once the partner's picture is small. */
async function seesSmallPicture({ page }: Person): Promise<void> {
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
  'Chromium and Firefox: both tell how the call goes, and send small pictures where asked',
  async ({ startServer, visit, visitWithFirefox }) => {
    const { url } = await startServer()
    const [ana, bob] = await Promise.all([
      visit(`${url}/?name=Ana`),
      visitWithFirefox(`${url}/?name=Bob`),
    ])
    await Promise.all([ana.press('start-button'), bob.press('start-button')])
    await Promise.all([ana.is('connected'), bob.is('connected')])
    for (const { stats } of await Promise.all([nextQuality(ana), nextQuality(bob)])) {
      expect(stats.receivedKbps).toBeGreaterThan(10)
      expect(stats.sentKbps).toBeGreaterThan(10)
      expect(stats.lossPercent).toBeLessThan(100)
      expect(stats.rttMs).toBeGreaterThanOrEqual(0)
      expect(stats.width * stats.height).toBeGreaterThan(0)
    }
    await Promise.all([setLowData(ana), setLowData(bob)])
    await Promise.all([seesSmallPicture(ana), seesSmallPicture(bob)])
    await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
    expect([...ana.complaints, ...bob.complaints]).toEqual([])
  },
)
