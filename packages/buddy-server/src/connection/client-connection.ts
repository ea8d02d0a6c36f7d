import { isUtf8 } from 'node:buffer'
import type { CloseCode, ErrorCode, Message, MessageOf, MessageType } from '@buddy-chat/protocol'
import {
  checkStructure,
  closeCodes,
  decode,
  encode,
  messages,
  messageTypeOf,
  peekNumber,
  ProtocolError,
  waitAfterCloseMs,
} from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../clock.ts'
import type { HandlerContext } from '../handlers/context.ts'
import { enterQueue } from '../handlers/enter-queue.ts'
import type { Joined } from '../handlers/hello.ts'
import { handleDiagnosis } from '../handlers/diagnosis.ts'
import { handleLeave } from '../handlers/leave.ts'
import { handleNext } from '../handlers/next.ts'
import { handleForPartner } from '../handlers/relay.ts'
import { handlePing } from '../handlers/ping.ts'
import { handleReport } from '../handlers/report.ts'
import { handleTicket } from '../handlers/ticket.ts'
import type { Refusal } from '../limits/connection-admission.ts'
import { FrameLimits } from '../limits/frame-limits.ts'
import { OutstandingPings } from './outstanding-pings.ts'
import type { Session, SessionLink } from '../sessions/session.ts'
import type { Connection, ConnectionEvents, Upgrade } from '../transport/transport.ts'

/** Violations answered by an error; the one after them ends the connection. */
const maxViolations = 4
/** A page that was closed or left (RFC 6455 §7.4.1); any other end is an accident. */
const partingCodes: ReadonlySet<number> = new Set([1000, 1001, 1005])
/** Ends of a connection after which its session may go on. Any other name ends both. */
const resumableCloses: ReadonlySet<CloseCode> = new Set([
  'going-away',
  'slow-consumer',
  'session-taken',
])
/** Ends of a connection for what it did; the operator wants to know how many. */
const cuts: ReadonlySet<CloseCode> = new Set([
  'rate-limited',
  'hello-timeout',
  'slow-consumer',
  'protocol-violation',
])

/** What connections need of the server; one object for all of them. */
export interface ConnectionContext {
  readonly handlers: HandlerContext
  readonly clock: Clock
  readonly helloTimeoutMs: () => number
  /** Answers a hello; rejects only if the server itself fails. */
  readonly join: (hello: MessageOf<'hello'>, client: ClientConnection) => Promise<Joined | Refusal>
  /** The answer to a client that has joined. */
  readonly welcome: (joined: Joined) => MessageOf<'welcome'>
  readonly onRefused: (code: ErrorCode, client: ClientConnection) => void
  readonly onClosed: (client: ClientConnection) => void
}

/**
 * One client's connection: lets it say hello, holds it to the protocol and its rates, and hands
 * what it says to the handlers.
 */
export class ClientConnection implements ConnectionEvents, SessionLink {
  /** What limits and bans count by. */
  readonly addressKey: string
  /** Where `Reception` has put it among the open connections. */
  slot = 0
  readonly #connection: Connection
  readonly #context: ConnectionContext
  /** Undefined once it is not needed: a timer that is kept takes memory for every connection. */
  #cancelHelloTimeout: Cancel | undefined
  /** The connection's own until it has a session, then that of the session. */
  #limits = new FrameLimits()
  readonly #pings = new OutstandingPings()
  /**
   * Frames sent before the latest ping that was answered. The pong after it acknowledges them: a browser
   * answers a ping before its page has read what came with it, and the page may close the connection first.
   */
  #sentBeforeAnswered = 0
  #session: Session | undefined
  #isJoining = false
  #violations = 0
  #isClosing = false
  #endsSession = false
  #lastReceivedMs: number

