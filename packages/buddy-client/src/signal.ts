import type { Sending } from './sending.ts'

/** A signal about one peer connection. The description may be null, and the candidates may be empty. */
export interface LinkSignal {
  readonly description: { readonly type: 'offer' | 'answer'; readonly sdp: string } | null
  readonly candidates: readonly RTCIceCandidateInit[]
}

/** A WebRTC signal to or from the partner. Every part may be null or empty. */
export interface PeerSignal extends LinkSignal {
  readonly sending: Sending | null
  /**
   * The number of the peer connection that the signal is about. The first connection of a room has number
   * 0, and each connection that replaces one has the next number. Null means 0.
   */
  readonly generation: number | null
}
