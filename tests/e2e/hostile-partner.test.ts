// A partner in a call who sends what no browser sends, within every rate of the server.
import type { MessageOf } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import { expect, vi } from 'vitest'
import { test as base } from './fixtures.ts'
import type { Person } from './person.ts'

type Candidates = MessageOf<'signal'>['candidates']

/** What a page counts of its own browser. */
interface Work {
  candidates: number
  /** Candidates in one turn of the event loop, the most so far. */
  mostInOneTurn: number
  restarts: number
  offers: number
  readonly beganAtMs: number
}

/** Begins to count what this page gives its browser to do. */
async function countWork({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    const beganAtMs = performance.now()
    const work: Work = { candidates: 0, mostInOneTurn: 0, restarts: 0, offers: 0, beganAtMs }
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

const workOf = ({ page }: Person): Promise<Work & { elapsedMs: number }> =>
  page.evaluate(() => {
    const { work } = window as unknown as { work: Work }
    return { ...work, elapsedMs: performance.now() - work.beganAtMs }
  })

/** Begins to keep this page's connections, to the server and to partners. */
async function seize({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    const sockets: WebSocket[] = []
    const peers: RTCPeerConnection[] = []
    Object.assign(window, { sockets, peers })
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        sockets.push(this)
      }
    }
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        peers.push(this)
      }
    }
  })
}

/** Sends these signals over the connection of this page's client, one in every `everyMs`. */
async function flood(
  { page }: Person,
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

/** A candidate that a browser may have made; each number is another. */
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

/** A busy machine takes its time. */
const patience = { timeout: 30_000, interval: 200 }

const test = base.extend<{
  /** Two in a call: the first counts its work, the second can send anything; and somebody to go on to. */
  readonly call: (newcomer: 'victim' | 'attacker') => Promise<readonly [Person, Person, Person]>
}>({
  call: async ({ startServer, visit }, use) => {
    await use(async (newcomer) => {
      const { url } = await startServer({ rematchDelayMs: 60_000 })
      const people = await Promise.all(
        ['Ana', 'Mallory', 'Cem'].map((name) => visit(`${url}/?name=${name}`)),
      )
      const [ana, mallory, cem] = people as [Person, Person, Person]
      await Promise.all([countWork(ana), seize(mallory)])
      const order = newcomer === 'victim' ? [mallory, ana] : [ana, mallory]
      await order[0]!.press('start-button')
      await order[0]!.is('waiting')
      await order[1]!.press('start-button')
      await Promise.all([ana.is('connected'), mallory.is('connected')])
      await ana.receivesMedia()
      return [ana, mallory, cem]
    })
  },
})

/** Ana, who looks for somebody else, finds Cem. */
async function findsNext([ana, mallory, cem]: readonly [Person, Person, Person]): Promise<void> {
  // Mallory would be the next for Cem, having waited longer.
  await mallory.press('stop-button')
  await mallory.is('idle')
  await cem.press('start-button')
  await ana.matches(2)
  await Promise.all([ana.is('connected'), cem.is('connected')])
  expect(await ana.partnerName()).toBe('Cem')
  await ana.receivesMedia()
}

test('64 other candidates ten times a second: the call ends by name, and Next works', async ({
  call,
}) => {
  const people = await call('victim')
  const [ana, mallory] = people
  const flooding = flood(mallory, signalsOf(40), 100)
  await ana.sees('The call was lost')
  const { candidates, mostInOneTurn } = await workOf(ana)
  expect(candidates).toBeLessThanOrEqual(256)
  expect(mostInOneTurn).toBeLessThanOrEqual(32)
  expect((await ana.record()).events.at(-1)).toEqual({ name: 'leave', about: 'call-failed' })
  await ana.press('another-button')
  await ana.is('waiting')
  await flooding
  await findsNext(people)
})

test('as many candidates as the richest machine has leave picture and buttons alone', async ({
  call,
}) => {
  const people = await call('victim')
  const [ana, mallory] = people
  await flood(mallory, signalsOf(3), 100)
  await ana.receivesMedia()
  expect((await ana.record()).events).toEqual([{ name: 'match', about: 'Mallory' }])
  await ana.press('next-button')
  await findsNext(people)
})

test('candidates sent again and again, or that no browser sends, never reach the browser', async ({
  call,
}) => {
  const [ana, mallory] = await call('victim')
  await flood(mallory, signalsOf(1), 0)
  await vi.waitFor(
    async () => expect((await workOf(ana)).candidates).toBeGreaterThanOrEqual(64),
    patience,
  )
  const before = (await workOf(ana)).candidates
  const impossible = signalsOf(20, (number) => ({
    ...candidate(number),
    candidate: `candidate:${number} 1 udp 1 239.9.${number >> 8}.${number & 255} 50000 typ host`,
  }))
  await flood(mallory, [...impossible, ...signalsOf(1), ...signalsOf(1)], 50)
  await mallory.types('text-input', 'That was all')
  await mallory.press('send-button')
  await ana.sees('That was all')
  await ana.receivesMedia()
  expect((await workOf(ana)).candidates).toBe(before)
})

test('a hundred requests to restart ICE are a few restarts, and the call goes on', async ({
  call,
}) => {
  const [ana, mallory] = await call('victim')
  await flood(
    mallory,
    Array.from({ length: 100 }, () => []),
    30,
  )
  await vi.waitFor(
    async () => expect((await workOf(ana)).restarts).toBeGreaterThanOrEqual(11),
    patience,
  )
  const { restarts, elapsedMs } = await workOf(ana)
  expect(restarts).toBeLessThanOrEqual(10 + elapsedMs / 2000)
  await ana.receivesMedia()
  expect((await ana.record()).events).toEqual([{ name: 'match', about: 'Mallory' }])
})

test('one offer after the other is answered at a pace, and the call goes on', async ({ call }) => {
  const [ana, mallory] = await call('attacker')
  await mallory.page.evaluate(() => {
    const { peers } = window as unknown as { peers: RTCPeerConnection[] }
    const peer = peers.find(({ connectionState }) => connectionState === 'connected')
    setInterval(() => peer?.restartIce(), 20)
  })
  await vi.waitFor(
    async () => expect((await workOf(ana)).offers).toBeGreaterThanOrEqual(14),
    patience,
  )
  const { offers, elapsedMs } = await workOf(ana)
  expect(offers).toBeLessThanOrEqual(11 + elapsedMs / 2000)
  await ana.receivesMedia()
})
