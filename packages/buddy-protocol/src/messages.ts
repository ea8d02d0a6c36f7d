import { errorCodes } from './error-codes.ts'
import type { Field, ValuesOf } from './field-codec.ts'
import { boolean, list, nullable, oneOf, string, tuple, uint } from './field-codec.ts'

/**
 * Who sends a message. `partner` messages go client → server → the partner's client, byte for
 * byte; the server reads their type and length, never their fields.
 */
export type Direction = 'client' | 'partner' | 'server'

interface Definition<D extends Direction, S> {
  /** First element of the frame. Always below 128, so that it is one byte: the second. */
  readonly number: number
  readonly direction: D
  /** Longest frame of this type, in bytes; leaves room for fields of later versions. */
  readonly maxBytes: number
  readonly fields: Field<ValuesOf<S>>
}

function define<
  const D extends Direction,
  const S extends Readonly<Record<string, Field<unknown>>>,
>(number: number, direction: D, maxBytes: number, fields: S): Definition<D, S> {
  return { number, direction, maxBytes, fields: tuple(fields) }
}

/** What two people must both want: with camera, with microphone only, or in writing. */
export const modes = { video: 0, audio: 1, text: 2 } as const

/** Why a partner is gone: pressed Next, left for good, or was lost without a word. */
export const leaveReasons = { next: 0, left: 1, lost: 2 } as const

/** What a partner is reported for. */
export const reportReasons = { other: 0, nudity: 1, harassment: 2, minor: 3, spam: 4 } as const

/**
 * Why calls fail at somebody's, as their own client found out. It says nothing of who or where.
 * `no-path` a call found no way to the partner; all others are a fault that was looked for and found.
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

/** One STUN or TURN server, as `RTCIceServer` has it (W3C WebRTC §4.2.4). */
const iceServer = tuple({
  urls: list(string(512, 1), 8),
  username: nullable(string(512)),
  credential: nullable(string(512)),
})

/** A session description (W3C WebRTC §4.7.3). */
const description = tuple({
  type: oneOf({ offer: 0, answer: 1 }),
  sdp: string(32_768, 1),
})

/** An ICE candidate as `RTCIceCandidateInit` (W3C WebRTC §4.8.1.1); an empty `candidate` ends them. */
const candidate = tuple({
  candidate: string(1024),
  sdpMid: nullable(string(64)),
  sdpMLineIndex: nullable(uint(255)),
  usernameFragment: nullable(string(256)),
})

/** What the sender lets the partner see and hear at present. */
const sending = tuple({ audio: boolean, video: boolean })

const signalFields = {
  description: nullable(description),
  candidates: list(candidate, 64),
  sending: nullable(sending),
  /**
   * Which of the room's peer connections, one after the other, it is about; null is the first. A
   * higher number than the partner has seen asks it to make a new one too.
   */
  generation: nullable(uint(255)),
}
const offer = nullable(tuple(signalFields))

