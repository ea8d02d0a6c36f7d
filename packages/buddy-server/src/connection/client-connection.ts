import type { CloseCode, ErrorCode, Message, MessageType } from '@buddy-chat/protocol'
import {
  closeCodes,
  messageTypeOf,
  peekNumber,
  ProtocolError,
  waitAfterCloseMs,
} from '@buddy-chat/protocol'
import { encode } from '../codec.ts'
import type { FrameHandler } from '../handlers/frame-handler.ts'
import type { Session } from '../sessions/session.ts'
import type { SessionLink } from '../sessions/session-link.ts'
import type { Connection, ConnectionEvents, Upgrade } from '../transport/transport.ts'
import { endsSession, isCut, isLeaving } from './close-semantics.ts'
import { checkFrame, FrameGate } from './frame-gate.ts'
import type { HandshakeConnection, HandshakeContext } from './handshake.ts'
import { Handshake } from './handshake.ts'
import { messageHandlers } from './message-handlers.ts'
import { OutstandingPings } from './outstanding-pings.ts'

/** The parts of the server that connections use. All connections share one such object. */
export interface ConnectionContext extends HandshakeContext {
  readonly onClosed: (client: ClientConnection) => void
}

/**
 * The connection of one client. A frame first passes the gate, which checks rates and structure. Then the
 * handshake (for `hello`) or the handler of its type handles it.
 */
export class ClientConnection implements ConnectionEvents, SessionLink, HandshakeConnection {
  /** The client's address, in the form that limits and bans compare. */
  readonly addressKey: string
  /** The slot of the heartbeat wheel that this connection is in. `ConnectionAcceptor` sets it. */
  slot = 0
  readonly #connection: Connection
  readonly #context: ConnectionContext
  readonly #gate = new FrameGate()
  /** Undefined once there is a session, because a handshake would use memory for every connection. */
  #handshake: Handshake | undefined
  readonly #pings = new OutstandingPings()
  /**
   * The number of frames sent before the latest answered ping. These frames are acknowledged only by the next
   * pong. The reason is that a browser answers a ping before its page has read the frames before it, and the
   * page may close the connection without reading them.
   */
  #sentBeforeAnswered = 0
  #session: Session | undefined
  #isClosing = false
  #endsSession = false
  #lastReceivedMs: number

  constructor(connection: Connection, addressKey: string, context: ConnectionContext) {
    this.addressKey = addressKey
    this.#connection = connection
    this.#context = context
    this.#lastReceivedMs = context.clock.now()
    this.#handshake = new Handshake(this, context)
  }

  get upgrade(): Upgrade {
    return this.#connection.upgrade
  }

  /** False as soon as the connection is closed, or is about to be. */
  get isConnected(): boolean {
    return !this.#isClosing
  }

  /** When the client last sent a frame or answered a ping, on the server's clock. */
  get lastReceivedMs(): number {
    return this.#lastReceivedMs
  }

  /**
   * The session that uses this connection. Undefined before `welcome`, and after the connection has closed.
   */
  get session(): Session | undefined {
    return this.#session
  }

  onPing(): void {
    const now = this.#context.clock.now()
    this.#lastReceivedMs = now
    this.#countControlFrame(now)
  }

  onPong(payload: Uint8Array): void {
    const now = this.#context.clock.now()
    const sent = this.#pings.handlePong(payload)
    // A pong that answers no ping does not prove that the client reads, because a client may send it at any
    // time.
    if (sent === undefined) this.#countControlFrame(now)
    else {
      this.#lastReceivedMs = now
      this.#session?.acknowledge(this.#sentBeforeAnswered)
      this.#sentBeforeAnswered = sent
    }
  }

  onBacklog(): void {
    this.close('slow-consumer')
  }

