// Sets of names. A message contains the number of a name, which never changes its meaning. Error codes and
// close codes are in files of their own.

/**
 * The kind of chat: video with sound, sound only, or text only. Only users with the same mode are matched.
 */
export const modes = { video: 0, audio: 1, text: 2 } as const

/**
 * Why the partner is gone: the partner pressed Next, left, or lost the connection and did not come back.
 */
export const leaveReasons = { next: 0, left: 1, lost: 2 } as const

/** The reason why a user reports a partner. */
export const reportReasons = {
  other: 0,
  nudity: 1,
  harassment: 2,
  minor: 3,
  spam: 4,
  threats: 5,
} as const

/**
 * What two users of a room can agree to. `picture` means that both may see each other's clear picture. A
 * client ignores topics that it does not know, which are read as `other`.
 */
export const consentTopics = { other: 0, picture: 1 } as const

/**
 * Why a search finds no partner. `known-people` means that the user has recently met all other users of the
 * lobby, or may not meet them again. `few-people` means that the lobby has no other user.
 */
export const searchObstacles = { none: 0, 'known-people': 1, 'few-people': 2 } as const

/** A measure of the operator against a user. */
export const measureKinds = { warning: 0, slowed: 1, ban: 2 } as const

/**
 * The reason why a user's calls fail, as the user's client found out. `no-path` means that a call found no
 * network path to the partner. All other reasons are faults that the client's diagnosis found.
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

/** A name in {@link modes}. */
export type Mode = keyof typeof modes
/** A name in {@link leaveReasons}. */
export type LeaveReason = keyof typeof leaveReasons
/** A name in {@link reportReasons}. */
export type ReportReason = keyof typeof reportReasons
/** A name in {@link consentTopics}. */
export type ConsentTopic = keyof typeof consentTopics
/** A name in {@link searchObstacles}. */
export type SearchObstacle = keyof typeof searchObstacles
/** A name in {@link measureKinds}. */
export type MeasureKind = keyof typeof measureKinds
/** A name in {@link callFailures}. */
export type CallFailure = keyof typeof callFailures
