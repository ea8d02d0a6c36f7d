// Fields that more than one message has, or that have fields themselves. A field of one message only is
// in `messages.ts`.
import { boolean, list, nullable, oneOf, string, tuple, uint } from './field-codec.ts'
import { maxFieldBytes, maxListItems } from './limits.ts'

/** A user's name as others see it. */
export const name = string(maxFieldBytes.name)

/** A session's interests, in the user's own words. */
export const interests = list(string(maxFieldBytes.interest, 1), maxListItems.interests)

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

/** An ICE candidate as `RTCIceCandidateInit` (W3C WebRTC §4.8.1.1). An empty `candidate` is the last one. */
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
  /** Which kinds of media the sender sends at present; null: no change. */
  sending: nullable(tuple({ audio: boolean, video: boolean })),
  /**
   * Which of the room's successive peer connections the signal is about; null is the first. A number
   * higher than any before asks the partner to make a new peer connection too.
   */
  generation: nullable(uint(255)),
}

/** An offer that travels with a ticket, as the fields of a `signal`. */
export const offer = nullable(tuple(signalFields))

/** Proves which session a client resumes, and how much of it has arrived. */
export const resume = nullable(
  tuple({
    /** As the latest `welcome` gave it. */
    token: string(maxFieldBytes.resumeToken),
    /** How many frames of the session the client has received since its first `welcome`, not counting any `welcome`. */
    received: uint(),
    /**
     * How many frames the client has given to a connection of the session since its first `hello`. Frames
     * that it queued while it had no connection do not count. Null: the client does not count, so a
     * restarted server cannot restore the session.
     */
    sent: nullable(uint()),
    /** Of the room that the client believes it is in, as `matched` gave it; null: in no room. */
    roomToken: nullable(string(maxFieldBytes.roomToken)),
  }),
)
