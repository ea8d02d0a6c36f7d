import type { Message } from '@buddy-chat/protocol'
import { encode, messages, peekNumber } from '@buddy-chat/protocol'
import type { FrameLimits } from '../limits/frame-limits.ts'
import type { Identified, Identity } from './identity.ts'
import type { Participant } from './participant.ts'
import { ReplayBuffer } from './replay-buffer.ts'
import type { SessionLink } from './session-link.ts'

/** How many frames a session has had so far, as its server counts them. */
export interface SessionCounts {
  /** From the client, after its `hello`. */
  readonly received: number
  /** To the client, without any `welcome`. */
  readonly sent: number
}

interface SessionDependencies {
  readonly addressKey: string
  readonly limits: FrameLimits
  readonly nowMs: number
  /** Frames so far, if an earlier process had the session. */
  readonly counts?: SessionCounts | undefined
  /** Bytes kept to be sent again; 0 if sessions do not outlive connections. */
  readonly maxReplayBytes: () => number
  /** More frames have come while the session is away than are kept; see {@link Session.replaceMissed}. */
  readonly onOverflow: (session: Session) => void
  readonly createParticipant: (session: Session) => Participant
}

/** The client is asked to acknowledge when this share of the replay buffer is full, before any heartbeat. */
const acknowledgeAtShare = 1 / 4

/** One user's presence. It outlives its connection by the grace time, and belongs to one node. */
export class Session implements Identified {
  readonly id: string
  readonly identity: Identity
  /** Rates continue from connection to connection: a new connection does not renew them. */
  readonly limits: FrameLimits
  /** The session's part in matching. */
  readonly participant: Participant
  readonly #replay: ReplayBuffer
  readonly #maxReplayBytes: () => number
  readonly #onOverflow: (session: Session) => void
  #isAcknowledgementRequested = false
  #link: SessionLink | undefined
  /** Frames sent when the session lost its connection; no later frame has been written to one. */
  #sentBeforeAway = 0
  /** The address of the latest connection, as limits and bans count it. Never sent, never logged. */
  addressKey: string
  /** The connection that is about to have the session, between its `hello` and its `welcome`. */
  pendingLink: SessionLink | undefined
  /** Frames handled, of all that came after `hello`. */
  received: number
  /** When the session was last in use: by a frame, in a room or in the queue; on the server's clock. */
  lastActiveMs: number
  /** Since when the session is away, on the server's clock; undefined if it is not. */
  awaySinceMs: number | undefined

  constructor(id: string, identity: Identity, dependencies: SessionDependencies) {
    this.id = id
    this.identity = identity
    this.addressKey = dependencies.addressKey
    this.limits = dependencies.limits
    this.lastActiveMs = dependencies.nowMs
    this.received = dependencies.counts?.received ?? 0
    this.#replay = new ReplayBuffer(dependencies.counts?.sent)
    this.#maxReplayBytes = dependencies.maxReplayBytes
    this.#onOverflow = dependencies.onOverflow
    this.participant = dependencies.createParticipant(this)
  }

  /** The connection; undefined while the session has none. */
  get link(): SessionLink | undefined {
    return this.#link
  }

  get isPresent(): boolean {
    return this.#link !== undefined
  }

  /** Frames ever sent; the payload of a ping, whose pong acknowledges them. */
  get sent(): number {
    return this.#replay.sent
  }

  /** Sends the bytes of a message, or keeps them while the session has no connection. */
  sendFrame(frame: Uint8Array): void {
    const maxBytes = this.#maxReplayBytes()
    this.#replay.push(frame, maxBytes)
    if (this.#link) {
      this.#replay.trim(maxBytes)
      this.#link.sendFrame(frame)
      this.#requestAcknowledgementAbove(maxBytes * acknowledgeAtShare)
    } else if (this.#replay.bytes > maxBytes) this.#onOverflow(this)
  }

  /** Sends a message of the server's own. */
  send(message: Message): void {
    this.sendFrame(encode(message))
  }

  /**
   * Gives the session a connection: sends the welcome, then every frame after the first `received`, then all
   * that follow. This is the only way to a connection, and one step: so no frame can go out before the
   * welcome or be left out, however long the session has waited for its welcome.
   * @param received frames that the client has; undefined for a client that begins with this session
   * @param welcome makes the welcome; it is not counted among the frames
   * @returns how many frames were sent again; undefined if some are not kept any more: then nothing is sent
   */
  attach(
    link: SessionLink,
    received: number | undefined,
    welcome: () => Uint8Array,
  ): number | undefined {
    if (!this.#replay.after(received ?? 0)) return undefined
    link.sendFrame(welcome())
    // Now, because the session may have been sent a frame while the welcome was made.
    const missed = this.#replay.after(received ?? 0) ?? []
    if (received !== undefined) this.acknowledge(received)
    for (const frame of missed) link.sendFrame(frame)
    this.#link = link
    return missed.length
  }

  /** The session has no connection any more: frames are kept from now on. */
  detach(): void {
    if (this.#link) this.#sentBeforeAway = this.sent
    this.#link = undefined
  }

  /**
   * Drops every frame since the session lost its connection, and keeps the end of its room in their place.
   * None of them has been written to a connection, so the counts of both ends still agree.
   * @param isRoomOver whether the session's room has just ended
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

  /** Frames after the first `count`, to be sent again; undefined if some are not kept any more. */
  framesAfter(count: number): readonly Uint8Array[] | undefined {
    return this.#replay.after(count)
  }

  /** Requests one acknowledgement at a time: a client that answers none costs no more than one ping. */
  #requestAcknowledgementAbove(bytes: number): void {
    if (this.#isAcknowledgementRequested || this.#replay.bytes <= bytes) return
    this.#isAcknowledgementRequested = true
    this.#link?.requestAcknowledgement()
  }
}
