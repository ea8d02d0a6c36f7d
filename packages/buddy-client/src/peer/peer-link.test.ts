import { expect, test } from 'vitest'
import type { LinkSignal } from '../signal.ts'
import { PeerLink } from './peer-link.ts'

const offer: LinkSignal = { description: { type: 'offer', sdp: 'v=0' }, candidates: [] }
const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', usernameFragment: 'old' }

/** A polite link over a connection that knows no candidate, and what it came to. */
function createLink() {
  const happened: string[] = []
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
    localDescription = { type: 'answer', sdp: 'v=0' }
    getTransceivers = () => []
    getSenders = () => [sender]
    constructor() {
      super()
      setImmediate(() => this.dispatchEvent(new Event('connectionstatechange')))
    }
    setRemoteDescription = () => Promise.resolve()
    setLocalDescription = () => Promise.resolve()
    addIceCandidate = () => Promise.reject(new DOMException('Unknown ufrag', 'OperationError'))
    close(): void {
      happened.push('closed')
    }
  }
  const link = new PeerLink({
    createConnection: () => new Connection() as unknown as RTCPeerConnection,
    localStream: undefined,
    kinds: ['audio'],
    codecs: [],
    setTimeout: () => 0,
    clearTimeout: () => undefined,
  })
  link.attach({
    isPolite: true,
    isOffered: false,
    sendSignal: () => happened.push('answered'),
    onOfferNeeded: () => happened.push('asked for an offer'),
    onTrack: () => undefined,
    onStateChange: () => undefined,
    onBroken: () => happened.push('broken'),
  })
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const findPath = (): boolean => ice.dispatchEvent(new Event('selectedcandidatepairchange'))
  return { link, happened, settled, findPath }
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
