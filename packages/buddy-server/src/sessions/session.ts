import type { Message } from '@buddy-chat/protocol'
import { messages, peekNumber } from '@buddy-chat/protocol'
import { encode } from '../codec.ts'
import type { FrameLimits } from '../limits/frame-limits.ts'
import type { Handover } from '../engine/engine.ts'
import type { Identified, Identity } from './identity.ts'
import type { Participant } from './participant.ts'
import { ReplayBuffer } from './replay-buffer.ts'
import type { SessionLink } from './session-link.ts'

/** How many frames the server has received and sent in a session so far. */
export interface SessionCounts {
  /** Number of frames from the client, not counting `hello`. */
  readonly received: number
  /** Number of frames to the client, not counting `welcome`. */
  readonly sent: number
}

interface SessionDependencies {
  readonly addressKey: string
  readonly personKey: string
  /** Milliseconds since 1970. */
  readonly sinceMs: number
  readonly limits: FrameLimits
  readonly nowMs: number
  /** The counts from which a restored session continues; undefined for a new session. */
  readonly counts?: SessionCounts | undefined
  /** How many welcomes a restored session has had, according to the resume token of its client. @default 0 */
  readonly welcomes?: number | undefined
  /** Returns the size of the replay buffer in bytes; 0 if sessions do not outlive their connections. */
  readonly maxReplayBytes: () => number
  /**
   * Called when the replay buffer overflows while the session is away. The callee calls {@link
   * Session.replaceMissed}.
   */
  readonly onOverflow: (session: Session) => void
  readonly createParticipant: (session: Session) => Participant
}

/**
 * When this share of the replay buffer is used, the server requests an acknowledgement without waiting for
 * the next heartbeat.
 */
const acknowledgeAtShare = 1 / 4

/** One user's presence at a server process. It outlives its connection by the grace time. */
export class Session implements Identified {
  readonly id: string
  readonly identity: Identity
  /** The same for all sessions of a person at a site; see `safety/person-keys.ts`. */
  readonly personKey: string
  /** When this process created the session, in milliseconds since 1970. */
  readonly sinceMs: number
  /** The session's rate limits. They belong to the session, so that a new connection does not reset them. */
  readonly limits: FrameLimits
  /** The session's side of the engine. */
  readonly participant: Participant
  readonly #replay: ReplayBuffer
  readonly #maxReplayBytes: () => number
  #welcomes: number
  /** Whether the client has not sent a frame since it resumed the session. */
  #isWelcomeUnconfirmed = false
  readonly #onOverflow: (session: Session) => void
  #isAcknowledgementRequested = false
  #link: SessionLink | undefined
  /**
   * The value of `sent` when the session lost its connection. Later frames were not written to any
   * connection.
   */
  #sentBeforeAway = 0
  /**
   * The address of the latest connection, in the form that limits and bans compare. Never sent to clients,
   * never logged.
   */
  addressKey: string
  /** The connection for which the session is reserved, between its `hello` and its `welcome`. */
  pendingLink: SessionLink | undefined
  /** Number of frames from the client that were handled, not counting `hello`. */
  received: number
  /** When the session last received a frame, was in a room or was in the queue, on the server's clock. */
  lastActiveMs: number
  /** When the session lost its connection, on the server's clock; undefined if it is not away. */
  awaySinceMs: number | undefined

  constructor(id: string, identity: Identity, dependencies: SessionDependencies) {
    this.id = id
    this.identity = identity
    this.personKey = dependencies.personKey
    this.sinceMs = dependencies.sinceMs
    this.addressKey = dependencies.addressKey
    this.limits = dependencies.limits
    this.lastActiveMs = dependencies.nowMs
    this.received = dependencies.counts?.received ?? 0
    this.#replay = new ReplayBuffer(dependencies.counts?.sent)
    this.#maxReplayBytes = dependencies.maxReplayBytes
    this.#onOverflow = dependencies.onOverflow
    this.#welcomes = dependencies.welcomes ?? 0
    this.participant = dependencies.createParticipant(this)
  }

  /**
   * How many welcomes the session has had, at all nodes. The resume token in a welcome contains it, so that a node
   * recognises an out-of-date token, and that its own state of the session is out of date.
   */
  get welcomes(): number {
    return this.#welcomes
  }

  /** Call this before each welcome. */
  countWelcome(): void {
    this.#welcomes++
    this.#isWelcomeUnconfirmed = this.#welcomes > 1
    if (this.#isWelcomeUnconfirmed) this.participant.welcome(this.#welcomes)
  }

  /** Call this with each frame of the client. */
  receive(nowMs: number): void {
    this.received++
    this.lastActiveMs = nowMs
    if (!this.#isWelcomeUnconfirmed) return
    this.#isWelcomeUnconfirmed = false
    this.participant.confirmWelcome()
  }

  /** The connection; undefined while the session has none. */
  get link(): SessionLink | undefined {
    return this.#link
  }

  get isPresent(): boolean {
    return this.#link !== undefined
  }

  /** Number of all frames sent. A ping contains this number, and its pong acknowledges those frames. */
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
    else if (this.awaySinceMs !== undefined) this.participant.keep([frame], this.sent - 1)
  }

  /** Sends a message of the server itself. */
  send(message: Message): void {
    this.sendFrame(encode(message))
  }

  /**
   * Gives the session a connection. Sends the welcome, then every frame after the first `received`, then all
   * later frames. A session gets its connection only here, and without an `await`. So no frame can be sent
   * before the welcome, and no frame is left out.
   * @param received number of frames that the client has; undefined if the session is new
   * @param welcome creates the welcome, which is not counted as a frame
   * @returns the number of frames sent again. Undefined if a missed frame is no longer kept; then nothing is
   * sent.
   */
  attach(
    link: SessionLink,
    received: number | undefined,
    welcome: () => Uint8Array,
  ): number | undefined {
    if (!this.#replay.after(received ?? 0)) return undefined
    link.sendFrame(welcome())
    // The frames are read again, because `welcome` may have sent a frame to the session.
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
   * Drops all frames since the session lost its connection. If its room has ended, keeps a single
   * `partner-left` in their place. No dropped frame is counted as sent, because none was written to a
   * connection. So the counts of client and server still agree.
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

  /**
   * Returns what another node needs to continue the session. Frames that wait for the partner here do not count as
   * received, so that the client sends them again to that node.
   */
  get handover(): Handover {
    const { first } = this.#replay
    const received = this.participant.receivedBeforeHeld ?? this.received
    return { frames: this.#replay.after(first) ?? [], sentBefore: first, received }
  }

  /** Returns the frames after the first `count`; undefined if some of them are no longer kept. */
  framesAfter(count: number): readonly Uint8Array[] | undefined {
    return this.#replay.after(count)
  }

  /**
   * Requests an acknowledgement if more than `bytes` are used. Requests only one at a time, so that a client
   * that does not answer causes only one ping.
   */
  #requestAcknowledgementAbove(bytes: number): void {
    if (this.#isAcknowledgementRequested || this.#replay.bytes <= bytes) return
    this.#isAcknowledgementRequested = true
    this.#link?.requestAcknowledgement()
  }
}
