// On a bad line one is told so, and one's own picture becomes small enough to arrive.
import { describe, expect } from 'vitest'
import type { Visitor } from '../e2e/visitor.ts'
import { removeLeftovers, test } from './fixtures.ts'
import { missingNetworkSentence } from './virtual-network.ts'

const missing = missingNetworkSentence()
if (missing) console.log(`Skipped: quality on virtual networks (${missing}).`)
else removeLeftovers()

/** What {@link follow} writes down in a page. */
interface Followed {
  readonly heard: { receiving: string; sending: string; stats: Record<string, number> }[]
  /** Of every limit that was set for video, in kilobits a second. */
  readonly limits: number[]
}

/** From now on: what the client tells, and what its senders are told. */
function follow({ page }: Visitor): Promise<void> {
  return page.$eval('buddy-chat', (element) => {
    const followed: Followed = { heard: [], limits: [] }
    Object.assign(window, { followed })
    const { client } = element as unknown as {
      client: { on(name: string, listener: (detail: Followed['heard'][number]) => void): void }
    }
    client.on('quality', (quality) => followed.heard.push(quality))
    const { setParameters } = RTCRtpSender.prototype
    RTCRtpSender.prototype.setParameters = function watch(this: RTCRtpSender, parameters) {
      const [encoding] = parameters.encodings
      if (this.track?.kind === 'video') followed.limits.push((encoding?.maxBitrate ?? 0) / 1000)
      return setParameters.call(this, parameters)
    }
  })
}

function followed({ page }: Visitor): Promise<Followed> {
  return page.evaluate(() => (window as unknown as { followed: Followed }).followed)
}

/** Resolves once this direction is not good any more; says how long that took. */
async function worsens(what: string, { page }: Visitor, direction: string): Promise<void> {
  const startedAt = performance.now()
  const handle = await page.waitForFunction(
    (name) => {
      const { heard } = (window as unknown as { followed: Followed }).followed
      const latest = heard.at(-1)
      return latest?.[name as 'receiving' | 'sending'] === 'good' ? false : latest
    },
    { polling: 100, timeout: 90_000 },
    direction,
  )
  const ms = Math.round(performance.now() - startedAt)
  console.log(`${what}, ${direction}: after ${ms} ms ${JSON.stringify(await handle.jsonValue())}`)
}

/** Resolves once video may be sent with at most so much. */
async function limitsItself(what: string, { page }: Visitor, kbps: number): Promise<void> {
  const startedAt = performance.now()
  await page.waitForFunction(
    (most) =>
      ((window as unknown as { followed: Followed }).followed.limits.at(-1) ?? Infinity) <= most,
    { polling: 100, timeout: 90_000 },
    kbps,
  )
  const ms = Math.round(performance.now() - startedAt)
  console.log(`${what}: at most ${kbps} kbit/s after ${ms} ms`)
}

describe.skipIf(missing)('the quality of a call', () => {
  test('5 of 100 packets are lost: both are told, both send less, the picture goes on', async ({
    startCall,
  }) => {
    const { ana, bob, home } = await startCall()
    await Promise.all([follow(ana), follow(bob)])
    home.dropPackets(5)
    const what = '5 % loss'
    await Promise.all([
      worsens(what, ana, 'receiving'),
      worsens(what, ana, 'sending'),
      worsens(what, bob, 'receiving'),
      worsens(what, bob, 'sending'),
      limitsItself(what, ana, 500),
      limitsItself(what, bob, 500),
    ])
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    // What is lost by chance costs no one the whole picture.
    expect(Math.min(...(await followed(ana)).limits)).toBeGreaterThanOrEqual(500)
  })

  test('250 kbit/s at one end: who sends there is told, and sends less', async ({ startCall }) => {
    const { ana, bob, home } = await startCall()
    await Promise.all([follow(ana), follow(bob)])
    home.limitUpload(250)
    await Promise.all([
      worsens('250 kbit/s', ana, 'sending'),
      limitsItself('250 kbit/s', ana, 1000),
    ])
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
  })
})
