// Which connections of a room may show one's address: none before both trust each other.
import type { MessageOf, Mode } from '@buddy-chat/protocol'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { ClientEnvironment } from '../browser-environment.ts'
import { CallSetup } from './call-setup.ts'
import { Emitter } from '../emitter.ts'
import type { ClientEvents } from '../events.ts'
import type { BuddyClientOptions } from '../options.ts'
import { resolveOptions } from '../options.ts'
import { Room } from './room.ts'

const turn = { urls: ['turn:turn.example'], username: 'u', credential: 'c' }
const matched: MessageOf<'matched'> = {
  type: 'matched',
  room: 'room',
  isPolite: true,
  partnerName: 'Bob',
  interests: [],
  isOffered: false,
  roomToken: null,
}

/** What connections were made with, and what they were set to later, in order. */
let policies: string[]
let room: Room
let setup: CallSetup

class Connection extends EventTarget {
  connectionState = 'new'
  signalingState = 'stable'
  constructor({ iceTransportPolicy, bundlePolicy }: RTCConfiguration) {
    super()
    // One that only tries the ICE servers is closed at once.
    if (bundlePolicy) policies.push(`made ${iceTransportPolicy}`)
  }
  setConfiguration({ iceTransportPolicy }: RTCConfiguration): void {
    policies.push(`set ${iceTransportPolicy}`)
  }
  getTransceivers = () => []
  getSenders = () => []
  getStats = () => Promise.resolve(new Map())
  addTransceiver(): void {}
  setLocalDescription = () => Promise.resolve()
  restartIce(): void {}
  close(): void {}
}

function enter(options: BuddyClientOptions, mode: Mode = 'video'): void {
  const environment = {
    hasWebRtc: () => true,
    preparesCalls: true,
    isHidden: () => false,
    clock: new ManualClock(),
    createConnection: (configuration: RTCConfiguration) => new Connection(configuration),
  } as unknown as ClientEnvironment
  setup = new CallSetup({
    environment,
    localStream: () => undefined,
    onIceUrlsRefused: () => undefined,
  })
  setup.begin(resolveOptions(options))
  setup.setIceServers([turn], false)
  room = new Room({
    matched,
    mode,
    setup,
    sending: { audio: true, video: true },
    toldSending: null,
    environment,
    events: new Emitter<ClientEvents>(),
    send: () => true,
    onConnected: () => undefined,
    onInterrupted: () => undefined,
    onFailed: () => undefined,
  })
  room.open()
}

let generation = 0
/** Everything that makes or changes a connection: other servers, one the partner wants anew, the next call's. */
function change(): string[] {
  setup.setIceServers([{ ...turn, credential: `c${generation}` }], false)
  room.handleIceServers()
  const empty = { type: 'signal', description: null, candidates: [], sending: null } as const
  room.handleMessage({ ...empty, generation: ++generation })
  setup.prepareAnswer()
  setup.preparation.discard()
  return policies.splice(0)
}

beforeEach(() => {
  vi.stubGlobal('MediaStream', EventTarget)
  policies = []
  generation = 0
})
afterEach(() => {
  room.close()
  vi.unstubAllGlobals()
})

test('until trusted: one side alone opens nothing, both open this room and not the next', () => {
  enter({ relayUntilTrusted: true })
  expect(policies.splice(0)).toEqual(['made relay'])
  const hidden = ['set relay', 'made relay', 'made relay']
  expect(change()).toEqual(hidden)
  room.trust()
  expect(change()).toEqual(hidden)
  room.handleMessage({ type: 'trust' })
  expect(policies.splice(0)).toEqual(['set all'])
  expect(change()).toEqual(['set all', 'made all', 'made relay'])
})

test('until trusted: a partner who trusts, however often, opens nothing', () => {
  enter({ relayUntilTrusted: true })
  for (let time = 1; time <= 3; time++) room.handleMessage({ type: 'trust' })
  policies = []
  expect(change()).toEqual(['set relay', 'made relay', 'made relay'])
})

test('relay only: nothing that is said opens anything', () => {
  enter({ relayOnly: true, relayUntilTrusted: true })
  room.trust()
  room.handleMessage({ type: 'trust' })
  policies = []
  expect(change()).toEqual(['set relay', 'made relay', 'made relay'])
})

test('in a text room no signal opens a connection', () => {
  enter({ mode: 'text' }, 'text')
  const empty = { type: 'signal', candidates: [], sending: null } as const
  const description = { type: 'offer', sdp: 'v=0' } as const
  room.handleMessage({ ...empty, description, generation: null })
  room.handleMessage({ ...empty, description: null, generation: 1 })
  expect(policies).toEqual([])
})
