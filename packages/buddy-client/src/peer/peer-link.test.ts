import { expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { LinkSignal } from '../signal.ts'
import { createPartnerBudget } from './partner-budget.ts'
import { PeerLink } from './peer-link.ts'

const offer: LinkSignal = { description: { type: 'offer', sdp: 'v=0' }, candidates: [] }
const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', usernameFragment: 'old' }

/** A polite link over a connection that knows no candidate, and what it came to. */
function createLink() {
  const happened: string[] = []
  const delays: number[] = []
  let applied = 0
  const ice = new EventTarget()
  const sender = {
    track: { kind: 'video' },
    transport: { iceTransport: ice },
    getParameters: () => ({ encodings: [{}] }),
    setParameters: (_: unknown, options: unknown) => {
      happened.push(JSON.stringify(options))
      return Promise.resolve()
    },
  }
  class Connection extends EventTarget {
    signalingState = 'stable'
    connectionState = 'connected'
    iceGatheringState = 'complete'
    localDescription = { type: 'answer', sdp: 'v=0' }
    getTransceivers = () => []
    getSenders = () => [sender]
    constructor() {
      super()
      setImmediate(() => this.dispatchEvent(new Event('connectionstatechange')))
    }
    setRemoteDescription = () => Promise.resolve()
    setLocalDescription = () => Promise.resolve()
    addIceCandidate = () => {
      applied++
      return Promise.reject(new DOMException('Unknown ufrag', 'OperationError'))
    }
    close(): void {
      happened.push('closed')
    }
  }
  const connection = new Connection()
  const link = new PeerLink({
    createConnection: () => connection as unknown as RTCPeerConnection,
    localStream: undefined,
    kinds: ['audio'],
    codecs: [],
    // What waits is due at once: the tests look at how long it would have waited.
    clock: {
      now: () => 0,
      after: (delayMs, callback) => {
        delays.push(delayMs)
        setImmediate(callback)
        return () => undefined
      },
    },
  })
  link.attach({
    isPolite: true,
    isOffered: false,
    budget: createPartnerBudget(new ManualClock()),
    sendSignal: () => happened.push('answered'),
    onOfferNeeded: () => happened.push('asked for an offer'),
    onTrack: ({ kind }) => happened.push(`given ${kind}`),
    onStateChange: () => undefined,
    onBroken: (message, cause) => happened.push(`${message}: ${(cause as Error).message}`),
  })
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const findPath = (): boolean => ice.dispatchEvent(new Event('selectedcandidatepairchange'))
  const receive = (kind: string): boolean =>
    connection.dispatchEvent(Object.assign(new Event('track'), { track: { kind } }))
  return { receive, link, connection, happened, delays, applied: () => applied, settled, findPath }
}

test('a candidate of a description that another has replaced costs nothing but itself', async () => {
  const { link, happened, settled } = createLink()
  link.handleSignal(offer)
  link.handleSignal({ description: null, candidates: [candidate, candidate] })
  link.handleSignal(offer)
  await settled()
  expect(happened).toEqual(['answered', 'answered'])
})

test('while a restart is not answered the path counts as lost, whatever the browser says', async () => {
  const { link, settled } = createLink()
  expect(link.isConnected).toBe(true)
  link.restartIce()
  expect(link.isConnected).toBe(false)
  link.handleSignal(offer)
  await settled()
  expect(link.isConnected).toBe(true)
})

test('by another path after a restart the next picture is sent whole, once', async () => {
  const { link, happened, settled, findPath } = createLink()
  await settled()
  findPath()
  expect(happened).toEqual([])
  link.handleSignal(offer)
  await settled()
  findPath()
  findPath()
  expect(happened).toEqual(['answered', '{"encodingOptions":[{"keyFrame":true}]}'])
  link.close()
  findPath()
  expect(happened.slice(2)).toEqual(['closed'])
})

const candidates = (count: number, from = 0): RTCIceCandidateInit[] =>
  Array.from({ length: count }, (_, index) => ({
    candidate: `candidate:${from + index} 1 udp 1 192.0.2.1 5000 typ host`,
    sdpMid: '0',
  }))

test('many candidates are applied a few in each turn of the event loop', async () => {
  const { link, delays, applied, settled } = createLink()
  link.handleSignal({ description: null, candidates: candidates(100) })
  const perTurn: number[] = []
  for (let before = -1; applied() !== before;) {
    before = applied()
    await settled()
    perTurn.push(applied() - before)
  }
  expect(applied()).toBe(100)
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(32)
  expect(delays).toEqual([0, 0, 0])
})

test('closed in the middle of many candidates, it applies no more', async () => {
  const { link, applied, settled } = createLink()
  link.handleSignal({ description: null, candidates: candidates(100) })
  await settled()
  link.close()
  for (let turn = 1; turn <= 9; turn++) await settled()
  expect(applied()).toBeLessThanOrEqual(64)
})

test('more candidates than any browser gathers end the link at once, and none of them is applied', async () => {
  const { link, happened, applied, settled } = createLink()
  link.handleSignal({ description: null, candidates: candidates(257) })
  await settled()
  expect(happened).toEqual([
    'closed',
    'the partner sent a signal that no browser sends: too many ICE candidates',
  ])
  expect(applied()).toBe(0)
})

test('ten offers are answered at once, those after them one in two seconds', async () => {
  const { link, happened, delays, settled } = createLink()
  for (let time = 1; time <= 13; time++) {
    link.handleSignal(offer)
    for (let turn = 1; turn <= 3; turn++) await settled()
  }
  expect(happened).toEqual(Array.from({ length: 13 }, () => 'answered'))
  expect(delays).toEqual([2000, 4000, 6000])
})

test('a partner who does not wait for answers to its offers is broken', () => {
  const { link, happened } = createLink()
  for (let time = 1; time <= 8; time++) link.handleSignal(offer)
  expect(happened).toEqual([])
  link.handleSignal(offer)
  expect(happened).toEqual([
    'closed',
    'the partner sent a signal that no browser sends: too many unanswered offers',
  ])
})

test('a track of a kind that the call has not is not handed on', () => {
  const { link, happened, receive } = createLink()
  receive('video')
  receive('audio')
  expect(happened).toEqual(['given audio'])
  link.close()
})

test('a connection that is about to gather is closed when it gathers, and every other at once', async () => {
  const { link, connection, happened } = createLink()
  connection.iceGatheringState = 'new'
  link.close()
  expect([link.isClosed, happened]).toEqual([true, []])
  connection.dispatchEvent(new Event('icegatheringstatechange'))
  expect(happened).toEqual(['closed'])

  const other = createLink()
  other.link.close()
  expect(other.happened).toEqual(['closed'])
})

test('a connection that gets its local description is closed after that, and sends none', async () => {
  const { link, connection, happened, settled } = createLink()
  let describe: () => void = () => undefined
  connection.setLocalDescription = () => new Promise<void>((resolve) => (describe = resolve))
  link.handleSignal(offer)
  await settled()
  link.close()
  expect(happened).toEqual([])
  describe()
  await settled()
  expect(happened).toEqual(['closed'])
})
