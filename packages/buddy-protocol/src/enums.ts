// Sets of names that travel as numbers. A number never changes its meaning. Error codes and close codes
// are in files of their own.

/** What both users of a match want: video with sound, sound only, or text only. */
export const modes = { video: 0, audio: 1, text: 2 } as const

/** Why the partner is gone: they pressed Next, left, or lost their connection and did not come back. */
export const leaveReasons = { next: 0, left: 1, lost: 2 } as const

/** What a user reports a partner for. */
export const reportReasons = { other: 0, nudity: 1, harassment: 2, minor: 3, spam: 4 } as const

/**
 * Why calls fail on a user's side, as their own client found out. `no-path`: a call found no network path
 * to the partner. All others are faults that the client's diagnosis found.
 */
export const callFailures = {
  other: 0,
  'no-path': 1,
  'udp-blocked': 2,
  'turn-unreachable': 3,
  'turn-credentials': 4,
  'clock-skew': 5,
  'webrtc-unavailable': 6,
  'insecure-page': 7,
  'device-refused': 8,
  'device-missing': 9,
  'autoplay-blocked': 10,
  'ice-url-refused': 11,
} as const

/** What both users of a match want, as in {@link modes}. */
export type Mode = keyof typeof modes
/** Why the partner is gone, as in {@link leaveReasons}. */
export type LeaveReason = keyof typeof leaveReasons
/** What a user reports a partner for, as in {@link reportReasons}. */
export type ReportReason = keyof typeof reportReasons
/** Why calls fail, as in {@link callFailures}. */
export type CallFailure = keyof typeof callFailures
