/** What one side lets the other see and hear at present. */
export interface Sending {
  readonly audio: boolean
  readonly video: boolean
}

export const isSameSending = (one: Sending | null, other: Sending): boolean =>
  one?.audio === other.audio && one.video === other.video

/** What travels about one peer connection; either part may be absent (null or empty). */
export interface LinkSignal {
  readonly description: { readonly type: 'offer' | 'answer'; readonly sdp: string } | null
  readonly candidates: readonly RTCIceCandidateInit[]
}

/** One WebRTC signal to or from the partner; any part may be absent (null or empty). */
export interface PeerSignal extends LinkSignal {
  readonly sending: Sending | null
  /** Which of the room's peer connections, one after the other, it is about; null is the first. */
  readonly generation: number | null
}
