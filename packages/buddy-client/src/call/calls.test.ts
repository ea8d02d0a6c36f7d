// Checks which peer connections may reveal the user's IP address, and when the client prepares the next
// call.
import type { ClientMessage, MessageOf } from '@buddy-chat/protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Emitter } from '../emitter.ts'
import type { ClientEvents } from '../events.ts'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { BuddyClientOptions } from '../options.ts'
import { resolveOptions } from '../options.ts'
import { Calls } from './calls.ts'
import type { Room } from './room.ts'

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

/** The ICE transport policies with which connections were created ("made") or configured later ("set"). */
let policies: string[]
let connections: Connection[]
let sent: ClientMessage[]
/** The callbacks of the room that were called. */
let reported: string[]
let clock: ManualClock
let calls: Calls
let room: Room

class Connection extends EventTarget {
  connectionState = 'new'
  signalingState = 'stable'
  constructor({ iceTransportPolicy, bundlePolicy }: RTCConfiguration) {
    super()
    // A connection without a bundle policy only tests whether the browser accepts the ICE servers.
    if (!bundlePolicy) return
    policies.push(`made ${iceTransportPolicy}`)
    connections.push(this)
  }
  setConfiguration({ iceTransportPolicy }: RTCConfiguration): void {
    policies.push(`set ${iceTransportPolicy}`)
  }
  /** The error with which `replaceTrack` of the senders rejects; undefined if it succeeds. */
  refusal: Error | undefined
  readonly encodings: { maxBitrate?: number }[] = [{}]
  readonly tracks: unknown[] = []
  restarts = 0
  isClosed = false
  getTransceivers = () => []
  getSenders = () => [
    {
      track: { kind: 'audio' },
      replaceTrack: async (track: unknown) => {
        if (this.refusal) throw this.refusal
        this.tracks.push(track)
      },
      getParameters: () => ({ encodings: this.encodings }),
      setParameters: () => Promise.resolve(),
    },
  ]
  getStats = () => Promise.resolve(new Map())
  addTransceiver(): void {}
  localDescription: RTCSessionDescriptionInit | undefined
  async setLocalDescription(): Promise<void> {
    this.localDescription = { type: 'offer', sdp: 'v=0' }
  }
  restartIce(): void {
    this.restarts++
  }
  close(): void {
    this.isClosed = true
  }
  connects(): void {
    this.connectionState = 'connected'
    this.dispatchEvent(new Event('connectionstatechange'))
  }
}

function enter(options: BuddyClientOptions): void {
  begin(options)
  meet()
}

function begin(options: BuddyClientOptions): void {
  calls = new Calls({
    environment: {
      clock,
      hasWebRtc: () => true,
      createVeil: () => ({ cover: () => undefined, close: () => undefined }),
      preparesCalls: true,
      isHidden: () => false,
      createConnection: (configuration) =>
        new Connection(configuration) as unknown as RTCPeerConnection,
    },
    events: new Emitter<ClientEvents>(),
    localStream: () => undefined,
    sending: () => ({ audio: true, video: true }),
    send: (message) => {
      sent.push(message)
      return true
    },
    onIceUrlsRefused: () => undefined,
  })
  calls.begin(resolveOptions(options))
  calls.setIceServers([turn])
}

function meet(match: MessageOf<'matched'> = matched): void {
  room = calls.enter(match, null, {
    onConnected: () => reported.push('connected'),
    onInterrupted: () => reported.push('interrupted'),
    onFailed: ({ code }) => reported.push(code),
  })
  room.open()
}

let generation = 0
/**
 * Performs every operation that creates or changes a connection: new ICE servers, a new connection for this
 * partner, a connection that can answer the next partner, and an offer for the next partner. Returns the
 * transport policies that were used meanwhile.
 */
function change(): string[] {
  calls.setIceServers([{ ...turn, credential: `c${generation}` }])
  const empty = { type: 'signal', description: null, candidates: [], sending: null } as const
  room.handleMessage({ ...empty, generation: ++generation })
  calls.handleQueued()
  void calls.takeOffer()
  calls.end()
  return policies.splice(0)
}

beforeEach(() => {
  vi.stubGlobal('MediaStream', EventTarget)
  policies = []
  connections = []
  sent = []
  reported = []
  clock = new ManualClock()
  generation = 0
})
afterEach(() => {
  calls.close()
  calls.end()
  expect(clock.pending).toBe(0)
  vi.unstubAllGlobals()
})