  onClose(code: number): void {
    this.#isClosing = true
    this.#handshake?.cancel()
    const session = this.#session
    this.#session = undefined
    const { sessions } = this.#context.handlers
    if (session?.link === this && this.#endsSession) sessions.end(session, 'lost')
    else if (session) sessions.detach(session, this, isLeaving(code))
    this.#context.onClosed(this)
  }

  onFrame(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#isClosing) return
    const now = this.#context.clock.now()
    this.#lastReceivedMs = now
    const session = this.#session
    session?.receive(now)
    const number = isBinary ? peekNumber(bytes) : undefined
    const type = number === undefined ? undefined : messageTypeOf(number)
    const verdict = this.#gate.judge(type, bytes.length, now)
    if (verdict.kind === 'cut') {
      const name = 'rate-limited'
      this.refuse(name, name, 'far too many frames', waitAfterCloseMs[name])
    } else if (verdict.kind === 'pass') this.#handle(bytes, number, type)
    else if (verdict.retryAfterMs !== undefined) {
      const message = `the rate of ${type ?? 'unknown'} frames is too high`
      this.#sendError('rate-limited', message, verdict.retryAfterMs)
    }
  }

  sendFrame(frame: Uint8Array): void {
    this.#connection.send(frame)
  }

  requestAcknowledgement(): void {
    this.ping()
  }

  attach(session: Session): void {
    this.#session = session
    this.#gate.useLimits(session.limits)
    this.#handshake = undefined
  }

  /** Closes the connection with this close code, after everything that was sent before has been written. */
  close(name: CloseCode): void {
    if (this.#isClosing) return
    this.#markClosing(name)
    this.#connection.close(closeCodes[name], name)
  }

  refuse(
    name: CloseCode,
    code: ErrorCode,
    message: string,
    retryAfterMs: number | null = null,
  ): void {
    this.#sendError(code, message, retryAfterMs)
    this.close(name)
  }

  handleInternalError(error: unknown): void {
    this.#context.handlers.onInternalError(error)
    this.#sendError('internal', 'the server failed to handle this frame')
  }

  /** Sends a message. If there is a session, the message counts as one of its frames. */
  send(message: Message): void {
    if (this.#session) this.#session.send(message)
    else this.#connection.send(encode(message))
  }

  /** Sends a heartbeat: the frame, if the client has a session, and then a ping. */
  beat(frame: Uint8Array): void {
    this.#session?.sendFrame(frame)
    this.ping()
  }

  /** Sends a ping, unless too many are unanswered. */
  ping(): void {
    const payload = this.#pings.next(this.#session?.sent ?? 0)
    if (payload) this.#connection.ping(payload)
  }

  /** Ends the connection without a close frame, because the client no longer answers. */
  terminate(): void {
    this.#connection.terminate()
  }

  #markClosing(name: CloseCode): void {
    this.#isClosing = true
    this.#endsSession = endsSession(name)
    if (isCut(name)) this.#context.handlers.notify('cut', { code: name })
  }

  /** The server parses every control frame and answers every ping, so a flood would delay all clients. */
  #countControlFrame(now: number): void {
    if (this.#gate.allowsControlFrame(now) || this.#isClosing) return
    // The connection ends without a close frame. After a close frame the server would go on reading until the
    // client closes too.
    this.#markClosing('rate-limited')
    this.#connection.terminate()
  }

  /**
   * Handles a frame. An error of the client is reported to the client, an error of the server also to the
   * operator.
   */
  #handle(bytes: Uint8Array, number: number | undefined, type: MessageType | undefined): void {
    const session = this.#session
    const { handlers } = this.#context
    let handler: FrameHandler<unknown>
    let message: unknown
    try {
      const checked = checkFrame(bytes, number, type, session !== undefined)
      if (checked === undefined) return
      if (!session || checked === 'hello') {
        this.#handleHello(bytes)
        return
      }
      handler = messageHandlers[checked]
      message = handler.read(session, bytes, handlers)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#sendError(error.code, error.message)
      if (this.#gate.countViolation()) this.close('protocol-violation')
      return
    }
    try {
      handler.handle(session, message, handlers)
    } catch (error) {
      this.handleInternalError(error)
    }
  }

  #handleHello(frame: Uint8Array): void {
    if (!this.#handshake) throw new ProtocolError('hello-repeated', 'hello was sent already')
    this.#handshake.handleHello(frame)
  }

  #sendError(code: ErrorCode, message: string, retryAfterMs: number | null = null): void {
    this.send({ type: 'error', code, message, retryAfterMs })
  }
}
