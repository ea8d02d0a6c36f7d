// A partner sends signals that no browser sends. They stay within all rate limits of the server, so
// that the victim's client must limit them.
import type { MessageOf } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import { expect, vi } from 'vitest'
import { test as base } from './fixtures.ts'
import type { RecordedPage } from './peer-connections.ts'
import { recordConnections } from './peer-connections.ts'
import type { Visitor } from './visitor.ts'

type Candidates = MessageOf<'signal'>['candidates']

/** Calls that a page has made to its browser's WebRTC API. */
interface Work {
  candidates: number
  /** The largest number of candidates that were added within one turn of the event loop. */
  mostInOneTurn: number
  restarts: number
  offers: number
  readonly startedAtMs: number
}

/** From now on, counts this page's calls to the WebRTC API. */
async function countWork({ page }: Visitor): Promise<void> {
  await page.evaluate(() => {
    const startedAtMs = performance.now()
    const work: Work = { candidates: 0, mostInOneTurn: 0, restarts: 0, offers: 0, startedAtMs }
    let inThisTurn = 0
    const methods = RTCPeerConnection.prototype as unknown as Record<
      string,
      (...given: unknown[]) => unknown
    >
    const before = (name: string, count: (given: readonly unknown[]) => void): void => {
      const method = methods[name]
      methods[name] = function (...given) {
        count(given)
        return method?.apply(this, given)
      }
    }
    before('addIceCandidate', () => {
      work.candidates++
      if (inThisTurn++ === 0) setTimeout(() => (inThisTurn = 0))
      work.mostInOneTurn = Math.max(work.mostInOneTurn, inThisTurn)
    })
    before('restartIce', () => work.restarts++)
    before('setRemoteDescription', ([description]) => {
      if ((description as RTCSessionDescriptionInit).type === 'offer') work.offers++
    })
    Object.assign(window, { work })
  })
}

const workOf = ({ page }: Visitor): Promise<Work & { elapsedMs: number }> =>
  page.evaluate(() => {
    const { work } = window as unknown as { work: Work }
    return { ...work, elapsedMs: performance.now() - work.startedAtMs }
  })

/**
 * From now on, keeps references to this page's WebSockets and peer connections, so that the test
 * can use them.
 */
async function recordAllConnections(visitor: Visitor): Promise<void> {
  await recordConnections(visitor)
  await visitor.page.evaluate(() => {
    const { sockets } = Object.assign(window, { sockets: [] as WebSocket[] })
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        sockets.push(this)
      }
    }
  })
}

/**
 * Sends signals with these candidates over the WebSocket of this page's client, one every
 * `everyMs`.
 */
async function flood(
  { page }: Visitor,
  signals: readonly Candidates[],
  everyMs: number,
): Promise<void> {
  const frames = signals.map((candidates) =>
    Buffer.from(
      encode({ type: 'signal', description: null, candidates, sending: null, generation: null }),
    ).toString('base64'),
  )
  await page.evaluate(
    (list, ms) =>
      new Promise<void>((resolve) => {
        const [socket] = (window as unknown as { sockets: WebSocket[] }).sockets
        const timer = setInterval(() => {
          const frame = list.shift()
          if (frame) {
            return socket?.send(Uint8Array.from(atob(frame), (each) => each.charCodeAt(0)))
          }
          clearInterval(timer)
          resolve()
        }, ms)
      }),
    frames,
    everyMs,
  )
}

/**
 * Returns a candidate that a browser could have gathered. Each `number` gives another candidate.
 */
const candidate = (number: number): Candidates[number] => ({
  candidate: `candidate:${number} 1 udp 2113937151 10.9.${number >> 8}.${number & 255} 50000 typ host`,
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: null,
})

const signalsOf = (count: number, of = candidate): Candidates[] =>
  Array.from({ length: count }, (_, index) =>
    Array.from({ length: 64 }, (_, place) => of(64 * index + place)),
  )

/** The timeout is long enough for a busy machine. */
const waitOptions = { timeout: 30_000, interval: 200 }

const test = base.extend<{
  /**
   * Opens three pages and connects the first two. The first is the victim, whose calls to WebRTC
   * are counted. The second is the attacker, whose connections are recorded. The third will be the
   * victim's next partner.
   * @param newcomer who enters the queue last, and therefore sends the offer
   */
  readonly startCall: (
    newcomer: 'victim' | 'attacker',
  ) => Promise<readonly [Visitor, Visitor, Visitor]>
}>({
  startCall: async ({ startServer, visit }, use) => {
    await use(async (newcomer) => {
      const { url } = await startServer({ rematchDelayMs: 60_000 })
      const visitors = await Promise.all(
        ['Ana', 'Mallory', 'Cem'].map((name) => visit(`${url}/?name=${name}`)),
      )
      const [ana, mallory, cem] = visitors as [Visitor, Visitor, Visitor]
      await Promise.all([countWork(ana), recordAllConnections(mallory)])
      const order = newcomer === 'victim' ? [mallory, ana] : [ana, mallory]
      await order[0]!.press('start-button')
      await order[0]!.waitForState('waiting')
      await order[1]!.press('start-button')
      await Promise.all([ana.waitForState('connected'), mallory.waitForState('connected')])
      await ana.waitForMedia()
      return [ana, mallory, cem]
    })
  },
})