/** Every message of protocol v1. `docs/protocol.md` describes each byte. */
export const messages = {
  /** First on every connection: who is here. An empty `site` is the server's own. */
  hello: define(1, 'client', 4096, {
    name: string(128),
    site: string(64),
    /** Name and version of the software. */
    client: string(64),
    /** What the site has signed for this person, a JWT (RFC 7519). */
    token: nullable(string(2048)),
    /** The session to go on with, as the latest `welcome` gave it. */
    resume: nullable(
      tuple({
        token: string(1024),
        /** Frames of that session received after its first `welcome`, without any `welcome`. */
        received: uint(),
        /**
         * Frames given to a connection of that session after its first `hello`; what was kept for
         * later meanwhile is not counted. Null: a server that has restarted cannot go on with it.
         */
        sent: nullable(uint()),
        /** Of the room one is in, as far as one knows; as its `matched` gave it. */
        roomToken: nullable(string(512)),
      }),
    ),
  }),
  /** The wish to be matched; enters the queue at once. Replaces an earlier ticket, ends a room. */
  ticket: define(2, 'client', 50_176, {
    mode: oneOf(modes),
    lobby: string(64),
    interests: list(string(48, 1), 10),
    languages: list(string(35, 1), 8),
    /** A `signal` for whoever waits already; dropped where nobody does. */
    offer,
  }),
  /** Ends the room, if there is one, and puts the ticket at the end of the queue. */
  next: define(3, 'client', 49_152, { offer }),
  /** Ends the room, takes the ticket out of the queue. The session stays. */
  leave: define(4, 'client', 64, {}),
  /** Tells the operator about a partner, present or past. The room goes on. */
  report: define(5, 'client', 128, {
    reason: oneOf(reportReasons, 'other'),
    /** Of the partner meant, as `matched` gave it; null: the latest. */
    room: nullable(string(64)),
  }),

  /** Asks for a sign of life, after a sleep or a change of network: the answer is `stats`. */
  ping: define(6, 'client', 64, {}),

  /** Tells the operator why calls fail, for a figure. Nothing is answered. */
  diagnosis: define(7, 'client', 64, { reason: oneOf(callFailures, 'other') }),

  /** WebRTC signalling, any part of it alone or together. */
  signal: define(16, 'partner', 49_152, signalFields),
  text: define(17, 'partner', 4200, { text: string(4096, 1) }),
  typing: define(18, 'partner', 64, { isTyping: boolean }),
  /** Whoever hides their address behind a relay would let this partner have it; for the whole room. */
  trust: define(19, 'partner', 64, {}),

  /** Answers `hello`. At least one frame follows in every `heartbeatMs`. */
  welcome: define(32, 'server', 16_384, {
    session: string(64, 1),
    /** The name as the partner will see it. */
    name: string(128),
    heartbeatMs: uint(),
    iceServers: list(iceServer, 16),
    /** For the `hello` of a later connection; null where this server resumes nothing. */
    resumeToken: nullable(string(1024)),
    /** Frames of this session the server has handled after `hello`; null: the session is new. */
    received: nullable(uint()),
    /** Whether the site lets people write to each other. */
    allowsText: boolean,
    /** Whether the site lets people see each other. */
    allowsVideo: boolean,
    /** Whether the server has set the session up again after a restart: it knows no ticket of it. */
    isRestored: boolean,
  }),
  /** The ticket is in the queue. */
  waiting: define(33, 'server', 64, { online: uint() }),
  /** A room has opened. Whoever is not polite makes the first offer. */
  matched: define(34, 'server', 2048, {
    room: string(64, 1),
    isPolite: boolean,
    partnerName: string(128),
    /** Interests that both gave, in the receiver's own words. */
    interests: list(string(48, 1), 10),
    /** Whether the offer that came with the newcomer's wish is used: it is the first `signal`. */
    isOffered: boolean,
    /** For the `hello` of a later connection, while in the room; null: the room ends with the server. */
    roomToken: nullable(string(512)),
  }),
  /** The room has ended by the partner's doing. The ticket is not in the queue: send `next`. */
  'partner-left': define(35, 'server', 64, { reason: oneOf(leaveReasons, 'left') }),
  /** How many people are here; also the heartbeat. */
  stats: define(36, 'server', 128, { online: uint(), waiting: uint(), rooms: uint() }),
  error: define(37, 'server', 512, {
    code: oneOf(errorCodes, 'unknown'),
    message: string(256),
    retryAfterMs: nullable(uint()),
  }),
  /** The server is about to stop: reconnect after the time given. */
  'going-away': define(38, 'server', 64, { reconnectAfterMs: uint() }),
  /** The partner's connection is lost, the room goes on: it may come back. */
  'partner-away': define(39, 'server', 64, {}),
  /** The partner has come back. */
  'partner-back': define(40, 'server', 64, {}),
  /** Replaces those of `welcome`, whose credentials end soon; for the running call too. */
  'ice-servers': define(41, 'server', 16_384, { iceServers: list(iceServer, 16) }),
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
/** What people want of each other, as in {@link modes}. */
export type Mode = keyof typeof modes
/** What a partner is reported for, as in {@link reportReasons}. */
export type ReportReason = keyof typeof reportReasons
/** Why calls fail, as in {@link callFailures}. */
export type CallFailure = keyof typeof callFailures
/** Why a partner is gone, as in {@link leaveReasons}. */
export type LeaveReason = keyof typeof leaveReasons

const typesByNumber = new Map<number, MessageType>(
  Object.entries(messages).map(([type, { number }]) => [number, type as MessageType]),
)

/** The message with this number, or undefined where this version has none. */
export function messageTypeOf(number: number): MessageType | undefined {
  return typesByNumber.get(number)
}
