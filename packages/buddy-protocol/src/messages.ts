import { callFailures, leaveReasons, modes, reportReasons } from './enums.ts'
import { errorCodes } from './error-codes.ts'
import type { Field, ValuesOf } from './field-codec.ts'
import { boolean, list, nullable, oneOf, string, tuple, uint } from './field-codec.ts'
import { iceServers, interests, name, offer, resume, signalFields } from './fields.ts'
import { maxFieldBytes, maxListItems } from './limits.ts'

/**
 * Who sends a message. A client sends `partner` messages to the server, which passes them on to the
 * partner's client byte for byte.
 */
export type Direction = 'client' | 'partner' | 'server'

interface Definition<D extends Direction, S> {
  /** The first element of the frame. Always below 128, so that it is one byte: the frame's second. */
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
  hello: define(1, 'client', 4096, {
    name,
    /** The site's key. Empty: the server's own site. */
    site: string(maxFieldBytes.site),
    /** Name and version of the client software. Clients send it; the server does not use it yet. */
    client: string(maxFieldBytes.clientVersion),
    /** The site token that the embedding site has signed for this visitor, a JWT (RFC 7519). */
    token: nullable(string(maxFieldBytes.siteToken)),
    /** The session to resume; null: start a new one. */
    resume,
  }),
  /**
   * What the user wants to be matched by. The session enters the queue at once. Replaces an earlier
   * ticket and ends the room.
   */
  ticket: define(2, 'client', 50_176, {
    mode: oneOf(modes),
    lobby: string(maxFieldBytes.lobby),
    interests,
    /** BCP 47 tags, preferred first. Clients send them; matching does not use them yet. */
    languages: list(string(maxFieldBytes.language, 1), maxListItems.languages),
    /** An offer for a partner who waits already. The server drops it if no partner waits. */
    offer,
  }),
  /** Ends the room, if there is one, and puts the session back into the queue with its ticket. */
  next: define(3, 'client', 49_152, { offer }),
  /** Ends the room and takes the session out of the queue. The session stays. */
  leave: define(4, 'client', 64, {}),
  /** Reports a present or past partner to the operator. The room continues. */
  report: define(5, 'client', 128, {
    reason: oneOf(reportReasons, 'other'),
    /** The room of the partner meant, as `matched` gave it; null: the latest room. */
    room: nullable(string(maxFieldBytes.roomId)),
  }),

  /** Asks whether the connection works, after sleep or a change of network. The answer is `stats`. */
  ping: define(6, 'client', 64, {}),

  /** Reports why calls fail. The operator sees it as a count per reason. There is no answer. */
  diagnosis: define(7, 'client', 64, { reason: oneOf(callFailures, 'other') }),

  /** WebRTC signalling. Each field may come alone or together with others. */
  signal: define(16, 'partner', 49_152, signalFields),
  text: define(17, 'partner', 4200, { text: string(maxFieldBytes.text, 1) }),
  typing: define(18, 'partner', 64, { isTyping: boolean }),
  /**
   * The sender hides their address behind a TURN server, and lets this partner see it. Holds for the
   * whole room.
   */
  trust: define(19, 'partner', 64, {}),

  /** Answers `hello`. The server then sends at least one frame in every `heartbeatMs`. */
  welcome: define(32, 'server', 16_384, {
    session: string(maxFieldBytes.sessionId, 1),
    /** The name as the partner will see it. */
    name,
    heartbeatMs: uint(),
    iceServers,
    /** For the `hello` of a later connection; null: this server resumes no sessions. */
    resumeToken: nullable(string(maxFieldBytes.resumeToken)),
    /** How many frames of this session the server has handled since `hello`; null: the session is new. */
    received: nullable(uint()),
    /** Whether the site allows texts. */
    allowsText: boolean,
    /** Whether the site allows video. */
    allowsVideo: boolean,
    /** Whether the server restored the session after a restart. It then has no ticket of the session. */
    isRestored: boolean,
  }),
  /** The session is in the queue. `online` counts the users on the server. */
  waiting: define(33, 'server', 64, { online: uint() }),
  /** A room has opened. The client that is not polite makes the first offer. */
  matched: define(34, 'server', 2048, {
    room: string(maxFieldBytes.roomId, 1),
    isPolite: boolean,
    partnerName: name,
    /** The interests of both, in the receiver's own words. */
    interests,
    /** Whether the offer of the newcomer's `ticket` or `next` is used. It is then the first `signal`. */
    isOffered: boolean,
    /** For the `hello` of a later connection, while in the room; null: the room ends with the server. */
    roomToken: nullable(string(maxFieldBytes.roomToken)),
  }),
  /** The partner has ended the room. The session is not in the queue until the client sends `next`. */
  'partner-left': define(35, 'server', 64, { reason: oneOf(leaveReasons, 'left') }),
  /** How many users are online, in the queue, and how many rooms there are. Also the heartbeat. */
  stats: define(36, 'server', 128, { online: uint(), waiting: uint(), rooms: uint() }),
  error: define(37, 'server', 512, {
    code: oneOf(errorCodes, 'unknown'),
    /** For developers. */
    message: string(maxFieldBytes.errorMessage),
    /** When the client may try again; null: no time is known. */
    retryAfterMs: nullable(uint()),
  }),
  /** The server is about to stop. The client reconnects after the time given. */
  'going-away': define(38, 'server', 64, { reconnectAfterMs: uint() }),
  /** The partner has lost the connection. The room continues, because the partner may come back. */
  'partner-away': define(39, 'server', 64, {}),
  /** The partner has a connection again. */
  'partner-back': define(40, 'server', 64, {}),
  /** Replaces the ICE servers of `welcome`, whose credentials expire soon. Also for the running call. */
  'ice-servers': define(41, 'server', 16_384, { iceServers }),
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

/** The type with this number; undefined if this version has none. */
export function messageTypeOf(number: number): MessageType | undefined {
  return typesByNumber.get(number)
}
