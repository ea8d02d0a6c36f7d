// Checks that no peer connection ever has the clear picture before both users have agreed.
import type { MessageOf } from '@buddy-chat/protocol'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Emitter } from '../emitter.ts'
import type { BuddyError } from '../errors.ts'
import type { ClientEvents } from '../events.ts'
import { ManualClock } from '../manual-clock.fixture.ts'
import { resolveOptions } from '../options.ts'
import { Calls } from './calls.ts'
import type { Room } from './room.ts'

const matched: MessageOf<'matched'> = {
  type: 'matched',
  room: 'room',
  isPolite: true,
  partnerName: 'Bob',
  interests: [],
  isOffered: false,
  roomToken: null,
}

class Stream {
  readonly tracks: readonly MediaStreamTrack[]
  constructor(tracks: readonly MediaStreamTrack[] = []) {
    this.tracks = tracks
  }
  getTracks = () => this.tracks
}

const track = (kind: string, id: string) =>
  ({ kind, id, getSettings: () => ({}) }) as MediaStreamTrack

interface Sender {
  track: MediaStreamTrack | null
}

class Connection extends EventTarget {
  connectionState = 'new'
  signalingState = 'stable'
  iceGatheringState = 'complete'
  readonly senders: Sender[] = []
  constructor(configuration: RTCConfiguration) {
    super()
    // A connection without a bundle policy only tests whether the browser accepts the ICE servers.
    if (configuration.bundlePolicy) connections.push(this)
  }
  addTrack(added: MediaStreamTrack): void {
    this.senders.push({
      track: added,
      replaceTrack(other: MediaStreamTrack | null) {
        if (refuses(other)) return Promise.reject(new TypeError('refused'))
        this.track = other
        return Promise.resolve()
      },
      getParameters: () => ({ encodings: [] }),
      setParameters: () => Promise.resolve(),
    } as Sender)
  }
  getSenders = () => this.senders
  getTransceivers = () => []
  addTransceiver(): void {}
  getStats = () => Promise.resolve(new Map())
  localDescription: RTCSessionDescriptionInit | undefined
  async setLocalDescription(): Promise<void> {
    this.localDescription = { type: 'offer', sdp: 'v=0' }
  }
  setConfiguration(): void {}
  restartIce(): void {}
  close(): void {}
}

let connections: Connection[]
let local: MediaStreamTrack[]
let canCover: boolean
let refuses: (track: MediaStreamTrack | null) => boolean
let clock: ManualClock
let calls: Calls
let room: Room
let errors: BuddyError[]
let reveals: ClientEvents['reveal'][]

beforeEach(() => {
  vi.stubGlobal('MediaStream', Stream)
  connections = []
  local = [track('video', 'camera'), track('audio', 'microphone')]
  canCover = true
  refuses = () => false
  errors = []
  reveals = []
  clock = new ManualClock()
  const events = new Emitter<ClientEvents>()
  events.on('error', (error) => errors.push(error))
  events.on('reveal', (reveal) => reveals.push(reveal))
  calls = new Calls({
    environment: {
      clock,
      hasWebRtc: () => true,
      createVeil: () => ({
        cover: ({ kind }) => (canCover ? track(kind, `covered ${kind}`) : undefined),
        close: () => undefined,
      }),
      preparesCalls: true,
      isHidden: () => false,
      createConnection: (configuration) =>
        new Connection(configuration) as unknown as RTCPeerConnection,
    },
    events,
    localStream: () => new Stream(local) as unknown as MediaStream,
    sending: () => ({ audio: true, video: true }),
    send: () => true,
    onIceUrlsRefused: () => undefined,
  })
  calls.begin(resolveOptions({ reveal: 'mutual' }))
  enter()
})
afterEach(() => {
  calls.close()
  calls.end()
  expect(clock.pending).toBe(0)
  vi.unstubAllGlobals()
})

function enter(): void {
  room = calls.enter(matched, null, {
    onConnected: () => undefined,
    onInterrupted: () => undefined,
    onFailed: () => undefined,
  })
  room.open()
}