/** Checks that the victim, Ana, who is looking for a partner, can have a call with Cem. */
async function expectNextCall([ana, mallory, cem]: readonly [
  Visitor,
  Visitor,
  Visitor,
]): Promise<void> {
  // Mallory must stop first, because Cem would be matched with Mallory, who has waited longer.
  await mallory.press('stop-button')
  await mallory.waitForState('idle')
  await cem.press('start-button')
  await ana.waitForMatches(2)
  await Promise.all([ana.waitForState('connected'), cem.waitForState('connected')])
  expect(await ana.partnerName()).toBe('Cem')
  await ana.waitForMedia()
}

test('64 new candidates ten times a second end the call with `call-failed`, and Next works', async ({
  startCall,
}) => {
  const visitors = await startCall('victim')
  const [ana, mallory] = visitors
  const flooding = flood(mallory, signalsOf(40), 100)
  await ana.waitForText('The call was lost')
  const { candidates, mostInOneTurn } = await workOf(ana)
  expect(candidates).toBeLessThanOrEqual(256)
  expect(mostInOneTurn).toBeLessThanOrEqual(32)
  expect((await ana.record()).events.at(-1)).toEqual({ name: 'leave', about: 'call-failed' })
  await ana.press('another-button')
  await ana.waitForState('waiting')
  await flooding
  await expectNextCall(visitors)
})

test('as many candidates as a machine with many interfaces has do not end the call, and Next works', async ({
  startCall,
}) => {
  const visitors = await startCall('victim')
  const [ana, mallory] = visitors
  await flood(mallory, signalsOf(3), 100)
  await ana.waitForMedia()
  expect((await ana.record()).events).toEqual([{ name: 'match', about: 'Mallory' }])
  await ana.press('next-button')
  await expectNextCall(visitors)
})

test('repeated and impossible candidates are not passed to the browser', async ({ startCall }) => {
  const [ana, mallory] = await startCall('victim')
  await flood(mallory, signalsOf(1), 0)
  await vi.waitFor(
    async () => expect((await workOf(ana)).candidates).toBeGreaterThanOrEqual(64),
    waitOptions,
  )
  const before = (await workOf(ana)).candidates
  const impossible = signalsOf(20, (number) => ({
    ...candidate(number),
    candidate: `candidate:${number} 1 udp 1 239.9.${number >> 8}.${number & 255} 50000 typ host`,
  }))
  await flood(mallory, [...impossible, ...signalsOf(1), ...signalsOf(1)], 50)
  await mallory.type('text-input', 'That was all')
  await mallory.press('send-button')
  await ana.waitForText('That was all')
  await ana.waitForMedia()
  expect((await workOf(ana)).candidates).toBe(before)
})

test('a hundred requests for an ICE restart do not end the call, and the client restarts ICE at a limited rate', async ({
  startCall,
}) => {
  const [ana, mallory] = await startCall('victim')
  await flood(
    mallory,
    Array.from({ length: 100 }, () => []),
    30,
  )
  await vi.waitFor(
    async () => expect((await workOf(ana)).restarts).toBeGreaterThanOrEqual(11),
    waitOptions,
  )
  const { restarts, elapsedMs } = await workOf(ana)
  expect(restarts).toBeLessThanOrEqual(10 + elapsedMs / 2000)
  await ana.waitForMedia()
  expect((await ana.record()).events).toEqual([{ name: 'match', about: 'Mallory' }])
})

test('a stream of offers does not end the call, and the client answers at a limited rate', async ({
  startCall,
}) => {
  const [ana, mallory] = await startCall('attacker')
  await mallory.page.evaluate(() => {
    const { connections } = window as unknown as RecordedPage
    const running = connections.find(({ connectionState }) => connectionState === 'connected')
    setInterval(() => running?.restartIce(), 20)
  })
  await vi.waitFor(
    async () => expect((await workOf(ana)).offers).toBeGreaterThanOrEqual(14),
    waitOptions,
  )
  const { offers, elapsedMs } = await workOf(ana)
  expect(offers).toBeLessThanOrEqual(11 + elapsedMs / 2000)
  await ana.waitForMedia()
})
