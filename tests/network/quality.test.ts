// On a bad network, the client reports a lower quality and reduces the bitrate of its video.
import { expect } from 'vitest'
import type { Visitor } from '../e2e/visitor.ts'
import { describeOnNetwork, test } from './fixtures.ts'

/** Everything that {@link record} records in a page. */
interface Recorded {
  /** Details of the client's `quality` events. */
  readonly qualities: { receiving: string; sending: string; stats: Record<string, number> }[]
  /** Every bitrate limit that the client has set for sent video, in kbit/s. */
  readonly limits: number[]
}

/** From now on, records `quality` events and the bitrate limits of sent video. */
function record({ page }: Visitor): Promise<void> {
  return page.$eval('buddy-chat', (element) => {
    const recorded: Recorded = { qualities: [], limits: [] }
    Object.assign(window, { recorded })
    const { client } = element as unknown as {
      client: { on(name: string, listener: (detail: Recorded['qualities'][number]) => void): void }
    }
    client.on('quality', (quality) => recorded.qualities.push(quality))
    const { setParameters } = RTCRtpSender.prototype
    RTCRtpSender.prototype.setParameters = function watch(this: RTCRtpSender, parameters) {
      const [encoding] = parameters.encodings
      if (this.track?.kind === 'video') recorded.limits.push((encoding?.maxBitrate ?? 0) / 1000)
      return setParameters.call(this, parameters)
    }
  })
}

function recordedIn({ page }: Visitor): Promise<Recorded> {
  return page.evaluate(() => (window as unknown as { recorded: Recorded }).recorded)
}

/** Waits until the quality of this direction is not `good`, and prints how long that took. */
async function waitForLowQuality(
  what: string,
  { page }: Visitor,
  direction: string,
): Promise<void> {
  const startedAt = performance.now()
  const handle = await page.waitForFunction(
    (name) => {
      const { qualities } = (window as unknown as { recorded: Recorded }).recorded
      const latest = qualities.at(-1)
      return latest?.[name as 'receiving' | 'sending'] === 'good' ? false : latest
    },
    { polling: 100, timeout: 90_000 },
    direction,
  )
  const ms = Math.round(performance.now() - startedAt)
  console.log(`${what}, ${direction}: after ${ms} ms ${JSON.stringify(await handle.jsonValue())}`)
}

/** Waits until the bitrate limit of sent video is at most `kbps`, and prints how long that took. */
async function waitForLimit(what: string, { page }: Visitor, kbps: number): Promise<void> {
  const startedAt = performance.now()
  await page.waitForFunction(
    (limit) =>
      ((window as unknown as { recorded: Recorded }).recorded.limits.at(-1) ?? Infinity) <= limit,
    { polling: 100, timeout: 90_000 },
    kbps,
  )
  const ms = Math.round(performance.now() - startedAt)
  console.log(`${what}: at most ${kbps} kbit/s after ${ms} ms`)
}

describeOnNetwork('the quality of a call', () => {
  test('at a packet loss of 5 %, both clients report low quality and send less, and media continues', async ({
    startCall,
  }) => {
    const { ana, bob, home } = await startCall()
    await Promise.all([record(ana), record(bob)])
    home.dropPackets(5)
    const what = '5 % loss'
    await Promise.all([
      waitForLowQuality(what, ana, 'receiving'),
      waitForLowQuality(what, ana, 'sending'),
      waitForLowQuality(what, bob, 'receiving'),
      waitForLowQuality(what, bob, 'sending'),
      waitForLimit(what, ana, 500),
      waitForLimit(what, bob, 500),
    ])
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    // Random loss alone does not reduce video below 500 kbit/s.
    expect(Math.min(...(await recordedIn(ana)).limits)).toBeGreaterThanOrEqual(500)
  })

  test('on an uplink of 250 kbit/s, the client that sends over it reports low quality and sends less', async ({
    startCall,
  }) => {
    const { ana, bob, home } = await startCall()
    await Promise.all([record(ana), record(bob)])
    home.limitUpload(250)
    await Promise.all([
      waitForLowQuality('250 kbit/s', ana, 'sending'),
      waitForLimit('250 kbit/s', ana, 1000),
    ])
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
  })
})
