import { expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { ClientEnvironment } from '../browser-environment.ts'
import { CallSetup } from './call-setup.ts'
import type { BuddyClientOptions } from '../options.ts'
import { resolveOptions } from '../options.ts'

const turn = { urls: ['turn:turn.example'], username: 'u', credential: 'c' }

/** A setup in a browser that says what its connections were made with. */
function setUp(options: BuddyClientOptions) {
  const policies: unknown[] = []
  const refused: string[] = []
  class Connection extends EventTarget {
    close(): void {}
    getTransceivers = () => []
    addTransceiver(): void {}
    setLocalDescription = () => Promise.resolve()
  }
  const environment = {
    hasWebRtc: () => true,
    preparesCalls: true,
    clock: new ManualClock(),
    createConnection: ({ iceServers, iceTransportPolicy, bundlePolicy }: RTCConfiguration) => {
      if (iceServers?.some(({ urls }) => [urls].flat().some((url) => url.includes('//')))) {
        throw new SyntaxError('refused')
      }
      // One that only tries the ICE servers is closed at once.
      if (bundlePolicy) policies.push(iceTransportPolicy)
      return new Connection() as unknown as RTCPeerConnection
    },
  } as unknown as ClientEnvironment
  const setup = new CallSetup({
    environment,
    localStream: () => undefined,
    onIceUrlsRefused: (urls) => refused.push(...urls),
  })
  setup.begin(resolveOptions(options))
  setup.setIceServers([turn], false)
  return { setup, policies, refused }
}

test('until trusted: a new connection to a trusted partner is open, the next partner’s is not', () => {
  const { setup, policies } = setUp({ relayUntilTrusted: true })
  setup.createLink()
  setup.createLink(true)
  setup.prepareAnswer()
  setup.preparation.prepareOffer()
  expect(policies).toEqual(['relay', 'all', 'relay', 'relay'])
})

test('until trusted: renewed ICE servers open nothing by themselves, and close nothing', () => {
  const { setup } = setUp({ relayUntilTrusted: true })
  const renewed = { ...turn, credential: 'renewed' }
  setup.setIceServers([renewed], false)
  expect(setup.configuration(false)).toMatchObject({
    iceServers: [renewed],
    iceTransportPolicy: 'relay',
  })
  expect(setup.configuration(true)).toMatchObject({ iceTransportPolicy: 'all' })
})

test('trust does not open what is to be hidden always', () => {
  const { setup, policies } = setUp({ relayOnly: true, relayUntilTrusted: true })
  setup.createLink(true)
  expect(policies).toEqual(['relay'])
})

test.for([{ relayOnly: true }, { relayUntilTrusted: true }])(
  '%j without a TURN server is refused, but not in text mode',
  (options) => {
    const { setup } = setUp(options)
    expect(setup.refusal).toBeUndefined()
    setup.setIceServers([{ ...turn, urls: ['stun:stun.example'] }], false)
    expect(setup.refusal?.code).toBe('relay-unavailable')
    const text = setUp({ ...options, mode: 'text' }).setup
    text.setIceServers([], false)
    expect(text.refusal).toBeUndefined()
  },
)

test('ICE URLs that the browser refuses are left out, also of renewed ones, and reported once', () => {
  const { setup, refused } = setUp({})
  const stun = { urls: ['stun://s'], username: null, credential: null }
  for (const credential of ['first', 'renewed']) {
    setup.setIceServers([stun, { ...turn, urls: ['turn:t', 'turn://t'], credential }], false)
    expect(setup.configuration(false).iceServers).toEqual([
      { ...turn, urls: ['turn:t'], credential },
    ])
  }
  expect(refused).toEqual(['stun://s', 'turn://t'])
})

test('a call that is to hide the address is refused where the browser refuses every TURN URL', () => {
  const { setup, refused } = setUp({ relayOnly: true })
  const stun = { urls: ['stun:s'], username: null, credential: null }
  setup.setIceServers([{ ...turn, urls: ['turn://t'] }, stun], false)
  expect(setup.refusal?.code).toBe('relay-unavailable')
  expect(refused).toEqual(['turn://t'])
})
