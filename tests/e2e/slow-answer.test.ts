// ICE restarts during calls whose signals take longer than the checks of ICE, as on most real networks.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Visitor } from './visitor.ts'

/** A round trip of ICE between two browsers of one machine takes some milliseconds. */
const signalDelayMs = 300

/** The properties of a page's `window` after {@link prepare}. */
interface Prepared {
  /** The delay of all frames that the page sends. */
  delayMs: number
  /** How many negotiations of its peer connections are complete. */
  negotiations: number
}

/** Makes the page count its negotiations, and delay what it sends once `delayMs` is set. Call before Start. */
const prepare = ({ page }: Visitor): Promise<void> =>
  page.evaluate(() => {
    const prepared: Prepared = Object.assign(window, { delayMs: 0, negotiations: 0 })
    window.WebSocket = class extends WebSocket {
      override send(data: Parameters<WebSocket['send']>[0]): void {
        if (prepared.delayMs === 0) super.send(data)
        else setTimeout(() => super.send(data), prepared.delayMs)
      }
    }
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        this.addEventListener('signalingstatechange', () => {
          if (this.signalingState === 'stable') prepared.negotiations++
        })
      }
    }
  })

const delaySignals = ({ page }: Visitor): Promise<void> =>
  page.evaluate((delayMs) => void Object.assign(window, { delayMs }), signalDelayMs)

const negotiationsOf = ({ page }: Visitor): Promise<number> =>
  page.evaluate(() => (window as unknown as Prepared).negotiations)

/** Restarts ICE, as after a change of the network that leaves the present path, and waits until both have negotiated. */
async function restartIce(visitor: Visitor, both: readonly Visitor[]): Promise<void> {
  const before = await Promise.all(both.map((each) => negotiationsOf(each)))
  await visitor.page.evaluate(() => void window.dispatchEvent(new Event('online')))
  for (const [index, each] of both.entries()) {
    await expect.poll(() => negotiationsOf(each)).toBeGreaterThan(before[index]!)
  }
}

// The user who waited, or the one who came later, makes all offers of a call.
test.for(['Chromium', 'Firefox'])(
  'if the user of %s waited, media of Chromium and Firefox flows in both directions after each has restarted ICE, also if signals are slow',
  async (waiting, { startServer, visit, visitWithFirefox }) => {
    const { url } = await startServer()
    const [ana, bob] = await Promise.all([
      visit(`${url}/?name=Ana`),
      visitWithFirefox(`${url}/?name=Bob`),
    ])
    const both = [ana, bob]
    await Promise.all(both.map((visitor) => prepare(visitor)))
    const [first, second] = waiting === 'Chromium' ? both : both.toReversed()
    await first!.press('start-button')
    await first!.waitForState('waiting')
    await second!.press('start-button')
    await Promise.all(both.map((visitor) => visitor.waitForState('connected')))
    await Promise.all(both.map((visitor) => visitor.waitForMedia()))
    await Promise.all(both.map((visitor) => delaySignals(visitor)))
    for (const visitor of both) {
      await restartIce(visitor, both)
      // The frames that were on their way are fewer.
      await Promise.all(both.map((each) => each.waitForMedia(30)))
    }
    for (const { errors } of both) expect(errors).toEqual([])
  },
)
