// What a node sends to the function in Redis, what it receives from it, and what nodes send to each other.
import type { LeaveReason, Mode, SearchObstacle } from '@buddy-chat/protocol'
import type { NodeReport, PairKind } from '../engine.ts'
import type { SeatIndex } from '../room.ts'
import type { Ask } from '../ticket.ts'

/** A session's profile. Redis keeps it as JSON, which only nodes read. */
export interface StoredProfile {
  readonly nodeId: string
  readonly name: string
  /** Empty if the user has no identity at the site. */
  readonly subject: string
  readonly personKey: string
  readonly addressKey: string
  readonly site: string
}

/** A profile with what the function uses of it. */
export type SentProfile = readonly [site: string, addressKey: string, profile: string]

/** The settings that the function uses. */
export interface Configuration {
  readonly maxRooms: number
  readonly avoidMs: number
  readonly avoidCount: number
  readonly rematchMs: number
  readonly blockMs: number
  readonly matchesPerMinute: number
  readonly sharePercent: number
  /**
   * A ticket of the same node is preferred if it has waited at most this much shorter than another, in milliseconds.
   */
  readonly nearMs: number
}

/** A ticket for the function, see `stored-ticket.ts`. */
export interface StoredTicket {
  /** The pool, as a hash of its key. */
  readonly pool: string
  readonly site: string
  readonly lobby: string
  readonly mode: Mode
  /** The interests as spelled, and their keys. */
  readonly il: readonly string[]
  readonly ik: readonly string[]
  readonly la: readonly string[]
  /** The attributes and asks, and their signatures; see `memory/waiting.ts`. */
  readonly at: Readonly<Record<string, string>>
  readonly as: readonly Ask[]
  readonly sg: string
  readonly ag: string
  /** Whether interests and languages are kept. */
  readonly kI: boolean
  readonly kL: boolean
  /** How long a common interest and a common language are required, in milliseconds. */
  readonly iM: number
  readonly lM: number
  /** The region of the node, and how long it is required, in milliseconds. */
  readonly rg: string
  readonly rM: number
  readonly delay: number
  /** The keys of the fair share. */
  readonly fk: readonly string[]
}

/** The fields of a room that Redis keeps. */
export interface StoredRoom {
  readonly id: string
  /** The sessions, in the order of the seats. */
  readonly ids: readonly [string, string]
  readonly site: string
  readonly lobby: string
  readonly mode: Mode
  readonly openedAtMs: number
}

/** An event for a session, or for the node that has it. */
export type StoredEvent = {
  /** The session, its node, and the generation of its latest handled command. */
  readonly s: string
  readonly n: string
  readonly g: number
  /** The number of the change of the session's place. */
  readonly v?: number
  /**
   * When Redis began with the data from which the event follows, on its clock. After a loss of data it is later. Missing
   * if no node has sent a beat since, and in events of earlier versions of the server.
   */
  readonly since?: number
} & (
  | {
      readonly type: 'searching'
      readonly isFirst: boolean
      readonly online: number
      readonly estimateMs?: number
      readonly interests?: readonly string[]
      readonly languages?: readonly string[]
      readonly widensInMs?: number
      readonly obstacle: SearchObstacle
    }
  | {
      readonly type: 'matched'
      readonly room: StoredRoom
      /** The profiles in JSON. The partner's is empty if Redis has lost it. */
      readonly profiles: readonly [string, string]
      readonly seat: SeatIndex
      /** The node of the partner. */
      readonly partner: string
      readonly interests: readonly string[]
      readonly languages: readonly string[]
      readonly isOffered: boolean
      readonly isRematch: boolean
      readonly waitsMs: readonly [number, number]
    }
  | {
      readonly type: 'restored'
      readonly room: StoredRoom
      /** The profiles in JSON. The partner's is empty if Redis has lost it. */
      readonly profiles: readonly [string, string]
      readonly seat: SeatIndex
      readonly partner: string
      readonly isPartnerPresent: boolean
      /** Whether the room was open all the time, while the session came from another node. */
      readonly isContinued?: boolean
      /** Whether the partner is not in the room, because its node has not stated it again after a loss of data. */
      readonly isWaiting?: boolean
      /** Frames that were kept for the session. */
      readonly frames?: readonly KeptFrame[]
    }
  /** The node is empty if none has the session. */
  | {
      readonly type: 'presence'
      readonly room: string
      readonly isPresent: boolean
      readonly node?: string
    }
  /** The partner, who is away, is at no node now. */
  | { readonly type: 'moved'; readonly room: string; readonly node: string }
  /** The node `node` is about to release the session `by`, the partner. */
  | { readonly type: 'pause'; readonly room: string; readonly by: string; readonly node: string }
  /** The partner's node sends no more frames until it knows the session's next node. */
  | { readonly type: 'paused' }
  /** Another node takes the session over, for a client that knows of this number of welcomes. */
  | { readonly type: 'release'; readonly to: string; readonly welcomes: number }
  /** Another node had the session after this one, which had it with this epoch. */
  | { readonly type: 'displaced'; readonly epoch: number }
  /** The session's former node has released it. */
  | { readonly type: 'released' }
  | { readonly type: 'abandoned'; readonly room: string }
  | {
      readonly type: 'parted'
      readonly room: string
      readonly reason: LeaveReason
      /** Whether the node of the session may have received it before. */
      readonly isRepeated?: boolean
    }
  | {
      readonly type: 'ended'
      readonly room: string
      readonly leaver: string
      readonly reason: LeaveReason
      readonly durationMs: number
    }
  /** The node must send `due` for the ticket after this time (`due`), or at the latest after it (`again`). */
  | { readonly type: 'due' | 'again'; readonly inMs: number }
  /** Both sessions of the room are away. */
  | { readonly type: 'emptied'; readonly room: string; readonly inMs: number }
  /** The session waits for its partner to claim the room. */
  | { readonly type: 'claiming'; readonly inMs: number }
)

