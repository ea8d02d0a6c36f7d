import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import { PeerCall } from './peer-call.ts'
import type { LinkPartner, PeerLink } from './peer-link.ts'

let clock: ManualClock
/** The packets per second that the fake link receives and sends, and whether RTCP reports arrive. */
let flow: { received: number; reports: boolean; sent: number }
let call: PeerCall
let partner: LinkPartner
let calls: string[]
/** `isConnected` of the fake link. */
let isConnected: boolean
const advance = (seconds: number): Promise<void> => clock.advanceAsync(1000 * seconds)

/** Creates a fake link whose statistics grow by `flow`. */
function createLink(): PeerLink {
  let atMs = clock.now()
  let [received, sent, reportedAtMs] = [0, 0, 0]
  return {
    senders: [],
    get isConnected() {
      return isConnected
    },
    get isRestarting() {
      return !isConnected
    },
    attach: (given: LinkPartner) => (partner = given),
    close: () => undefined,
    restartIce: () => calls.push('restart'),
    handleSignal: () => undefined,
    getStats: () => {
      const seconds = (clock.now() - atMs) / 1000
      atMs = clock.now()
      received += flow.received * seconds
      sent += flow.sent * seconds
      if (flow.reports) reportedAtMs = atMs
      const reports = [
        {
          type: 'inbound-rtp',
          timestamp: atMs,
          bytesReceived: received,
          packetsReceived: received,
        },
        { type: 'outbound-rtp', timestamp: atMs, bytesSent: sent, packetsSent: sent },
        { type: 'remote-inbound-rtp', timestamp: reportedAtMs },
      ]
      return Promise.resolve(new Map(reports.map((each) => [each.type, each])))
    },
  } as unknown as PeerLink
}

beforeEach(() => {
  clock = new ManualClock()
  vi.stubGlobal('MediaStream', EventTarget)
  flow = { received: 100, reports: true, sent: 100 }
  calls = []
  isConnected = true
  call = begin(false)
})
afterEach(() => {
  call.close()
  expect(clock.pending).toBe(0)
  vi.unstubAllGlobals()
})

/** Creates a call with a media path. */
function begin(isPolite: boolean): PeerCall {
  const begun = new PeerCall({
    isPolite,
    isOffered: false,
    generation: 0,
    link: createLink(),
    createLink,
    sending: { audio: true, video: true },
    limits: { maxBitrateKbps: 2500, isLowData: false },
    isHidden: () => false,
    announcedSending: null,
    clock,
    sendSignal: () => undefined,
    onRemoteStream: () => undefined,
    onPartnerSending: ({ audio }) => calls.push(audio ? 'audible' : 'muted'),
    onQuality: () => calls.push('quality'),
    onStep: (step) => calls.push(`(${step})`),
    onFailed: ({ message }) => calls.push(message),
  })
  partner.onStateChange('connected')
  return begun
}

test('reports quality every 2 s until the call is closed', async () => {
  await advance(6)
  expect(calls).toEqual(['(none)', 'quality', 'quality'])
  call.close()
  await advance(20)
  expect(calls).toHaveLength(3)
})

test('reports no quality while it restores the path', async () => {
  await advance(4)
  isConnected = false
  partner.onStateChange('failed')
  expect(calls.splice(0)).toEqual(['(none)', 'quality', '(restarting)', 'restart'])
  await advance(6)
  expect(calls).toEqual([])
})

test('continues an ICE restart even if media arrives before the partner’s answer', async () => {
  call.handleNetworkChange()
  isConnected = false
  await advance(1.5)
  flow = { received: 0, reports: false, sent: 100 }
  await advance(3)
  expect(calls.splice(0)).toEqual(['(none)', 'restart', '(restarting)'])
  // The partner has answered, but the browser reports no change of state.
  isConnected = true
  await advance(2)
  expect(calls).toEqual([])
  flow = { received: 100, reports: true, sent: 100 }
  await advance(2.5)
  expect(calls.splice(0)).toEqual(['(none)'])
  await advance(20)
  expect(calls).not.toContain('(rebuilding)')
})

test('creates a new connection if nothing arrives after an ICE restart, even if the browser reports `connected`', async () => {
  call.handleNetworkChange()
  flow = { received: 0, reports: false, sent: 100 }
  await advance(8)
  expect(calls).toContain('(rebuilding)')
})

test.each([
  ['the partner sends RTCP reports only', { received: 0, reports: true, sent: 100 }],
  ['neither side sends anything', { received: 0, reports: false, sent: 0 }],
])('does not restart ICE when the partner is reachable again if %s', async (_name, quiet) => {
  await advance(4)
  flow = quiet
  await advance(20)
  call.handleReachable()
  await advance(20)
  expect(calls).not.toContain('restart')
})

test('restarts ICE after 1 s when the partner is reachable again and nothing arrives', async () => {
  await advance(1)
  flow = { received: 0, reports: false, sent: 100 }
  call.handleReachable()
  await advance(1)
  expect(calls).toEqual(['(none)', '(restarting)', 'restart'])
})

