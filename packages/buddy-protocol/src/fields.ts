// Fields that are part of more than one message, or that consist of several fields. All other fields are in
// `messages.ts`.
import { boolean, list, nullable, oneOf, optional, string, tuple, uint } from './field-codec.ts'
import { maxFieldBytes, maxListItems } from './limits.ts'

/** A user's name, which partners see. */
export const name = string(maxFieldBytes.name)

/** A session's interests, in the user's own words. */
export const interests = list(string(maxFieldBytes.interest, 1), maxListItems.interests)

/** A session's languages as BCP 47 tags, the most wanted first. */
export const languages = list(string(maxFieldBytes.language, 1), maxListItems.languages)

/**
 * What the partner must have: for each attribute that the site signs in its tokens, the accepted values. Null
 * means that every partner is accepted.
 */
export const asks = optional(
  list(
    tuple({
      attribute: string(maxFieldBytes.attribute, 1),
      values: list(string(maxFieldBytes.attributeValue, 1), maxListItems.valuesOfAsk),
    }),
    maxListItems.asks,
  ),
)

/**
 * Which criteria the server must not relax, however long the user waits. Null means that it may relax both.
 */
export const keep = optional(tuple({ interests: boolean, languages: boolean }))

/** STUN and TURN servers, each as `RTCIceServer` (W3C WebRTC §4.2.4). */
export const iceServers = list(
  tuple({
    urls: list(string(maxFieldBytes.iceUrl, 1), maxListItems.urlsOfIceServer),
    username: nullable(string(maxFieldBytes.iceUsername)),
    credential: nullable(string(maxFieldBytes.iceCredential)),
  }),
  maxListItems.iceServers,
)

/** A session description (W3C WebRTC §4.7.3). */
const description = tuple({
  type: oneOf({ offer: 0, answer: 1 }),
  sdp: string(maxFieldBytes.sdp, 1),
})

/** An `RTCIceCandidateInit` (W3C WebRTC §4.8.1.1). An empty `candidate` means that no more follow. */
const candidate = tuple({
  candidate: string(maxFieldBytes.candidate),
  sdpMid: nullable(string(maxFieldBytes.sdpMid)),
  sdpMLineIndex: nullable(uint(255)),
  usernameFragment: nullable(string(maxFieldBytes.usernameFragment)),
})

/** The fields of a `signal`. */
export const signalFields = {
  description: nullable(description),
  candidates: list(candidate, maxListItems.candidates),
  /** Which kinds of media the sender sends at present. Null means that this has not changed. */
  sending: nullable(tuple({ audio: boolean, video: boolean })),
  /**
   * The number of the peer connection that the signal is about. The first peer connection of a room is 0 or
   * null. A number higher than any before asks the partner to create a new peer connection too.
   */
  generation: nullable(uint(255)),
}

/** An offer that is sent with a `ticket` or `next`. It has the fields of a `signal`. */
export const offer = nullable(tuple(signalFields))

/** Proves which session a client resumes, and reports which frames of the session the client has. */
export const resume = nullable(
  tuple({
    /** The `resumeToken` of the latest `welcome`. */
    token: string(maxFieldBytes.resumeToken),
    /**
     * How many frames of the session the client has received since its first `welcome`, not counting any
     * `welcome`.
     */
    received: uint(),
    /**
     * How many frames the client has written to the session's connections since its first `hello`. Frames
     * that it queued while it had no connection do not count. Null means that the client does not count
     * frames, so a restarted server cannot restore the session.
     */
    sent: nullable(uint()),
    /** The `roomToken` of the latest `matched`. Null if, as far as the client knows, it is in no room. */
    roomToken: nullable(string(maxFieldBytes.roomToken)),
  }),
)
