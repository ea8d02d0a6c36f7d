import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import { PeerCall } from './peer-call.ts'
import type { LinkPartner, PeerLink } from './peer-link.ts'

/** How much comes and goes in a second. */
let clock: ManualClock
let flow: { received: number; reports: boolean; sent: number }
let call: PeerCall
let partner: LinkPartner
let done: string[]
/** What the link says of its path. */
let isConnected: boolean
const last = (seconds: number): Promise<void> => clock.advanceAsync(1000 * seconds)

/** A link whose statistics grow as `flow` says. */
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
    restartIce: () => done.push('restart'),
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
  done = []
  isConnected = true
  call = begin(false)
})
afterEach(() => {
  call.close()
  expect(clock.pending).toBe(0)
  vi.unstubAllGlobals()
})

/** A call that has just found a path. */
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
    onPartnerSending: ({ audio }) => done.push(audio ? 'heard' : 'muted'),
    onQuality: () => done.push('quality'),
    onStep: (step) => done.push(`(${step})`),
    onFailed: ({ message }) => done.push(message),
  })
  partner.onStateChange('connected')
  return begun
}

test('quality is told while there is a path, and no more after the end', async () => {
  await last(6)
  expect(done).toEqual(['(none)', 'quality', 'quality'])
  call.close()
  await last(20)
  expect(done).toHaveLength(3)
})

test('while another path is looked for nothing is measured', async () => {
  await last(4)
  isConnected = false
  partner.onStateChange('failed')
  expect(done.splice(0)).toEqual(['(none)', 'quality', '(restarting)', 'restart'])
  await last(6)
  expect(done).toEqual([])
})

test('what comes before the partner’s answer is the path of before, and ends no restart', async () => {
  call.handleNetworkChange()
  isConnected = false
  await last(1.5)
  flow = { received: 0, reports: false, sent: 100 }
  await last(3)
  expect(done.splice(0)).toEqual(['(none)', 'restart', '(restarting)'])
  // The partner has answered, and the browser has seen nothing of all this.
  isConnected = true
  await last(2)
  expect(done).toEqual([])
  flow = { received: 100, reports: true, sent: 100 }
  await last(2.5)
  expect(done.splice(0)).toEqual(['(none)'])
  await last(20)
  expect(done).not.toContain('(rebuilding)')
})

test('a restart is not over while nothing comes, whatever the browser says', async () => {
  call.handleNetworkChange()
  flow = { received: 0, reports: false, sent: 100 }
  await last(8)
  expect(done).toContain('(rebuilding)')
})

test.each([
  ['a partner who sends nothing but reports', { received: 0, reports: true, sent: 100 }],
  ['two who send nothing', { received: 0, reports: false, sent: 0 }],
])('%s are left alone when the server comes back', async (_who, quiet) => {
  await last(4)
  flow = quiet
  await last(20)
  call.handleReachable()
  await last(20)
  expect(done).not.toContain('restart')
})

test('the server is back and nothing comes: the path is not waited for', async () => {
  await last(1)
  flow = { received: 0, reports: false, sent: 100 }
  call.handleReachable()
  await last(1)
  expect(done).toEqual(['(none)', '(restarting)', 'restart'])
})

test('another network, and the path lasts: another is looked for, and nobody is told of an interruption', async () => {
  call.handleNetworkChange()
  await last(20)
  expect(done.filter((each) => each !== 'quality')).toEqual(['(none)', 'restart'])
})

test('another network, and silence: an interruption that ends with what comes, though the browser saw none', async () => {
  await last(1)
  flow = { received: 0, reports: false, sent: 100 }
  call.handleNetworkChange()
  isConnected = false
  await last(4)
  expect(done).toEqual(['(none)', 'restart', '(restarting)'])
  isConnected = true
  flow = { received: 100, reports: true, sent: 100 }
  await last(2.5)
  expect(done.splice(3)).toEqual(['(none)'])
})

test('silence on a path that the browser doubts ends when the browser says so', async () => {
  await last(1)
  flow = { received: 0, reports: false, sent: 100 }
  call.handleNetworkChange()
  isConnected = false
  await last(1)
  partner.onStateChange('disconnected')
  flow = { received: 100, reports: true, sent: 100 }
  await last(4)
  expect(done).toEqual(['(none)', 'restart', '(restarting)'])
  isConnected = true
  partner.onStateChange('connected')
  expect(done.at(-1)).toBe('(none)')
})