const partnerAgrees = (isGiven: boolean): void =>
  room.handleMessage({ type: 'consent', topic: 'picture', isGiven })

/** Requests a new connection for this partner, as the partner's client does after a lost path. */
function rebuild(generation: number): void {
  const empty = { type: 'signal', description: null, candidates: [], sending: null } as const
  room.handleMessage({ ...empty, generation })
}

/** Prepares both kinds of connection for the next partner. */
function prepare(): void {
  calls.handleQueued()
  void calls.takeOffer()
}

/** Returns what each connection sends as video at present; audio comes first. */
const pictures = (): (string | undefined)[] =>
  connections.map(({ senders }) => senders[1]?.track?.id)

test('is in no connection before both users have agreed', async () => {
  expect(pictures()).toEqual(['covered video'])
  rebuild(1)
  prepare()
  room.setRevealed(true)
  rebuild(2)
  local = [track('video', 'other camera'), local[1]!]
  await calls.replaceTrack(local[0]!)
  prepare()
  expect(new Set(pictures())).toEqual(new Set(['covered video']))
  room.setRevealed(false)
  partnerAgrees(true)
  rebuild(3)
  expect(new Set(pictures())).toEqual(new Set(['covered video']))
})

test('is sent while both agree, also by a new connection, and never by that of the next partner', async () => {
  room.setRevealed(true)
  partnerAgrees(true)
  expect(pictures()).toEqual(['camera'])
  local = [track('video', 'other camera'), local[1]!]
  await calls.replaceTrack(local[0]!)
  expect(pictures()).toEqual(['other camera'])
  rebuild(1)
  prepare()
  expect(pictures().slice(1)).toEqual(['other camera', 'covered video', 'covered video'])
  enter()
  expect(pictures().at(-1)).toBe('covered video')
  expect(reveals.map(({ isRevealed }) => isRevealed)).toEqual([false, false, true, false])
})

test.for([
  ['the user', () => room.setRevealed(false)],
  ['the partner', () => partnerAgrees(false)],
] as const)('is replaced in the same turn when %s withdraws', ([, withdraw]) => {
  room.setRevealed(true)
  partnerAgrees(true)
  withdraw()
  expect(pictures()).toEqual(['covered video'])
})

test('is replaced by nothing if the browser cannot draw or send the coarse picture', async () => {
  for (const fail of [
    () => (canCover = false),
    () => (refuses = (sent) => sent?.id === 'covered video'),
  ]) {
    canCover = true
    enter()
    room.setRevealed(true)
    partnerAgrees(true)
    fail()
    room.setRevealed(false)
    await clock.advanceAsync(0)
    expect(pictures().at(-1)).toBeUndefined()
  }
  expect(errors.map(({ code }) => code)).toEqual(['media-failed'])
})

test('is not added by a change of camera that began before the user withdrew', async () => {
  local = [local[1]!]
  enter()
  room.setRevealed(true)
  partnerAgrees(true)
  const camera = track('video', 'camera')
  local = [camera, local[0]!]
  const replaced = calls.replaceTrack(camera)
  room.setRevealed(false)
  await replaced
  const { senders } = connections.at(-1)!
  expect(senders.map(({ track: sent }) => sent?.id)).toEqual(['microphone', 'covered video'])
})

test('stops at once when the call ends while a description is being set', async () => {
  room.setRevealed(true)
  partnerAgrees(true)
  const [connection] = connections
  let describe: () => void = () => undefined
  connection!.setLocalDescription = () => new Promise<void>((resolve) => (describe = resolve))
  Object.assign(connection!, { setRemoteDescription: () => Promise.resolve() })
  room.handleMessage({
    type: 'signal',
    description: { type: 'offer', sdp: 'v=0' },
    candidates: [],
    sending: null,
    generation: null,
  })
  await clock.advanceAsync(0)
  calls.close()
  expect(connection!.senders.map(({ track: sent }) => sent)).toEqual([null, null])
  describe()
})
