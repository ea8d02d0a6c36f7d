import {
  callFailures,
  consentTopics,
  leaveReasons,
  measureKinds,
  modes,
  reportReasons,
  searchObstacles,
} from './enums.ts'
import { errorCodes } from './error-codes.ts'
import type { Field, ValuesOf } from './field-codec.ts'
import { boolean, nullable, oneOf, optional, string, tuple, uint } from './field-codec.ts'
import {
  asks,
  iceServers,
  interests,
  keep,
  languages,
  name,
  offer,
  resume,
  signalFields,
} from './fields.ts'
import { maxFieldBytes } from './limits.ts'

/**
 * Who sends a message. A client sends `partner` messages to the server, which passes them on to the
 * partner's client byte for byte.
 */
export type Direction = 'client' | 'partner' | 'server'

interface Definition<D extends Direction, S> {
  /** The first element of the frame. Below 128, so that it takes one byte, which is the frame's second. */
  readonly number: number
  readonly direction: D
  /** The longest frame of this type, in bytes. Leaves room for fields of later versions. */
  readonly maxBytes: number
  readonly fields: Field<ValuesOf<S>>
}

function define<
  const D extends Direction,
  const S extends Readonly<Record<string, Field<unknown>>>,
>(number: number, direction: D, maxBytes: number, fields: S): Definition<D, S> {
  return { number, direction, maxBytes, fields: tuple(fields) }
}

/**
 * Every message of protocol v1. `docs/protocol.md` describes each byte. Within a version a new field goes
 * after the last field of its message, and receivers that do not know it ignore it.
 */