test('a partner who asks for one connection after the other is broken; one with trouble now and then is not', () => {
  const ask = (generation: number): void =>
    call.handleSignal({ description: null, candidates: [], sending: null, generation })
  for (let generation = 1; generation <= 40; generation++) {
    ask(generation)
    partner.onStateChange('connected')
    clock.sleep(6000)
  }
  for (let generation = 41; generation <= 45; generation++) ask(generation)
  expect(done.at(-1)).toBe('(rebuilding)')
  ask(46)
  expect(done.at(-1)).toBe('the partner requested too many new connections')
})

test.each([
  ['the impolite side offers a new connection', false, ['(rebuilding)']],
  ['the polite side asks for the offer of a new connection', true, ['(rebuilding)', 'restart']],
])('a restart that does not help: %s', async (_what, isPolite, expected) => {
  call.close()
  done = []
  call = begin(isPolite)
  isConnected = false
  partner.onStateChange('failed')
  expect(done.splice(0)).toEqual(['(none)', '(restarting)', 'restart'])
  await last(7)
  expect(done).toEqual(expected)
})

test('requests for a restart that is under way are one', () => {
  const request = { description: null, candidates: [], sending: null, generation: null }
  call.handleSignal(request)
  isConnected = false
  call.handleSignal(request)
  expect(done).toEqual(['(none)', 'restart'])
  isConnected = true
  call.handleSignal(request)
  expect(done).toEqual(['(none)', 'restart', 'restart'])
})

test('an end while the path is looked at leaves no timer', async () => {
  call.handleReachable()
  await last(0.5)
  call.close()
  expect(clock.pending).toBe(0)
})

test('a hundred requests for a restart are ten at once, then one in two seconds, and none is lost', async () => {
  const request = { description: null, candidates: [], sending: null, generation: null }
  const restarts = (): number => done.filter((each) => each === 'restart').length
  for (let time = 1; time <= 100; time++) call.handleSignal(request)
  expect(restarts()).toBe(10)
  await last(1.9)
  expect(restarts()).toBe(10)
  await last(0.2)
  expect(restarts()).toBe(11)
  await last(60)
  expect(restarts()).toBe(11)
  call.handleSignal(request)
  expect(restarts()).toBe(12)
})

test('new connections that come about are bounded in time: the twelfth in a minute ends the call', async () => {
  const ask = (generation: number): void => {
    call.handleSignal({ description: null, candidates: [], sending: null, generation })
    partner.onStateChange('connected')
  }
  for (let generation = 1; generation <= 10; generation++) ask(generation)
  await last(6)
  ask(11)
  expect(done).not.toContain('the partner requested too many new connections')
  ask(12)
  expect(done).toContain('the partner requested too many new connections')
})

test('a path that is lost as soon as it is there leads to no more new connections than that', () => {
  const loseIt = (): void => {
    for (let failure = 1; failure <= 2; failure++) partner.onStateChange('failed')
  }
  for (let time = 1; time <= 10; time++) {
    loseIt()
    partner.onStateChange('connected')
  }
  expect(done.at(-1)).toBe('(none)')
  loseIt()
  expect(done.at(-1)).toBe('no media path to the partner')
})

test('a partner who mutes and unmutes all the time is shown now and then, and at last as it is', async () => {
  const toggle = (audio: boolean): void =>
    call.handleSignal({
      description: null,
      candidates: [],
      sending: { audio, video: true },
      generation: null,
    })
  const shown = (): string[] => done.filter((each) => each === 'heard' || each === 'muted')
  toggle(true)
  toggle(true)
  expect(shown()).toEqual(['heard'])
  for (let time = 1; time <= 1000; time++) toggle(time % 2 === 0)
  expect(shown()).toHaveLength(10)
  expect(shown().at(-1)).toBe('muted')
  toggle(false)
  toggle(true)
  await last(1)
  expect(shown()).toHaveLength(11)
  expect(shown().at(-1)).toBe('heard')
})
