/** What one side lets the other see and hear at present. */
export interface Sending {
  readonly audio: boolean
  readonly video: boolean
}

/** One WebRTC signal to or from the partner; any part may be absent (null or empty). */
export interface PeerSignal {
  readonly description: { readonly type: 'offer' | 'answer'; readonly sdp: string } | null
  readonly candidates: readonly RTCIceCandidateInit[]
  readonly sending: Sending | null
}
