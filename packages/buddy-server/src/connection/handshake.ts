import type { CloseCode, ErrorCode, MessageOf } from '@buddy-chat/protocol'
import { ProtocolError } from '@buddy-chat/protocol'
import { decode, encode } from '../codec.ts'
import type { Cancel, Clock } from '../clock.ts'
import type { HandlerContext } from '../handlers/context.ts'
import type { Joined } from '../handlers/hello.ts'
import type { Refusal } from '../limits/refusal.ts'
import { closeAfter } from '../limits/refusal.ts'
import type { Session } from '../sessions/session.ts'
import type { SessionLink } from '../sessions/session-link.ts'
import type { Upgrade } from '../transport/transport.ts'

/** A connection, as its handshake uses it. */
export interface HandshakeConnection extends SessionLink {
  readonly upgrade: Upgrade
  /** The client's address, in the form that limits and bans compare. */
  readonly addressKey: string
  /** False as soon as the connection is closed, or is about to be. */
  readonly isConnected: boolean
  /** The session that uses this connection; undefined if there is none yet. */
  readonly session: Session | undefined
  /** Makes `session` the one that uses this connection. */
  attach(session: Session): void
  /** Sends an error, then closes the connection. */
  refuse(name: CloseCode, code: ErrorCode, message: string, retryAfterMs?: number | null): void
  /** Reports an error of the server to the operator, and to the client without details. */
  handleInternalError(error: unknown): void
}

/** The parts of the server that handshakes use. */
export interface HandshakeContext {
  readonly handlers: HandlerContext
  readonly clock: Clock
  readonly helloTimeoutMs: () => number
  /** Resolves with a session or a refusal. Rejects only because of an error of the server. */
  readonly join: (
    hello: MessageOf<'hello'>,
    connection: HandshakeConnection,
  ) => Promise<Joined | Refusal>
  /** Creates the answer to a client that has joined. */
  readonly welcome: (joined: Joined) => MessageOf<'welcome'>
  readonly onRefused: (code: ErrorCode, connection: HandshakeConnection) => void
}

/**
 * Gives a new connection its session. Waits for `hello`, creates or resumes the session, then sends `welcome`
 * and the frames that the client has missed. The connection drops the handshake as soon as it has a session.
 */
export class Handshake {
  readonly #connection: HandshakeConnection
  readonly #context: HandshakeContext
  readonly #cancelTimeout: Cancel
  #isJoining = false

  constructor(connection: HandshakeConnection, context: HandshakeContext) {
    this.#connection = connection
    this.#context = context
    this.#cancelTimeout = context.clock.after(context.helloTimeoutMs(), () => {
      connection.refuse('hello-timeout', 'hello-required', 'no hello came in time')
    })
  }

  /**
   * Cancels the hello timeout. Call this when the connection has closed. If a `hello` is being answered then,
   * `#join` notices that the connection has closed.
   */
  cancel(): void {
    this.#cancelTimeout()
  }

  /** @throws ProtocolError if the frame is not a valid `hello`, or while another `hello` is being answered */
  handleHello(frame: Uint8Array): void {
    if (this.#isJoining) throw new ProtocolError('hello-repeated', 'hello was sent already')
    void this.#join(decode(frame) as MessageOf<'hello'>)
  }

  async #join(hello: MessageOf<'hello'>): Promise<void> {
    this.#isJoining = true
    const connection = this.#connection
    const { sessions } = this.#context.handlers
    let joined: Joined | undefined
    try {
      const answer = await this.#context.join(hello, connection)
      if ('code' in answer) {
        if (!connection.isConnected) return
        this.#context.onRefused(answer.code, connection)
        if (answer.measure) connection.sendFrame(encode(answer.measure))
        connection.refuse(closeAfter(answer.code), answer.code, answer.message, answer.retryAfterMs)
        return
      }
      joined = answer
      if (connection.isConnected) this.#enter(joined)
      else {
        // The connection closed during the join. The session is away now.
        sessions.detach(joined.session, connection, false)
        this.#claimRoom(joined)
      }
    } catch (error) {
      // A client that got no `welcome` cannot use its session. So the session ends now.
      if (joined && joined.session !== connection.session) sessions.end(joined.session, 'lost')
      connection.handleInternalError(error)
    } finally {
      this.#isJoining = false
    }
  }

  #enter(joined: Joined): void {
    const { session, received, restored } = joined
    const { handlers, welcome } = this.#context
    const connection = this.#connection
    const { sessions, notify } = handlers
    const replayedFrames = sessions.attach(session, connection, received, () =>
      encode(welcome(joined)),
    )
    if (replayedFrames === undefined) {
      const isOver = sessions.find(session.id) !== session
      connection.close(isOver ? 'going-away' : 'session-taken')
      // Another connection has taken the session over. The `hello` of that connection was handled as a
      // resume, which sends no room claim, so this connection sends it.
      if (!isOver) this.#handleRestored(joined)
      return
    }
    this.#cancelTimeout()
    connection.attach(session)
    if (restored) this.#handleRestored(joined)
    else if (received === undefined) notify('joined', { session })
    else {
      notify('back', { session, replayedFrames })
      session.participant.handleBack()
    }
  }

  /**
   * Reports that a session was restored, and sends its claim to the engine. Does nothing for other sessions.
   */
  #handleRestored(joined: Joined): void {
    const { session, restored } = joined
    if (!restored) return
    this.#context.handlers.notify('restored', { session })
    this.#claimRoom(joined)
  }

  /** Sends the engine the claim of a restored session. Does nothing for other sessions. */
  #claimRoom({ session, restored }: Joined): void {
    if (!restored) return
    const { claim, wasInRoom } = restored
    if (wasInRoom && !claim) session.send({ type: 'partner-left', reason: 'lost' })
    session.participant.claimRoom(claim)
  }
}
