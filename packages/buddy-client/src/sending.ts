/** Whether one client of a call sends audio and video at present. */
export interface Sending {
  readonly audio: boolean
  readonly video: boolean
}

export const isSameSending = (one: Sending | null, other: Sending): boolean =>
  one?.audio === other.audio && one.video === other.video
