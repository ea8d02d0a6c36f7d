import type { Sending } from './sending.ts'

/** A signal about one peer connection. Either part may be absent (null or empty). */
export interface LinkSignal {
  readonly description: { readonly type: 'offer' | 'answer'; readonly sdp: string } | null
  readonly candidates: readonly RTCIceCandidateInit[]
}

/** One WebRTC signal to or from the partner. Any part may be absent (null or empty). */
export interface PeerSignal extends LinkSignal {
  readonly sending: Sending | null
  /**
   * The number of the peer connection that the signal is about. A room starts with connection 0 and
   * counts up each time it replaces its connection. Null means 0.
   */
  readonly generation: number | null
}
