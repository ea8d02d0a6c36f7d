// Limits for single fields, and the rate limit for texts. The maximum length of a frame is part of each
// message's definition (`messages.ts`). The limits for nested arrays and for the number of values in a
// frame are in `check-structure.ts`.

/** The longest value of each kind of string field, in bytes of UTF-8. */
export const maxFieldBytes = {
  name: 128,
  site: 64,
  clientVersion: 64,
  siteToken: 2048,
  sessionId: 64,
  resumeToken: 1024,
  roomId: 64,
  roomToken: 512,
  lobby: 64,
  interest: 48,
  language: 35,
  attribute: 32,
  attributeValue: 64,
  visitorToken: 512,
  proof: 2048,
  reportNote: 1000,
  still: 40_000,
  decisionId: 64,
  statement: 512,
  appealUrl: 512,
  text: 4096,
  sdp: 32_768,
  candidate: 1024,
  sdpMid: 64,
  usernameFragment: 256,
  iceUrl: 512,
  iceUsername: 512,
  iceCredential: 512,
  errorMessage: 256,
} as const

/** The most items of each kind of list field. */
export const maxListItems = {
  interests: 10,
  languages: 8,
  asks: 4,
  valuesOfAsk: 8,
  candidates: 64,
  iceServers: 16,
  urlsOfIceServer: 8,
} as const

/**
 * The rate limit for a session's texts: `burst` texts at once, and `perSecond` more for each second that
 * passes. Servers drop texts above this rate. Clients send texts no faster, so that none is lost.
 */
export const textRate = { burst: 10, perSecond: 3 } as const
