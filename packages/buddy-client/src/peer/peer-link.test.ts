import { expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { LinkSignal } from '../signal.ts'
import { createPartnerRates } from './partner-limits.ts'
import { PeerLink } from './peer-link.ts'

const offer: LinkSignal = { description: { type: 'offer', sdp: 'v=0' }, candidates: [] }
const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', usernameFragment: 'old' }

/**
 * Creates a link over a fake connection that rejects every candidate. `events` records what the link and the connection
 * do, and `signals` what the link sends.
 */
function createLink({ isPolite = true } = {}) {
  const events: string[] = []
  const signals: LinkSignal[] = []
  const delays: number[] = []
  let applied = 0
  const ice = new EventTarget()
  const sender = {
    track: { kind: 'video' },
    transport: { iceTransport: ice },
    getParameters: () => ({ encodings: [{}] }),
    setParameters: (_: unknown, options: unknown) => {
      events.push(JSON.stringify(options))
      return Promise.resolve()
    },
  }
  class Connection extends EventTarget {
    signalingState = 'stable'
    connectionState = 'connected'
    iceGatheringState = 'complete'
    localDescription = { type: 'answer', sdp: 'v=0' }
    currentLocalDescription: typeof this.localDescription | null = this.localDescription
    pendingLocalDescription: typeof this.localDescription | null = null
    getTransceivers = () => []
    addTransceiver = () => undefined
    restartIce = () => undefined
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
      events.push('closed')
    }
  }
  const connection = new Connection()
  const link = new PeerLink({
    createConnection: () => connection as unknown as RTCPeerConnection,
    localStream: undefined,
    kinds: ['audio'],
    codecs: [],
    // Timers fire at once. Tests check the recorded delays instead.
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
    isPolite,
    isOffered: false,
    budget: createPartnerRates(new ManualClock()),
    sendSignal: (signal) => {
      signals.push(signal)
      events.push('answered')
    },
    onOfferNeeded: () => events.push('requested an offer'),
    onTrack: ({ kind }) => events.push(`track ${kind}`),
    onStateChange: () => undefined,
    onBroken: (message, cause) => events.push(`${message}: ${(cause as Error).message}`),
  })
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const findPath = (): boolean => ice.dispatchEvent(new Event('selectedcandidatepairchange'))
  const receive = (kind: string): boolean =>
    connection.dispatchEvent(Object.assign(new Event('track'), { track: { kind } }))
  const all = { receive, link, connection, events, signals, delays, settled, findPath }
  return { ...all, applied: () => applied }
}

test('ignores a candidate that the browser rejects', async () => {
  const { link, events, settled } = createLink()
  link.handleSignal(offer)
  link.handleSignal({ description: null, candidates: [candidate, candidate] })
  link.handleSignal(offer)
  await settled()
  expect(events).toEqual(['answered', 'answered'])
})

test('`isConnected` is false until the answer of an ICE restart has arrived', async () => {
  const { link, settled } = createLink()
  expect(link.isConnected).toBe(true)
  link.restartIce()
  expect(link.isConnected).toBe(false)
  link.handleSignal(offer)
  await settled()
  expect(link.isConnected).toBe(true)
})

/** A link that makes offers. `describe` sets what its connection offers next. */
async function createOfferingLink() {
  const created = createLink({ isPolite: false })
  const { connection, signals, settled } = created
  const descriptionOf = (fragment: string) => {
    const lines = ['v=0', `a=ice-ufrag:${fragment}`, `a=${candidate.candidate}`, 'a=mid:0', '']
    return { type: 'offer', sdp: lines.join('\r\n') }
  }
  let fragment = 'first'
  connection.currentLocalDescription = descriptionOf(fragment)
  connection.setLocalDescription = () => {
    connection.signalingState = 'have-local-offer'
    connection.localDescription = connection.pendingLocalDescription = descriptionOf(fragment)
    return Promise.resolve()
  }
  connection.setRemoteDescription = () => {
    connection.signalingState = 'stable'
    connection.currentLocalDescription = connection.pendingLocalDescription
    connection.pendingLocalDescription = null
    return Promise.resolve()
  }
  const settle = async (): Promise<void> => {
    for (let turn = 1; turn <= 3; turn++) await settled()
  }
  await settle()
  signals.length = 0
  return {
    ...created,
    /** Makes the link offer a description with this fragment, and gather one candidate. */
    async offer(next: string): Promise<void> {
      fragment = next
      connection.dispatchEvent(new Event('negotiationneeded'))
      const found = { candidate: { toJSON: () => candidate } }
      connection.dispatchEvent(Object.assign(new Event('icecandidate'), found))
      await settle()
    },
    async answer(): Promise<void> {
      created.link.handleSignal({ description: { type: 'answer', sdp: 'v=0' }, candidates: [] })
      await settle()
    },
    async changeState(state: string): Promise<void> {
      connection.connectionState = state
      connection.dispatchEvent(new Event('connectionstatechange'))
      await settle()
    },
    /** Returns the candidates that were sent: in descriptions, and beside them. */
    sent: () => [
      signals.filter(({ description }) => description?.sdp.includes('candidate')).length,
      signals.flatMap(({ candidates }) => candidates).length,
    ],
  }
}

