import { expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { BuddyClientOptions } from '../options.ts'
import { resolveOptions } from '../options.ts'
import type { CallEnvironment } from './call-environment.ts'
import { CallSetup } from './call-setup.ts'
import { OutgoingMedia } from './outgoing-media.ts'

const turn = { urls: ['turn:turn.example'], username: 'u', credential: 'c' }

/** Creates a setup in a fake browser that records the ICE transport policy of each connection. */
function setUp(options: BuddyClientOptions) {
  const policies: unknown[] = []
  const refused: string[] = []
  class Connection extends EventTarget {
    close(): void {}
    getTransceivers = () => []
    addTransceiver(): void {}
    setLocalDescription = () => Promise.resolve()
  }
  const environment: CallEnvironment = {
    isHidden: () => false,
    hasWebRtc: () => true,
    createVeil: () => ({ cover: () => undefined, close: () => undefined }),
    preparesCalls: true,
    clock: new ManualClock(),
    createConnection: ({ iceServers, iceTransportPolicy, bundlePolicy }: RTCConfiguration) => {
      if (iceServers?.some(({ urls }) => [urls].flat().some((url) => url.includes('//')))) {
        throw new SyntaxError('refused')
      }
      // A connection without a bundle policy only tests whether the browser accepts the ICE servers.
      if (bundlePolicy) policies.push(iceTransportPolicy)
      return new Connection() as unknown as RTCPeerConnection
    },
  }
  const setup = new CallSetup({
    environment,
    outgoing: new OutgoingMedia({
      localStream: () => undefined,
      createVeil: environment.createVeil,
    }),
    onIceUrlsRefused: (urls) => refused.push(...urls),
  })
  setup.begin(resolveOptions(options))
  setup.setIceServers([turn])
  return { setup, policies, refused }
}

test('with `relayUntilTrusted`, creates relayed links unless the partner is trusted', () => {
  const { setup, policies } = setUp({ relayUntilTrusted: true })
  setup.createLink()
  setup.createLink(true)
  expect(policies).toEqual(['relay', 'all'])
})

test('with `relayUntilTrusted`, keeps the transport policy when the ICE servers change', () => {
  const { setup } = setUp({ relayUntilTrusted: true })
  const renewed = { ...turn, credential: 'renewed' }
  setup.setIceServers([renewed])
  expect(setup.configuration(false)).toMatchObject({
    iceServers: [renewed],
    iceTransportPolicy: 'relay',
  })
  expect(setup.configuration(true)).toMatchObject({ iceTransportPolicy: 'all' })
})

test('with `relayOnly`, creates relayed links even if the partner is trusted', () => {
  const { setup, policies } = setUp({ relayOnly: true, relayUntilTrusted: true })
  setup.createLink(true)
  expect(policies).toEqual(['relay'])
})

test.for([{ relayOnly: true }, { relayUntilTrusted: true }])(
  'refuses options %j if there is no TURN server, except in text mode',
  (options) => {
    const { setup } = setUp(options)
    expect(setup.refusal).toBeUndefined()
    setup.setIceServers([{ ...turn, urls: ['stun:stun.example'] }])
    expect(setup.refusal?.code).toBe('relay-unavailable')
    const text = setUp({ ...options, mode: 'text' }).setup
    text.setIceServers([])
    expect(text.refusal).toBeUndefined()
  },
)

test('omits ICE URLs that the browser rejects, and reports each URL once', () => {
  const { setup, refused } = setUp({})
  const stun = { urls: ['stun://s'], username: null, credential: null }
  for (const credential of ['first', 'renewed']) {
    setup.setIceServers([stun, { ...turn, urls: ['turn:t', 'turn://t'], credential }])
    expect(setup.configuration(false).iceServers).toEqual([
      { ...turn, urls: ['turn:t'], credential },
    ])
  }
  expect(refused).toEqual(['stun://s', 'turn://t'])
})

test('refuses `relayOnly` if the browser rejects every TURN URL', () => {
  const { setup, refused } = setUp({ relayOnly: true })
  const stun = { urls: ['stun:s'], username: null, credential: null }
  setup.setIceServers([{ ...turn, urls: ['turn://t'] }, stun])
  expect(setup.refusal?.code).toBe('relay-unavailable')
  expect(refused).toEqual(['turn://t'])
})
