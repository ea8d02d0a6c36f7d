// Fakes of the browser functions that a client uses, so that it runs in Node. The peer connections negotiate,
// but carry no media.
import type { ClientEnvironment } from '@buddy-chat/client'

/** ICE servers with this in their URL are refused, as a browser refuses URLs that it cannot parse. */
export const refusedUrl = 'turn:refused.example'

class FakeTrack extends EventTarget {
  readonly kind: string
  readyState = 'live'
  muted = false
  enabled = true
  readonly label = ''

  constructor(kind: string) {
    super()
    this.kind = kind
  }

  getSettings(): object {
    return {}
  }

  stop(): void {
    this.readyState = 'ended'
  }
}

class FakeStream extends EventTarget {
  readonly #tracks: FakeTrack[]

  constructor(tracks: readonly FakeTrack[] = []) {
    super()
    this.#tracks = [...tracks]
  }

  getTracks(): readonly FakeTrack[] {
    return this.#tracks
  }

  addTrack(track: FakeTrack): void {
    this.#tracks.push(track)
  }

  removeTrack(track: FakeTrack): void {
    this.#tracks.splice(this.#tracks.indexOf(track), 1)
  }
}

const sdp = (type: string): string =>
  [
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    ...['audio 9 UDP/TLS/RTP/SAVPF 111', 'video 9 UDP/TLS/RTP/SAVPF 96'].flatMap((media, mid) => [
      `m=${media}`,
      'c=IN IP4 0.0.0.0',
      'a=ice-ufrag:abcd',
      'a=ice-pwd:0123456789abcdefghijklmn',
      `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
      `a=setup:${type === 'offer' ? 'actpass' : 'active'}`,
      `a=mid:${mid}`,
      'a=sendrecv',
      'a=rtcp-mux',
    ]),
    '',
  ].join('\r\n')

const candidate = {
  candidate: 'candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host generation 0 ufrag abcd',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'abcd',
}

interface Description {
  readonly type: string
  readonly sdp: string
}

/** A peer connection that is connected as soon as both descriptions are set. */
class FakeConnection extends EventTarget {
  connectionState = 'new'
  signalingState = 'stable'
  iceGatheringState = 'new'
  localDescription: Description | null = null
  remoteDescription: Description | null = null
  readonly #senders: { track: FakeTrack }[] = []

  constructor({ iceServers = [] }: RTCConfiguration) {
    super()
    if (JSON.stringify(iceServers).includes(refusedUrl)) throw new SyntaxError('invalid URL')
  }

  addTrack(track: FakeTrack): void {
    const sender = {
      track,
      getParameters: () => ({ encodings: [{}] }),
      setParameters: async () => undefined,
      replaceTrack: async (other: FakeTrack) => void (sender.track = other),
    }
    this.#senders.push(sender)
    this.#fire('negotiationneeded')
  }

  addTransceiver(): void {}

  getSenders(): readonly { track: FakeTrack }[] {
    return this.#senders
  }

  getTransceivers(): readonly object[] {
    return this.#senders.map(({ track }) => ({ receiver: { track } }))
  }

  async setLocalDescription(): Promise<void> {
    const type = this.signalingState === 'have-remote-offer' ? 'answer' : 'offer'
    this.localDescription = { type, sdp: sdp(type) }
    this.signalingState = type === 'offer' ? 'have-local-offer' : 'stable'
    this.iceGatheringState = 'gathering'
    this.#fire('icegatheringstatechange')
    this.#fire('icecandidate', { candidate: { toJSON: () => candidate } })
    this.#connectIfDescribed()
  }

  async setRemoteDescription(description: Description): Promise<void> {
    this.remoteDescription = description
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable'
    this.#connectIfDescribed()
  }

  async addIceCandidate(): Promise<void> {}

  async getStats(): Promise<ReadonlyMap<string, object>> {
    return new Map()
  }

  setConfiguration(): void {}

  restartIce(): void {
    this.#fire('negotiationneeded')
  }

  close(): void {
    this.connectionState = 'closed'
  }

  #connectIfDescribed(): void {
    const isDescribed = this.localDescription && this.remoteDescription
    if (!isDescribed || this.signalingState !== 'stable' || this.connectionState !== 'new') return
    this.connectionState = 'connected'
    for (const kind of ['audio', 'video']) this.#fire('track', { track: new FakeTrack(kind) })
    this.#fire('connectionstatechange')
  }

  #fire(type: string, fields: object = {}): void {
    queueMicrotask(() => {
      if (this.connectionState !== 'closed') {
        this.dispatchEvent(Object.assign(new Event(type), fields))
      }
    })
  }
}

type PageListener = Parameters<ClientEnvironment['watch']>[0]

/** A page in which a client runs. */
export interface FakePage {
  readonly environment: ClientEnvironment
  /** Reports to the client that the page froze or woke. */
  handle(event: 'freeze' | 'wake'): void
}

/** Creates a page with a camera and a microphone. */
export function createFakePage(
  given: Pick<ClientEnvironment, 'clock' | 'createSocket' | 'random'>,
): FakePage {
  // The client creates the stream with the partner's tracks itself.
  Object.assign(globalThis, { MediaStream: FakeStream })
  const listeners = new Set<PageListener>()
  const environment: ClientEnvironment = {
    ...given,
    probeServer: async () => 'unknown',
    watchPolicy: () => () => undefined,
    media: () => ({
      isSecureContext: true,
      mediaDevices: {
        getUserMedia: async () => new FakeStream([new FakeTrack('audio'), new FakeTrack('video')]),
        enumerateDevices: async () => [],
        addEventListener: () => undefined,
        removeEventListener: () => undefined,
      } as unknown as MediaDevices,
      allowsFeature: () => true,
      permission: async () => undefined,
      canChooseSpeaker: false,
    }),
    warn: () => undefined,
    createConnection: (configuration) =>
      new FakeConnection(configuration) as unknown as RTCPeerConnection,
    hasWebRtc: () => true,
    preparesCalls: true,
    watch: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    isHidden: () => false,
    createVeil: () => ({ cover: () => undefined, close: () => undefined }),
    baseUrl: () => undefined,
    storage: () => undefined,
  }
  return {
    environment,
    handle(event) {
      for (const listener of listeners) {
        if (event === 'freeze') listener.onFreeze()
        else listener.onWake()
      }
    },
  }
}