export const messages = {
  /** The first message on every connection: introduces the client. */
  hello: define(1, 'client', 8192, {
    name,
    /** The site's key. An empty key means the server's own site. */
    site: string(maxFieldBytes.site),
    /** Name and version of the client software. Clients send it; the server does not use it yet. */
    client: string(maxFieldBytes.clientVersion),
    /** The site token that the embedding site has signed for this visitor, a JWT (RFC 7519). */
    token: nullable(string(maxFieldBytes.siteToken)),
    /** The session to resume. Null requests a new session. */
    resume,
    /** The `visitorToken` of an earlier `welcome` of this site. Null if the client has none. */
    visitor: optional(string(maxFieldBytes.visitorToken)),
    /** What the operator requires of new clients, such as the answer to a captcha. Null if there is none. */
    proof: optional(string(maxFieldBytes.proof)),
  }),
  /**
   * Describes the match that the user wants, and puts the session into the queue at once. Replaces an
   * earlier ticket and ends the room.
   */
  ticket: define(2, 'client', 50_176, {
    mode: oneOf(modes),
    lobby: string(maxFieldBytes.lobby),
    interests,
    languages,
    /** An offer for a partner who waits already. If no partner waits, the server drops the offer. */
    offer,
    asks,
    keep,
  }),
  /** Ends the room, if there is one, and puts the session back into the queue with its latest ticket. */
  next: define(3, 'client', 49_152, { offer }),
  /** Ends the room, or takes the session out of the queue. The session continues. */
  leave: define(4, 'client', 64, {}),
  /** Reports a present or past partner to the operator. The room continues. */
  report: define(5, 'client', 49_152, {
    reason: oneOf(reportReasons, 'other'),
    /** The `room` in the partner's `matched`. Null means the latest room. */
    room: nullable(string(maxFieldBytes.roomId)),
    /** The user's note for the operator. */
    note: optional(string(maxFieldBytes.reportNote)),
    /** A picture of the partner's video that the user attaches, a JPEG in base64 (RFC 4648 §4). */
    still: optional(string(maxFieldBytes.still)),
  }),

  /**
   * Tests the connection, for example after sleep or a change of network. The server answers with `stats`.
   */
  ping: define(6, 'client', 64, {}),

  /**
   * Reports why calls fail. The operator sees only how often each reason was reported. The server sends no
   * answer.
   */
  diagnosis: define(7, 'client', 64, { reason: oneOf(callFailures, 'other') }),

  /**
   * Changes what the session looks for. In the queue, the session keeps its place. In a room, the change
   * applies to the next search. The message does not affect a match that the server made before.
   */
  change: define(8, 'client', 4096, { interests, languages, asks, keep }),
  /**
   * Blocks a partner, so that the two users never meet again. If this is the present partner, the room ends.
   */
  block: define(9, 'client', 128, {
    /** The `room` in the partner's `matched`. Null means the latest room. */
    room: nullable(string(maxFieldBytes.roomId)),
  }),

  /** WebRTC signalling. A signal may contain any of these fields, alone or together. */
  signal: define(16, 'partner', 49_152, signalFields),
  text: define(17, 'partner', 4200, { text: string(maxFieldBytes.text, 1) }),
  typing: define(18, 'partner', 64, { isTyping: boolean }),
  /**
   * Allows this partner to learn the sender's IP address, which a TURN server has hidden so far, as soon as
   * both users have agreed. Holds for the whole room.
   */
  trust: define(19, 'partner', 64, {}),
  /**
   * Agrees to a topic in this room, or withdraws the agreement. The topic is agreed while both users have
   * agreed to it.
   */
  consent: define(20, 'partner', 64, {
    topic: oneOf(consentTopics, 'other'),
    isGiven: boolean,
  }),

  /** Answers `hello`. The server then sends at least one frame in every `heartbeatMs`. */
  welcome: define(32, 'server', 16_384, {
    session: string(maxFieldBytes.sessionId, 1),
    /** The user's name as partners will see it. */
    name,
    heartbeatMs: uint(),
    iceServers,
    /** For `resume` in the `hello` of a later connection. Null if this server resumes no sessions. */
    resumeToken: nullable(string(maxFieldBytes.resumeToken)),
    /** How many frames of this session the server has handled since `hello`. Null if the session is new. */
    received: nullable(uint()),
    /** Whether the site allows texts. */
    allowsText: boolean,
    /** Whether the site allows video. */
    allowsVideo: boolean,
    /** Whether the server has restarted and restored the session, but not its ticket. */
    isRestored: boolean,
    /** For `visitor` in the `hello` of later sessions. Null if the server does not recognise visitors. */
    visitorToken: optional(string(maxFieldBytes.visitorToken)),
  }),
  /** The session is in the queue. `online` counts the users on the server. */
  waiting: define(33, 'server', 64, { online: uint() }),
  /** A room has opened. The client that is not polite makes the first offer. */
  matched: define(34, 'server', 2048, {
    room: string(maxFieldBytes.roomId, 1),
    isPolite: boolean,
    partnerName: name,
    /** The interests that both users have in common, in the receiver's own words. */
    interests,
    /**
     * Whether the impolite client has sent an offer with its `ticket` or `next`. The server passes that
     * offer to the polite client as the first `signal`.
     */
    isOffered: boolean,
    /** For `resume` in a later `hello`, while in the room. Null if the room cannot survive a restart. */
    roomToken: nullable(string(maxFieldBytes.roomToken)),
    /** The languages that both users have in common, as BCP 47 tags. Null if the server does not say. */
    languages: optional(languages),
    /** Whether the two users have met recently. Null if the server does not say. */
    isRematch: optional(boolean),
  }),
  /** The partner has ended the room. The session is not in the queue until the client sends `next`. */
  'partner-left': define(35, 'server', 64, { reason: oneOf(leaveReasons, 'left') }),
  /** The numbers of users online, of users in the queue, and of rooms. Also serves as the heartbeat. */
  stats: define(36, 'server', 128, { online: uint(), waiting: uint(), rooms: uint() }),
  error: define(37, 'server', 512, {
    code: oneOf(errorCodes, 'unknown'),
    /** A text for developers. */
    message: string(maxFieldBytes.errorMessage),
    /** The time after which the client may try again. Null if the server does not know one. */
    retryAfterMs: nullable(uint()),
  }),
  /** The server is about to stop. The client reconnects after the time given. */
  'going-away': define(38, 'server', 64, { reconnectAfterMs: uint() }),
  /** The partner has lost the connection to the server. The room continues, because they may come back. */
  'partner-away': define(39, 'server', 64, {}),
  /** The partner is connected to the server again. */
  'partner-back': define(40, 'server', 64, {}),
  /**
   * Replaces the ICE servers of `welcome`, whose credentials expire soon. The new ones also apply to the
   * present call.
   */
  'ice-servers': define(41, 'server', 16_384, { iceServers }),
  /**
   * Explains the wait of a session in the queue. Sent after `waiting`, and again when one of its fields
   * changes.
   */
  searching: define(42, 'server', 1024, {
    /** The number of users in this lobby whom the user could meet, including the user. */
    online: uint(),
    /** How long tickets of this kind have recently waited. Null if there are too few of them. */
    estimateMs: nullable(uint()),
    /** The interests of which the partner must share one. Empty if the search requires none. */
    interests,
    /** The languages of which the partner must share one. Empty if the search requires none. */
    languages,
    /** The time until the search requires less. Null if it will not. */
    widensInMs: nullable(uint()),
    obstacle: oneOf(searchObstacles, 'none'),
  }),
  /** The operator has warned, slowed or banned this user. A ban is followed by the error `banned`. */
  measure: define(43, 'server', 2048, {
    kind: oneOf(measureKinds, 'warning'),
    /** The reason, as in `report`. */
    reason: oneOf(reportReasons, 'other'),
    /** Whether a rule has decided, and not an operator. */
    isAutomatic: boolean,
    /** When the measure ends, in seconds since 1970. Null if it does not end, or has no duration. */
    until: nullable(uint()),
    /** Where the user can appeal. */
    appealUrl: nullable(string(maxFieldBytes.appealUrl)),
    /** The id of the decision, for an appeal. */
    decision: string(maxFieldBytes.decisionId),
    /** A text of the operator for the user. */
    statement: optional(string(maxFieldBytes.statement)),
  }),
} as const

/** The name of a message. */
export type MessageType = keyof typeof messages

/** The message named `T`: its `type` and its fields. */
export type MessageOf<T extends MessageType> = {
  [K in T]: { readonly type: K } & ((typeof messages)[K] extends Definition<Direction, infer S>
    ? ValuesOf<S>
    : never)
}[T]

/** Any message. */
export type Message = MessageOf<MessageType>

type TypesFrom<D extends Direction> = {
  [K in MessageType]: (typeof messages)[K]['direction'] extends D ? K : never
}[MessageType]

/** Any message a client sends. */
export type ClientMessage = MessageOf<TypesFrom<'client' | 'partner'>>
/** Any message a client receives. */
export type ServerMessage = MessageOf<TypesFrom<'server' | 'partner'>>

const typesByNumber = new Map<number, MessageType>(
  Object.entries(messages).map(([type, { number }]) => [number, type as MessageType]),
)

/** Returns the name of the message with this number; undefined if this version has none. */
export function messageTypeOf(number: number): MessageType | undefined {
  return typesByNumber.get(number)
}
