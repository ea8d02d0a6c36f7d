import type { Message } from '@buddy-chat/protocol'
import { encode, messages, peekNumber } from '@buddy-chat/protocol'
import type { FrameLimits } from '../limits/frame-limits.ts'
import type { Identified, Identity } from './identity.ts'
import type { Participant } from './participant.ts'
import { ReplayBuffer } from './replay-buffer.ts'
import type { SessionLink } from './session-link.ts'

/** The numbers of frames of a session so far, as its server counts them. */
export interface SessionCounts {
  /** Frames from the client after `hello`. */
  readonly received: number
  /** Frames to the client, not counting `welcome`. */
  readonly sent: number
}

interface SessionDependencies {
  readonly addressKey: string
  readonly limits: FrameLimits
  readonly nowMs: number
  /** Present if an earlier process had the session. */
  readonly counts?: SessionCounts | undefined
  /** Size of the replay buffer in bytes; 0 if sessions do not outlive connections. */
  readonly maxReplayBytes: () => number
  /** Called if the replay buffer overflows while the session is away; see {@link Session.replaceMissed}. */
  readonly onOverflow: (session: Session) => void
  readonly createParticipant: (session: Session) => Participant
}

/** At this share of the replay buffer, the server requests an acknowledgement before the next heartbeat. */
const acknowledgeAtShare = 1 / 4

/** One user's presence at a server process. It outlives its connection by the grace time. */
export class Session implements Identified {
  readonly id: string
  readonly identity: Identity
  /** Rate limits continue across connections: a new connection does not reset them. */
  readonly limits: FrameLimits
  /** The session's part in matching. */
  readonly participant: Participant
  readonly #replay: ReplayBuffer
  readonly #maxReplayBytes: () => number
  readonly #onOverflow: (session: Session) => void
  #isAcknowledgementRequested = false
  #link: SessionLink | undefined
  /** Value of `sent` when the session lost its connection. Later frames were not written to any connection. */
  #sentBeforeAway = 0
  /** The address of the latest connection, as limits and bans count it. Never sent, never logged. */
  addressKey: string
  /** The connection that the session is reserved for, between its `hello` and its `welcome`. */
  pendingLink: SessionLink | undefined
  /** Number of frames handled, without `hello`. */
  received: number
  /** When the session was last in use (a frame, a room, the queue), on the server's clock. */
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

  /** Number of all frames sent. A ping contains it, and its pong acknowledges them. */
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

  /** Sends a message of the server itself. */
  send(message: Message): void {
    this.sendFrame(encode(message))
  }

  /**
   * Gives the session a connection. Sends the welcome, then every frame after the first `received`, then
   * all later frames. There is no other way to get a connection, and no `await` inside. So no frame can
   * be sent before the welcome, and none is left out.
   * @param received number of frames that the client has; undefined if the session is new
   * @param welcome creates the welcome, which is not counted as a frame
   * @returns the number of frames sent again. Undefined if a missed frame is no longer kept; then nothing
   *   is sent.
   */
  attach(
    link: SessionLink,
    received: number | undefined,
    welcome: () => Uint8Array,
  ): number | undefined {
    if (!this.#replay.after(received ?? 0)) return undefined
    link.sendFrame(welcome())
    // Read again, because `welcome` may have sent a frame to the session.
    const missed = this.#replay.after(received ?? 0) ?? []
    if (received !== undefined) this.acknowledge(received)
    for (const frame of missed) link.sendFrame(frame)
    this.#link = link
    return missed.length
  }

  /** Removes the connection. Frames are kept from now on. */
  detach(): void {
    if (this.#link) this.#sentBeforeAway = this.sent
    this.#link = undefined
  }

  /**
   * Drops all frames since the session lost its connection, and keeps a `partner-left` in their place if its
   * room has ended. The frames were not written to any connection, so the counts of client and server
   * still agree.
   * @param isRoomOver whether the session has just left its room
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

  /** Call this when the client has acknowledged the first `count` frames. */
  acknowledge(count: number): void {
    this.#isAcknowledgementRequested = false
    this.#replay.acknowledge(count)
  }

  /** Returns the frames after the first `count`; undefined if some of them are no longer kept. */
  framesAfter(count: number): readonly Uint8Array[] | undefined {
    return this.#replay.after(count)
  }

  /** Requests one acknowledgement at a time, so that a client which does not answer causes only one ping. */
  #requestAcknowledgementAbove(bytes: number): void {
    if (this.#isAcknowledgementRequested || this.#replay.bytes <= bytes) return
    this.#isAcknowledgementRequested = true
    this.#link?.requestAcknowledgement()
  }
}
