// Four visitors press Next fifty times in total. Every call has moving video, and no call leaves
// resources behind when it ends.
import { expect } from 'vitest'
import { launchChromium } from './browsers.ts'
import { test } from './fixtures.ts'
import { Visitor } from './visitor.ts'

const rounds = 25

/** Resources that a page holds at this moment. */
interface Resources {
  /** The number of peer connections that are not closed. */
  readonly connections: number
  /** The number of timers that are pending. */
  readonly timers: number
  /** The number of live tracks of camera and microphone. */
  readonly tracks: number
  /** The number of event listeners, which the browser counts after a garbage collection. */
  readonly listeners: number
}

/**
 * Counts the peer connections and the timers of the page. Must run before the scripts of the page.
 */
function trackResources(): void {
  const connections: WeakRef<RTCPeerConnection>[] = []
  const timers = new Set<number>()
  Object.assign(window, {
    countResources: () => ({
      connections: connections.filter((each) => {
        const connection = each.deref()
        return connection !== undefined && connection.signalingState !== 'closed'
      }).length,
      timers: timers.size,
    }),
  })
  const Original = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      connections.push(new WeakRef<RTCPeerConnection>(this))
    }
  }
  const { setTimeout: set, clearTimeout: clear } = window
  Object.assign(window, {
    setTimeout: (callback: () => void, delayMs?: number) => {
      const id = set(() => {
        timers.delete(id)
        callback()
      }, delayMs)
      timers.add(id)
      return id
    },
    clearTimeout: (id: number) => {
      timers.delete(id)
      clear(id)
    },
  })
}

async function resourcesOf(visitor: Visitor): Promise<Resources> {
  const { page } = visitor
  const devtools = await page.createCDPSession()
  await devtools.send('HeapProfiler.collectGarbage')
  await devtools.detach()
  const counted = await page.evaluate(() =>
    (
      window as unknown as { countResources(): { connections: number; timers: number } }
    ).countResources(),
  )
  const { JSEventListeners: listeners = 0 } = await page.metrics()
  return { ...counted, listeners, tracks: await visitor.liveTracks() }
}

test('shows moving video in each of fifty calls, and releases their resources', async ({
  startServer,
  onTestFinished,
}) => {
  // Without avoidance of recent partners, two of the four never wait while the other two are in a call.
  const { server, url } = await startServer({
    rematchDelayMs: 0,
    avoidRecentCount: 0,
    newVisitorMs: 0,
  })
  const visitors = await Promise.all(
    ['Ana', 'Bob', 'Cem', 'Dua'].map(async (name) => {
      // A new browser, so that its resources are those of this test alone.
      const browser = await launchChromium()
      onTestFinished(() => browser.close())
      return Visitor.open(browser, `${url}/?name=${name}`)
    }),
  )
  for (const { page } of visitors) {
    await page.evaluateOnNewDocument(trackResources)
    await page.reload()
  }
  await Promise.all(visitors.map((visitor) => visitor.press('start-button')))
  await Promise.all(visitors.map((visitor) => visitor.waitForState('connected')))

  const counts = visitors.map(() => 1)
  let early: Resources[] = []
  for (let round = 1; round <= rounds; round++) {
    // In each round, one visitor of each pair presses Next, so that all four are matched again.
    const partners = await Promise.all(visitors.map((visitor) => visitor.partnerName()))
    const [first] = visitors
    const other = visitors.find((visitor, index) => visitor !== first && partners[index] !== 'Ana')!
    await Promise.all([first, other].map((visitor) => visitor!.press('next-button')))
    await Promise.all(
      visitors.map((visitor, index) =>
        visitor.waitForMatches((counts[index] = counts[index]! + 1)),
      ),
    )
    await Promise.all(visitors.map((visitor) => visitor.waitForState('connected')))
    await Promise.all(visitors.map((visitor) => visitor.waitForMovement()))
    expect(server.status().rooms).toBe(2)
    if (round === 5) early = await Promise.all(visitors.map(resourcesOf))
  }
  for (const [index, visitor] of visitors.entries()) {
    const late = await resourcesOf(visitor)
    // One connection is that of the call, and the other is prepared for the next call.
    expect(late.connections).toBeLessThanOrEqual(2)
    expect(late.tracks).toBe(2)
    expect(late.timers).toBeLessThanOrEqual(early[index]!.timers + 3)
    expect(late.listeners).toBeLessThanOrEqual(early[index]!.listeners + 20)
    expect(visitor.errors).toEqual([])
  }
  // Calls stop() instead of clicking Stop, because buttons move when a partner leaves, and a click
  // could miss.
  for (const { page } of visitors) {
    await page.$eval('buddy-chat', (chat) => (chat as unknown as { stop(): void }).stop())
  }
  for (const visitor of visitors) {
    await visitor.waitForEndedTracks()
    await expect.poll(() => resourcesOf(visitor)).toMatchObject({ connections: 0, tracks: 0 })
  }
}, 300_000)