/** An event about the partner in a room. */
export type PartnerEvent = StoredEvent & { readonly type: 'presence' | 'moved' }

/**
 * Whether a shard has a session. If not, the session has ended there (`ended`), the Redis of the shard has lost its data
 * or was started a short time ago (`unsettled`), it has lost its data and the session is not known since (`lost`), the
 * session was never there or has left the shard (`unknown`), or the client has received a later welcome than it says
 * (`outOfDate`).
 */
export type Location =
  | { readonly state: 'here'; readonly epoch: number }
  | { readonly state: 'ended' | 'unknown' | 'unsettled' | 'lost' | 'outOfDate' }

/** What a match means to one of its sessions: see the event `matched` of {@link StoredEvent}. */
type MatchedSession = readonly [
  s: string,
  n: string,
  g: number,
  v: number,
  interests: readonly string[],
  languages: readonly string[],
]

/**
 * Two sessions were matched, first the one that waited. The answer of the function has this one event instead of two
 * events `matched`, because Redis encodes a list much faster than two maps.
 */
export type MatchEvent = readonly [
  type: 'match',
  room: string,
  site: string,
  lobby: string,
  mode: Mode,
  openedAtMs: number,
  isOffered: boolean,
  isRematch: boolean,
  waitMs: number,
  otherWaitMs: number,
  profile: string,
  otherProfile: string,
  ...one: MatchedSession,
  ...other: MatchedSession,
]

/** What a node needs for the join of a session that it has taken over. */
export interface Adoption {
  readonly epoch: number
  /** How many welcomes its client knows of. */
  readonly welcomes: number
  /**
   * The number of frames that Redis has kept for it, and that were read. Undefined if Redis has lost the session, which
   * only its client's token proves.
   */
  readonly taken?: number
}

/** A pair of people who avoid each other. */
type StoredPair = readonly [kind: PairKind, one: string, other: string, untilMs: number]

/** A key that was banned for some milliseconds, or whose ban was lifted if these are 0. */
export type BanChange = readonly [key: string, leftMs: number]

/** The result of the command `bans`: changes that the node may not know. */
export interface BanChanges {
  /** The id of the list of bans. It is another one if Redis has lost its data. */
  readonly id: string
  /** The number of the latest change up to which the node knows all. */
  readonly v: number
  /** Whether the list contains all bans, not only the changes since the latest one that the node has. */
  readonly isReset: boolean
  readonly changes: readonly BanChange[]
  readonly isMore: boolean
}

/** What all nodes have reported. */
export interface NodeList {
  readonly nodes: readonly {
    readonly id: string
    /** The time since the latest beat, in milliseconds. */
    readonly ago: number
    readonly isLost: boolean
    readonly report: NodeReport
  }[]
  /** The number of sessions of each site that has any. */
  readonly sites: readonly (readonly [site: string, users: number])[]
}

/** The result of the command `beat`. */
export interface BeatResult {
  /** The time of Redis, in milliseconds. */
  readonly now: number
  /** Whether the node must send the next beat at once, because sessions of dead nodes are left to release or end. */
  readonly isMore: boolean
  /** An id in Redis. If it differs from that of the previous beat, Redis has lost its data. */
  readonly boot: string
  /** How many nodes have been declared dead so far. */
  readonly deaths: number
  /** The id of the list of bans, and the number of its latest change. */
  readonly banId: string
  readonly bans: number
  /** Missing if the beat had no report. */
  readonly list?: NodeList
}

/** The answer to one command. */
export type Answer = readonly [
  failure: string | false,
  events: readonly (StoredEvent | MatchEvent)[],
  pairs: readonly StoredPair[],
  result: unknown,
]

/** The answer to a call: the numbers of waiting tickets, rooms and sessions, and the answers to its commands. */
export type CallAnswer = readonly [
  totals: readonly [waiting: number, rooms: number, users: number, since: number | false],
  answers: readonly Answer[],
]

/**
 * A frame, with the session that receives it, the room, and the epoch of the sender at the node that has relayed it. An
 * earlier version of the server sends no epoch.
 */
export type FrameItem = readonly [
  sessionId: string,
  roomId: string,
  frame: Uint8Array,
  epoch?: number | undefined,
]

/**
 * A frame that Redis has kept, in base64: its number among the frames of its session, or 0 if it has none yet, and the
 * epoch of its sender.
 */
export type KeptFrame = readonly [number: number, frame: string, epoch?: number]

/** An event or a frame for another node. */
export type NodeItem = StoredEvent | FrameItem

/** A message from node to node: the sender, the number of the message, its events and frames. */
export type NodeMessage = readonly [from: string, number: number, items: readonly NodeItem[]]

/** The answer to a command that states a session again. */
export interface Restated {
  readonly epoch: number
  /** Frames that were kept while the session had no node. */
  readonly frames: readonly KeptFrame[]
  /** Whether the partner's node has not restated the partner yet. */
  readonly isWaiting: boolean
  /**
   * The number of the latest change of the session's place. Defined if the node must wait for the events about it, and
   * state the session again if they do not arrive.
   */
  readonly awaited?: number
}