  constructor(connection: Connection, addressKey: string, context: ConnectionContext) {
    const { clock, helloTimeoutMs } = context
    this.addressKey = addressKey
    this.#connection = connection
    this.#context = context
    this.#lastReceivedMs = clock.now()
    this.#cancelHelloTimeout = clock.after(helloTimeoutMs(), () => {
      this.#refuse('hello-timeout', 'hello-required', 'no hello in time')
    })
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

  /** The session that is present by this connection. */
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
    // It says nothing: a client may send it at any time, whether or not it reads.
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
    this.#endHelloTimeout()
    const session = this.#session
    this.#session = undefined
    const { sessions } = this.#context.handlers
    if (session?.link === this && this.#endsSession) sessions.end(session, 'lost')
    else if (session) sessions.detach(session, this, partingCodes.has(code))
    this.#context.onClosed(this)
  }

  onFrame(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#isClosing) return
    const now = this.#context.clock.now()
    this.#lastReceivedMs = now
    const session = this.#session
    if (session) {
      session.received++
      session.lastActiveMs = now
    }
    const number = isBinary ? peekNumber(bytes) : undefined
    const type = number === undefined ? undefined : messageTypeOf(number)
    const verdict = this.#limits.judge(type, bytes.length, now)
    if (verdict.kind === 'cut') {
      const name = 'rate-limited'
      this.#refuse(name, name, 'far too many frames', waitAfterCloseMs[name])
    } else if (verdict.kind === 'pass') this.#handle(bytes, number, type)
    else if (verdict.retryAfterMs !== undefined) {
      const message = `too much of type ${type ?? 'unknown'}`
      this.#tell('rate-limited', message, verdict.retryAfterMs)
    }
  }

  sendFrame(frame: Uint8Array): void {
    this.#connection.send(frame)
  }

  requestAcknowledgement(): void {
    this.ping()
  }

  /** Ends the connection by name; what was sent before goes out first. */
  close(name: CloseCode): void {
    if (this.#isClosing) return
    this.#markClosing(name)
    this.#connection.close(closeCodes[name], name)
  }

  /** Sends one more message, as part of the session where there is one. */
  send(message: Message): void {
    if (this.#session) this.#session.send(message)
    else this.#connection.send(encode(message))
  }

  /** Sends the frame of a heartbeat, to a client that has a session, and a ping after it. */
  beat(frame: Uint8Array): void {
    this.#session?.sendFrame(frame)
    this.ping()
  }

  /** Sends a ping, whose pong acknowledges every frame sent before. */
  ping(): void {
    const payload = this.#pings.next(this.#session?.sent ?? 0)
    if (payload) this.#connection.ping(payload)
  }

  /** Ends a connection that is dead already. */
  terminate(): void {
    this.#connection.terminate()
  }

  #endHelloTimeout(): void {
    this.#cancelHelloTimeout?.()
    this.#cancelHelloTimeout = undefined
  }

  #markClosing(name: CloseCode): void {
    this.#isClosing = true
    this.#endsSession = !resumableCloses.has(name)
    if (cuts.has(name)) this.#context.handlers.notify('cut', { code: name })
  }

  /** Every such frame is parsed, and a ping is answered: a flood of them would slow everybody down. */
  #countControlFrame(now: number): void {
    if (this.#limits.allowsControlFrame(now) || this.#isClosing) return
    // Not by a close frame: the server would have to read on until the client closes too.
    this.#markClosing('rate-limited')
    this.#connection.terminate()
  }

  /** What the client got wrong is told to it; what this server gets wrong, to the operator. */
  #handle(bytes: Uint8Array, number: number | undefined, type: MessageType | undefined): void {
    let act: (() => void) | undefined
    try {
      act = this.#read(bytes, number, type)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#tell(error.code, error.message)
      if (++this.#violations > maxViolations) this.close('protocol-violation')
      return
    }
    try {
      act?.()
    } catch (error) {
      this.#fail(error)
    }
  }

  /**
   * What is to be done about a frame.
   * @throws ProtocolError where it breaks the protocol
   */
  #read(
    bytes: Uint8Array,
    number: number | undefined,
    type: MessageType | undefined,
  ): (() => void) | undefined {
    if (number === undefined) {
      throw new ProtocolError('malformed-frame', 'a frame is binary: one msgpack array, type first')
    }
    // A type of a later minor version: ignored, as the protocol promises.
    if (type === undefined) return undefined
    const { direction, maxBytes } = messages[type]
    if (bytes.length > maxBytes) {
      throw new ProtocolError('frame-too-large', `${type} has at most ${maxBytes} bytes`)
    }
    if (direction === 'server') {
      throw new ProtocolError('wrong-direction', `${type} is sent by servers only`)
    }
    const session = this.#session
    if (type === 'hello') {
      if (session || this.#isJoining) {
        throw new ProtocolError('hello-repeated', 'hello was said already')
      }
      const hello = decode(bytes) as MessageOf<'hello'>
      return () => void this.#join(hello)
    }
    if (!session) throw new ProtocolError('hello-required', `hello comes before ${type}`)
    return direction === 'partner'
      ? this.#readForPartner(session, bytes, type)
      : this.#readForServer(session, bytes)
  }

  #readForPartner(session: Session, bytes: Uint8Array, type: MessageType): () => void {
    const { handlers } = this.#context
    checkStructure(bytes, isUtf8)
    if (type === 'signal' || type === 'trust') {
      if (session.wish?.mode === 'text') {
        throw new ProtocolError('wrong-mode', `there is no ${type} in text mode`)
      }
    } else if (!handlers.siteOf(session).isTextAllowed) {
      return () => this.#tell('not-permitted', 'people do not write to each other on this site')
    } else if (type === 'text' && handlers.moderation) {
      // It is decoded at once: what is no text is the sender's mistake.
      const { text } = decode(bytes) as MessageOf<'text'>
      return () => handleForPartner(session, bytes, handlers, text)
    }
    return () => handleForPartner(session, bytes, handlers)
  }

  #readForServer(session: Session, bytes: Uint8Array): (() => void) | undefined {
    const { handlers } = this.#context
    const message = decode(bytes)
    switch (message?.type) {
      case 'ticket':
        return () => handleTicket(session, message, handlers)
      case 'next':
        return () => handleNext(session, message, handlers)
      case 'leave':
        return () => handleLeave(session, handlers)
      case 'ping':
        return () => handlePing(session, handlers)
      case 'diagnosis':
        return () => handleDiagnosis(message, handlers)
      case 'report':
        return () => handleReport(session, message, handlers)
      default:
        return undefined
    }
  }

  async #join(hello: MessageOf<'hello'>): Promise<void> {
    this.#isJoining = true
    const { sessions } = this.#context.handlers
    let joined: Joined | undefined
    try {
      const answer = await this.#context.join(hello, this)
      if ('code' in answer) {
        if (this.#isClosing) return
        this.#context.onRefused(answer.code, this)
        this.#refuse(answer.code, answer.code, answer.message, answer.retryAfterMs)
        return
      }
      joined = answer
      if (this.#isClosing) {
        // A resume answers at once, so this is a connection that ended while its last words came.
        sessions.detach(joined.session, this, false)
        this.#takeSeat(joined)
      } else this.#enter(joined)
    } catch (error) {
      // Whoever could not be welcomed is not here: nothing else would end that session.
      if (joined && joined.session !== this.#session) sessions.end(joined.session, 'lost')
      this.#fail(error)
    } finally {
      this.#isJoining = false
    }
  }

  #enter(joined: Joined): void {
    const { session, missed, restored } = joined
    const { handlers, welcome } = this.#context
    this.#connection.send(encode(welcome(joined)))
    this.#endHelloTimeout()
    this.#session = session
    this.#limits = session.limits
    if (restored) {
      handlers.notify('restored', { session })
      this.#takeSeat(joined)
      return
    }
    if (!missed) {
      handlers.notify('joined', { session })
      return
    }
    for (const frame of missed) this.#connection.send(frame)
    handlers.notify('back', { session, replayedFrames: missed.length })
    handlers.rooms.handleBack(session)
    if (session.isSearching && !session.room) enterQueue(session, handlers)
  }

  /** Where the session was in a room with its former server, it is to be in it again. */
  #takeSeat({ session, restored }: Joined): void {
    if (!restored) return
    const { seat, wasInRoom } = restored
    if (wasInRoom && !seat) session.send({ type: 'partner-left', reason: 'lost' })
    this.#context.handlers.reunions.handleRestored(session, seat)
  }

  #fail(error: unknown): void {
    this.#context.handlers.onInternalError(error)
    this.#tell('internal', 'the server failed to handle this frame')
  }

  #refuse(
    name: CloseCode,
    code: ErrorCode,
    message: string,
    retryAfterMs: number | null = null,
  ): void {
    this.#tell(code, message, retryAfterMs)
    this.close(name)
  }

  #tell(code: ErrorCode, message: string, retryAfterMs: number | null = null): void {
    this.send({ type: 'error', code, message, retryAfterMs })
  }
}