test('sends no candidate between the offer of an ICE restart and its answer', async () => {
  const { link, offer, answer, sent, signals } = await createOfferingLink()
  link.restartIce()
  await offer('second')
  // A change of the network may be reported twice. The second restart follows the first.
  link.restartIce()
  expect(signals.at(-1)?.description?.sdp).toContain('a=mid:0')
  expect(sent()).toEqual([0, 0])
  await answer()
  expect(sent()).toEqual([0, 1])
  await offer('third')
  expect(sent()).toEqual([0, 1])
  await answer()
  expect(sent()).toEqual([0, 2])
})

test('sends candidates at once if the offer restarts no ICE, or if there is no path', async () => {
  const added = await createOfferingLink()
  await added.offer('first')
  expect(added.sent()).toEqual([1, 1])
  const lost = await createOfferingLink()
  await lost.changeState('disconnected')
  await lost.offer('second')
  expect(lost.sent()).toEqual([1, 1])
})

test('sends the candidates of an ICE restart when the path is lost before the answer', async () => {
  const { offer, sent, changeState } = await createOfferingLink()
  await offer('second')
  expect(sent()).toEqual([0, 0])
  await changeState('disconnected')
  expect(sent()).toEqual([0, 1])
})

test('sends one key frame when the path changes after an ICE restart', async () => {
  const { link, events, settled, findPath } = createLink()
  await settled()
  findPath()
  expect(events).toEqual([])
  link.handleSignal(offer)
  await settled()
  findPath()
  findPath()
  expect(events).toEqual(['answered', '{"encodingOptions":[{"keyFrame":true}]}'])
  link.close()
  findPath()
  expect(events.slice(2)).toEqual(['closed'])
})

const candidates = (count: number, from = 0): RTCIceCandidateInit[] =>
  Array.from({ length: count }, (_, index) => ({
    candidate: `candidate:${from + index} 1 udp 1 192.0.2.1 5000 typ host`,
    sdpMid: '0',
  }))

test('applies at most 32 candidates in a turn of the event loop', async () => {
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

test('applies no more candidates after it is closed', async () => {
  const { link, applied, settled } = createLink()
  link.handleSignal({ description: null, candidates: candidates(100) })
  await settled()
  link.close()
  for (let turn = 1; turn <= 9; turn++) await settled()
  expect(applied()).toBeLessThanOrEqual(64)
})

test('closes and calls `onBroken` if a signal has too many candidates, and applies none of them', async () => {
  const { link, events, applied, settled } = createLink()
  link.handleSignal({ description: null, candidates: candidates(257) })
  await settled()
  expect(events).toEqual([
    'closed',
    'the partner sent a signal that no browser sends: too many ICE candidates',
  ])
  expect(applied()).toBe(0)
})

test('answers ten offers at once, and further ones every 2 s', async () => {
  const { link, events, delays, settled } = createLink()
  for (let time = 1; time <= 13; time++) {
    link.handleSignal(offer)
    for (let turn = 1; turn <= 3; turn++) await settled()
  }
  expect(events).toEqual(Array.from({ length: 13 }, () => 'answered'))
  expect(delays).toEqual([2000, 4000, 6000])
})

test('closes and calls `onBroken` if nine offers wait for an answer', () => {
  const { link, events } = createLink()
  for (let time = 1; time <= 8; time++) link.handleSignal(offer)
  expect(events).toEqual([])
  link.handleSignal(offer)
  expect(events).toEqual([
    'closed',
    'the partner sent a signal that no browser sends: too many unanswered offers',
  ])
})

test('ignores a track of a kind that the call does not have', () => {
  const { link, events, receive } = createLink()
  receive('video')
  receive('audio')
  expect(events).toEqual(['track audio'])
  link.close()
})

test('closes the connection at once, or if gathering is about to start, when it starts', async () => {
  const { link, connection, events } = createLink()
  connection.iceGatheringState = 'new'
  link.close()
  expect([link.isClosed, events]).toEqual([true, []])
  connection.dispatchEvent(new Event('icegatheringstatechange'))
  expect(events).toEqual(['closed'])

  const other = createLink()
  other.link.close()
  expect(other.events).toEqual(['closed'])
})

test('waits for a pending `setLocalDescription` before it closes the connection, and sends nothing', async () => {
  const { link, connection, events, settled } = createLink()
  let describe: () => void = () => undefined
  connection.setLocalDescription = () => new Promise<void>((resolve) => (describe = resolve))
  link.handleSignal(offer)
  await settled()
  link.close()
  expect(events).toEqual([])
  describe()
  await settled()
  expect(events).toEqual(['closed'])
})