test('restarts ICE on a network change without reporting a step if the path still works', async () => {
  call.handleNetworkChange()
  await advance(20)
  expect(calls.filter((each) => each !== 'quality')).toEqual(['(none)', 'restart'])
})

test('reports `restarting` on a network change if nothing arrives, and `none` when media arrives', async () => {
  await advance(1)
  flow = { received: 0, reports: false, sent: 100 }
  call.handleNetworkChange()
  isConnected = false
  await advance(4)
  expect(calls).toEqual(['(none)', 'restart', '(restarting)'])
  isConnected = true
  flow = { received: 100, reports: true, sent: 100 }
  await advance(2.5)
  expect(calls.splice(3)).toEqual(['(none)'])
})

test('after a path is silent and `disconnected`, reports `none` only when the browser reports `connected`', async () => {
  await advance(1)
  flow = { received: 0, reports: false, sent: 100 }
  call.handleNetworkChange()
  isConnected = false
  await advance(1)
  partner.onStateChange('disconnected')
  flow = { received: 100, reports: true, sent: 100 }
  await advance(4)
  expect(calls).toEqual(['(none)', 'restart', '(restarting)'])
  isConnected = true
  partner.onStateChange('connected')
  expect(calls.at(-1)).toBe('(none)')
})

test('fails if the partner requests more than five new connections before there is a media path', () => {
  const request = (generation: number): void =>
    call.handleSignal({ description: null, candidates: [], sending: null, generation })
  for (let generation = 1; generation <= 40; generation++) {
    request(generation)
    partner.onStateChange('connected')
    clock.sleep(6000)
  }
  for (let generation = 41; generation <= 45; generation++) request(generation)
  expect(calls.at(-1)).toBe('(rebuilding)')
  request(46)
  expect(calls.at(-1)).toBe('the partner requested too many new connections')
})

test.each([
  ['makes an offer on a new connection on the impolite side', false, ['(rebuilding)']],
  ['requests an offer for a new connection on the polite side', true, ['(rebuilding)', 'restart']],
])('%s if an ICE restart has failed', async (_name, isPolite, expected) => {
  call.close()
  calls = []
  call = begin(isPolite)
  isConnected = false
  partner.onStateChange('failed')
  expect(calls.splice(0)).toEqual(['(none)', '(restarting)', 'restart'])
  await advance(7)
  expect(calls).toEqual(expected)
})

test('ignores requests for an ICE restart while one is in progress', () => {
  const request = { description: null, candidates: [], sending: null, generation: null }
  call.handleSignal(request)
  isConnected = false
  call.handleSignal(request)
  expect(calls).toEqual(['(none)', 'restart'])
  isConnected = true
  call.handleSignal(request)
  expect(calls).toEqual(['(none)', 'restart', 'restart'])
})

test('leaves no timer if it is closed while it tests the path', async () => {
  call.handleReachable()
  await advance(0.5)
  call.close()
  expect(clock.pending).toBe(0)
})

test('limits ICE restarts that the partner requests to ten at once and one every 2 s, and merges the rest', async () => {
  const request = { description: null, candidates: [], sending: null, generation: null }
  const restarts = (): number => calls.filter((each) => each === 'restart').length
  for (let time = 1; time <= 100; time++) call.handleSignal(request)
  expect(restarts()).toBe(10)
  await advance(1.9)
  expect(restarts()).toBe(10)
  await advance(0.2)
  expect(restarts()).toBe(11)
  await advance(60)
  expect(restarts()).toBe(11)
  call.handleSignal(request)
  expect(restarts()).toBe(12)
})

test('fails on the twelfth new connection that the partner requests within 6 s', async () => {
  const request = (generation: number): void => {
    call.handleSignal({ description: null, candidates: [], sending: null, generation })
    partner.onStateChange('connected')
  }
  for (let generation = 1; generation <= 10; generation++) request(generation)
  await advance(6)
  request(11)
  expect(calls).not.toContain('the partner requested too many new connections')
  request(12)
  expect(calls).toContain('the partner requested too many new connections')
})

test('fails instead of creating an eleventh new connection if each path is lost at once', () => {
  const losePath = (): void => {
    for (let failure = 1; failure <= 2; failure++) partner.onStateChange('failed')
  }
  for (let time = 1; time <= 10; time++) {
    losePath()
    partner.onStateChange('connected')
  }
  expect(calls.at(-1)).toBe('(none)')
  losePath()
  expect(calls.at(-1)).toBe('no media path to the partner')
})

test('reports changes of the partner’s `sending` at a limited rate, ending with the latest state', async () => {
  const toggle = (audio: boolean): void =>
    call.handleSignal({
      description: null,
      candidates: [],
      sending: { audio, video: true },
      generation: null,
    })
  const reported = (): string[] => calls.filter((each) => each === 'audible' || each === 'muted')
  toggle(true)
  toggle(true)
  expect(reported()).toEqual(['audible'])
  for (let time = 1; time <= 1000; time++) toggle(time % 2 === 0)
  expect(reported()).toHaveLength(10)
  expect(reported().at(-1)).toBe('muted')
  toggle(false)
  toggle(true)
  await advance(1)
  expect(reported()).toHaveLength(11)
  expect(reported().at(-1)).toBe('audible')
})
