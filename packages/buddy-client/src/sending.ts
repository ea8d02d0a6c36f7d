/** What one side of a call sends at present: whether the other can hear and see it. */
export interface Sending {
  readonly audio: boolean
  readonly video: boolean
}

export const isSameSending = (one: Sending | null, other: Sending): boolean =>
  one?.audio === other.audio && one.video === other.video