describe("the user's address", () => {
  const hidden = ['set relay', 'made relay', 'made relay', 'made relay']

  test('with `relayUntilTrusted`, is revealed once both users agree, but not in the next room', () => {
    enter({ relayUntilTrusted: true })
    expect(policies.splice(0)).toEqual(['made relay'])
    expect(change()).toEqual(hidden)
    room.trust()
    expect(change()).toEqual(hidden)
    room.handleMessage({ type: 'trust' })
    expect(policies.splice(0)).toEqual(['set all'])
    expect(change()).toEqual(['set all', 'made all', 'made relay', 'made relay'])
  })

  test('with `relayUntilTrusted`, stays hidden if only the partner agrees, even repeatedly', () => {
    enter({ relayUntilTrusted: true })
    for (let time = 1; time <= 3; time++) room.handleMessage({ type: 'trust' })
    policies = []
    expect(change()).toEqual(hidden)
  })

  test('with `relayOnly`, stays hidden even if both users agree', () => {
    enter({ relayOnly: true, relayUntilTrusted: true })
    room.trust()
    room.handleMessage({ type: 'trust' })
    policies = []
    expect(change()).toEqual(hidden)
  })

  test('in text mode, stays hidden because no signal creates a connection', () => {
    enter({ mode: 'text' })
    const empty = { type: 'signal', candidates: [], sending: null } as const
    const description = { type: 'offer', sdp: 'v=0' } as const
    room.handleMessage({ ...empty, description, generation: null })
    room.handleMessage({ ...empty, description: null, generation: 1 })
    calls.handleQueued()
    void calls.takeOffer()
    clock.advance(60_000)
    expect(policies).toEqual([])
  })
})

describe('the connection for the next call', () => {
  test('is created 1.5 s after the present call has connected', () => {
    enter({})
    connections[0]?.connects()
    clock.advance(1499)
    expect(connections).toHaveLength(1)
    clock.advance(1)
    expect(connections).toHaveLength(2)
  })

  test('is not created if the room is closed within these 1.5 s', () => {
    enter({})
    connections[0]?.connects()
    calls.close()
    clock.advance(60_000)
    expect(connections).toHaveLength(1)
  })

  test('is replaced 1.5 s after the network has changed during a call', async () => {
    enter({})
    connections[0]?.connects()
    await clock.advanceAsync(1500)
    calls.handleNetworkChange()
    expect(connections).toHaveLength(2)
    clock.advance(1500)
    expect(connections).toHaveLength(3)
  })

  test('is replaced at once if the network changes outside a call', async () => {
    enter({})
    connections[0]?.connects()
    await clock.advanceAsync(1500)
    calls.close()
    calls.handleNetworkChange()
    expect(connections).toHaveLength(3)
  })

  test('is replaced at once if the ICE servers change outside a call', async () => {
    begin({})
    void calls.takeOffer()
    calls.close()
    calls.setIceServers([{ ...turn, credential: 'renewed' }])
    await clock.advanceAsync(0)
    expect(connections.map(({ isClosed }) => isClosed)).toEqual([true, false])
  })

  test('is closed at the end of a run', async () => {
    begin({})
    calls.handleQueued()
    calls.end()
    expect(connections.map(({ isClosed }) => isClosed)).toEqual([true])
  })
})

describe('a call', () => {
  test('ends when the next one begins', () => {
    enter({})
    meet()
    expect(connections.map(({ isClosed }) => isClosed)).toEqual([true, false])
    connections[0]?.connects()
    connections[1]?.connects()
    expect(reported).toEqual(['connected'])
  })

  test('restarts ICE when the network changes', () => {
    begin({})
    meet({ ...matched, isPolite: false })
    connections[0]?.connects()
    calls.handleNetworkChange()
    expect(connections[0]?.restarts).toBe(1)
  })

  test('applies low-data mode if it was turned on before the call', async () => {
    begin({})
    calls.setLowData(true)
    meet()
    await clock.advanceAsync(0)
    expect(connections[0]?.encodings).toEqual([{ maxBitrate: 16_000 }])
    calls.setLowData(false)
    await clock.advanceAsync(0)
    expect(connections[0]?.encodings).toEqual([{}])
  })

  test('sends a new track at once, as does the connection for the next call', async () => {
    enter({})
    connections[0]?.connects()
    await clock.advanceAsync(1500)
    const track = { kind: 'audio' } as MediaStreamTrack
    await calls.replaceTrack(track)
    expect(connections.map(({ tracks }) => tracks)).toEqual([[track], [track]])
  })

  test('rejects with `media-failed` if the browser cannot send a new track', async () => {
    enter({})
    for (const connection of connections) connection.refusal = new TypeError('refused')
    const replaced = calls.replaceTrack({ kind: 'audio' } as MediaStreamTrack)
    await expect(replaced).rejects.toMatchObject({ code: 'media-failed' })
  })

  test('uses the prepared connection if the server has passed its offer to the partner', async () => {
    begin({})
    expect(await calls.takeOffer()).toMatchObject({ description: { type: 'offer' } })
    meet({ ...matched, isOffered: true, isPolite: false })
    await clock.advanceAsync(100)
    expect([connections.length, sent]).toEqual([1, []])
  })

  test('sends an offer with generation 1 if the connection of the earlier offer is gone', async () => {
    begin({})
    calls.handleQueued()
    meet({ ...matched, isOffered: true, isPolite: false })
    await clock.advanceAsync(0)
    expect(connections.map(({ isClosed }) => isClosed)).toEqual([true, false])
    expect(sent).toMatchObject([{ type: 'signal', description: { type: 'offer' }, generation: 1 }])
  })
})
