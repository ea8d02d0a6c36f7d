import type { CloseCode, Message, MessageOf } from '@buddy-chat/protocol'
import { encode, messages, peekNumber } from '@buddy-chat/protocol'
import type { FrameLimits } from '../limits/frame-limits.ts'
import type { Ticket } from '../matchmaker.ts'
import type { Room } from '../rooms.ts'
import type { Trace } from './encounters.ts'
import { Encounters } from './encounters.ts'
import { ReplayBuffer } from './replay-buffer.ts'

/** What a person wishes to be matched by, as given and cleaned. */
export type Wish = Omit<MessageOf<'ticket'>, 'type' | 'offer'>

/** Who somebody is, as far as a server knows. */
export interface Identity {
  readonly name: string
  /** The site's key; empty is the server's own. */
  readonly site: string
  /** Who it is to the site, by its token. */
  readonly subject: string | undefined
  /** The only lobby its token admits to. */
  readonly lobby: string | undefined
}

/** Frames of a session so far, as its server counts them. */
export interface SessionCounts {
  /** From the client, after its `hello`. */
  readonly received: number
  /** To the client, without any `welcome`. */
  readonly sent: number
}

/** The connection of a session that is present. */
export interface SessionLink {
  sendFrame(frame: Uint8Array): void
  /** Asks the client to acknowledge every frame sent so far. */
  requestAcknowledgement(): void
  /** Ends the connection by name; what was sent before goes out first. */
  close(name: CloseCode): void
}

/** Share of the replay buffer at which its client is asked to acknowledge, without waiting for a heartbeat. */
const acknowledgeAtShare = 1 / 4

/** One person's presence, which outlives a connection by the grace time. */
export class Session implements Ticket {
  readonly id: string
  readonly identity: Identity
  /** Allowances go on from connection to connection: coming back does not renew them. */
  readonly limits: FrameLimits
  readonly #replay: ReplayBuffer
  readonly #maxReplayBytes: () => number
  readonly #onOverflow: (session: Session) => void
  #isAcknowledgementRequested = false
  #addressKey: string
  /** Undefined while away. `Sessions` sets it. */
  link: SessionLink | undefined
  /** Frames sent when it lost its connection: those after them have never been written to any. */
  #sentBeforeAway = 0
  /** Frames handled, of all that came after `hello`. */
  received: number
  /** When it last did something, or was last in a room or in the queue; on the server's clock. */
  lastActiveMs: number
  /** Since when it is away; on the server's clock. `Sessions` sets it. */
  awaySinceMs: number | undefined
  /** As the latest ticket had it; undefined before the first. */
  wish: Wish | undefined
  /** Whether it is to be in the queue as soon as it is present. */
  isSearching = false
  /** A `signal` frame for whoever waits; there only while it enters the queue: nothing is stored. */
  offer: Uint8Array | undefined
  /** The room it is in; `Rooms` sets it. */
  room: Room | undefined
  /** Whom it was in a room with last; `Rooms` sets it. */
  latestPartnerId: string | undefined
  #encounters: Encounters | undefined
  #trace: Trace | undefined

  constructor(
    id: string,
    identity: Identity,
    dependencies: {
      readonly addressKey: string
      readonly limits: FrameLimits
      readonly nowMs: number
      /** Frames either way before this process knew it, where another has known it before. */
      readonly counts?: SessionCounts | undefined
      /** Bytes kept to be sent again; 0: none, sessions do not outlive connections. */
      readonly maxReplayBytes: () => number
      /** More has come for a session that is away than is kept; see {@link replaceMissed}. */
      readonly onOverflow: (session: Session) => void
    },
  ) {
    this.id = id
    this.identity = identity
    this.#addressKey = dependencies.addressKey
    this.limits = dependencies.limits
    this.lastActiveMs = dependencies.nowMs
    this.received = dependencies.counts?.received ?? 0
    this.#replay = new ReplayBuffer(dependencies.counts?.sent)
    this.#maxReplayBytes = dependencies.maxReplayBytes
    this.#onOverflow = dependencies.onOverflow
  }

  /** Whom it has met in rooms that are over, and in the one it is in if it has reported there. */
  get encounters(): Encounters {
    return (this.#encounters ??= new Encounters())
  }

  /** What others keep of it. One object for all of them, which has the latest address. */
  get trace(): Trace {
    const { id, identity, addressKey } = this
    return (this.#trace ??= { id, identity, addressKey })
  }

  /** The session has a connection from another address. `Sessions` calls it. */
  handleMoved(addressKey: string): void {
    this.#addressKey = addressKey
    if (this.#trace) this.#trace.addressKey = addressKey
  }

  /** What limits and bans count by: the address of its latest connection. Never sent, never logged. */
  get addressKey(): string {
    return this.#addressKey
  }

  get name(): string {
    return this.identity.name
  }

  /** Site, lobby and mode, told apart whatever characters they hold. */
  get pool(): string {
    return JSON.stringify([this.identity.site, this.wish?.lobby, this.wish?.mode])
  }

  /** Frames ever sent; the payload of a ping, whose pong acknowledges them. */
  get sent(): number {
    return this.#replay.sent
  }

  /** Sends bytes that are a message already; while away, keeps them. */
  sendFrame(frame: Uint8Array): void {
    const maxBytes = this.#maxReplayBytes()
    this.#replay.push(frame, maxBytes)
    if (this.link) {
      this.#replay.trim(maxBytes)
      this.link.sendFrame(frame)
      this.#requestAcknowledgementAbove(maxBytes * acknowledgeAtShare)
    } else if (this.#replay.bytes > maxBytes) this.#onOverflow(this)
  }

  /** Sends a message of the server's own. */
  send(message: Message): void {
    this.sendFrame(encode(message))
  }

  /** The connection is lost. `Sessions` calls it. */
  handleAway(nowMs: number): void {
    this.link = undefined
    this.awaySinceMs = nowMs
    if (this.isSearching) this.lastActiveMs = nowMs
    this.#sentBeforeAway = this.sent
  }

  /**
   * Takes back every frame since it is away, and keeps the end of its room in their place. None of
   * them has been written to a connection, so the counts of both ends still agree.
   * @param isRoomOver whether its room has ended just now
   */
  replaceMissed(isRoomOver: boolean): void {
    const missed = this.#replay.after(this.#sentBeforeAway) ?? []
    const { number } = messages['partner-left']
    const end = missed.find((frame) => peekNumber(frame) === number)
    this.#replay.withdraw(this.#sentBeforeAway)
    const lost = isRoomOver ? encode({ type: 'partner-left', reason: 'lost' }) : undefined
    const kept = end ?? lost
    if (kept) this.#replay.push(kept, this.#maxReplayBytes())
  }

  /** The client has received the first `count` frames. */
  acknowledge(count: number): void {
    this.#isAcknowledgementRequested = false
    this.#replay.acknowledge(count)
  }

  /** Frames after the first `count`, to be sent again; undefined where some are gone. */
  framesAfter(count: number): readonly Uint8Array[] | undefined {
    return this.#replay.after(count)
  }

  /** One request at a time: a client that answers none of them costs no more than one. */
  #requestAcknowledgementAbove(bytes: number): void {
    if (this.#isAcknowledgementRequested || this.#replay.bytes <= bytes) return
    this.#isAcknowledgementRequested = true
    this.link?.requestAcknowledgement()
  }
}
