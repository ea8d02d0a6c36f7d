import type { CloseCode, ErrorCode, MessageOf, MessageType } from '@buddy-chat/protocol'
import {
  checkStructure,
  closeCodes,
  decode,
  encode,
  messages,
  messageTypeOf,
  peekNumber,
  ProtocolError,
} from '@buddy-chat/protocol'
import type { Cancel, Clock } from './clock.ts'
import { FrameLimits } from './limits/frame-limits.ts'
import type { HandlerContext } from './handlers/context.ts'
import { handleLeave } from './handlers/leave.ts'
import { handleNext } from './handlers/next.ts'
import { handleRelay } from './handlers/relay.ts'
import { handleTicket } from './handlers/ticket.ts'
import type { Session } from './session.ts'
import type { Connection, ConnectionEvents } from './transport/transport.ts'

/** Violations answered by an error; the one after them ends the connection. */
const maxViolations = 4
/** A page that was closed or left (RFC 6455 §7.4.1); any other end is an accident. */
const partingCodes: ReadonlySet<number> = new Set([1000, 1001, 1005])
/** How long a client stays away that was cut for its rate. */
const floodRetryAfterMs = 30_000

/** What a connection needs of the server. */
export interface ConnectionContext extends HandlerContext {
  readonly clock: Clock
  readonly helloTimeoutMs: number
  /** A session for this hello, or undefined where the server is full. */
  readonly createSession: (
    hello: MessageOf<'hello'>,
    sendFrame: (frame: Uint8Array) => void,
  ) => { readonly session: Session; readonly welcome: MessageOf<'welcome'> } | undefined
  /** How long a client stays away that found the server full, in milliseconds. */
  readonly fullRetryAfterMs: number
  readonly onClosed: (session: Session | undefined) => void
  /** A handler failed; tells the operator. */
  readonly onInternalError: (error: unknown) => void
}

/**
 * One client's connection: lets it say hello, holds it to the protocol and its rates, and hands
 * what it says to the handlers.
 */
export class ClientConnection implements ConnectionEvents {
  readonly #connection: Connection
  readonly #context: ConnectionContext
  readonly #cancelHelloTimeout: Cancel
  readonly #limits: FrameLimits
  #session: Session | undefined
  #violations = 0
  #isClosing = false
  #heardAtMs: number

  constructor(connection: Connection, context: ConnectionContext) {
    const { clock, helloTimeoutMs } = context
    this.#connection = connection
    this.#context = context
    this.#heardAtMs = clock.now()
    this.#limits = new FrameLimits(clock.now())
    this.#cancelHelloTimeout = clock.after(helloTimeoutMs, () => {
      this.#refuse('hello-timeout', 'hello-required', 'no hello in time')
    })
  }

  /** When the client was last heard: a frame or an answer to a ping. On the server's clock. */
  get heardAtMs(): number {
    return this.#heardAtMs
  }

  onPong(): void {
    this.#heardAtMs = this.#context.clock.now()
  }

  onBacklog(): void {
    this.close('slow-consumer')
  }

  onClose(code: number): void {
    this.#isClosing = true
    this.#cancelHelloTimeout()
    const session = this.#session
    this.#session = undefined
    if (session) handleLeave(session, this.#context, partingCodes.has(code) ? 'left' : 'lost')
    this.#context.onClosed(session)
  }

  onFrame(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#isClosing) return
    const now = this.#context.clock.now()
    this.#heardAtMs = now
    const number = isBinary ? peekNumber(bytes) : undefined
    const type = number === undefined ? undefined : messageTypeOf(number)
    const verdict = this.#limits.judge(type, bytes.length, now)
    if (verdict.kind === 'cut') {
      this.#refuse('rate-limited', 'rate-limited', 'far too many frames', floodRetryAfterMs)
    } else if (verdict.kind === 'pass') this.#handle(bytes, number, type)
    else if (verdict.retryAfterMs !== undefined) {
      const message = `too much of type ${type ?? 'unknown'}`
      this.#tell('rate-limited', message, verdict.retryAfterMs)
    }
  }

  /** Ends the connection by name; what was sent before goes out first. */
  close(name: CloseCode): void {
    this.#isClosing = true
    this.#connection.close(closeCodes[name], name)
  }

  /** Sends one more message; for the server's own, outside any session. */
  send(message: Parameters<typeof encode>[0]): void {
    this.#connection.send(encode(message))
  }

  ping(): void {
    this.#connection.ping()
  }

  /** Ends a connection that is dead already. */
  terminate(): void {
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
      this.#context.onInternalError(error)
      this.#tell('internal', 'the server failed to handle this frame')
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
      if (session) throw new ProtocolError('hello-repeated', 'hello was said already')
      const hello = decode(bytes) as MessageOf<'hello'>
      return () => this.#handleHello(hello)
    }
    if (!session) throw new ProtocolError('hello-required', `hello comes before ${type}`)
    if (direction === 'partner') {
      checkStructure(bytes)
      if (type === 'signal' && session.wish?.mode === 'text') {
        throw new ProtocolError('wrong-mode', 'there are no signals in text mode')
      }
      return () => handleRelay(session, bytes, this.#context)
    }
    const message = decode(bytes)
    switch (message?.type) {
      case 'ticket':
        return () => handleTicket(session, message, this.#context)
      case 'next':
        return () => handleNext(session, this.#context)
      case 'leave':
        return () => handleLeave(session, this.#context)
      default:
        return undefined
    }
  }

  #handleHello(hello: MessageOf<'hello'>): void {
    const joined = this.#context.createSession(hello, (frame) => this.#connection.send(frame))
    if (!joined) {
      const { fullRetryAfterMs } = this.#context
      this.#refuse('server-full', 'server-full', 'the server is full', fullRetryAfterMs)
      return
    }
    this.#cancelHelloTimeout()
    this.#session = joined.session
    joined.session.send(joined.welcome)
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
