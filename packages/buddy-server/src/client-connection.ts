import type { CloseCode, ErrorCode, MessageOf, MessageType } from '@buddy-chat/protocol'
import {
  closeCodes,
  decode,
  encode,
  messages,
  messageTypeOf,
  peekNumber,
  ProtocolError,
} from '@buddy-chat/protocol'
import type { Cancel, Clock } from './clock.ts'
import type { HandlerContext } from './handlers/context.ts'
import { handleLeave } from './handlers/leave.ts'
import { handleNext } from './handlers/next.ts'
import { handleRelay } from './handlers/relay.ts'
import { handleTicket } from './handlers/ticket.ts'
import { TokenBucket } from './rate-limiter.ts'
import { droppedRate, otherRate, rates } from './rates.ts'
import type { Session } from './session.ts'
import type { Connection, ConnectionEvents } from './transport/transport.ts'

/** Violations answered by an error; the one after them ends the connection. */
const maxViolations = 4
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

type Limited = keyof typeof rates

const isLimited = (type: MessageType | undefined): type is Limited =>
  type !== undefined && type in rates

/**
 * One client's connection: lets it say hello, holds it to the protocol and its rates, and hands
 * what it says to the handlers.
 */
export class ClientConnection implements ConnectionEvents {
  readonly #connection: Connection
  readonly #context: ConnectionContext
  readonly #cancelHelloTimeout: Cancel
  readonly #buckets = new Map<Limited | undefined, TokenBucket>()
  readonly #dropped: TokenBucket
  #session: Session | undefined
  #violations = 0
  #isClosing = false
  /** When the last `rate-limited` was told: once a second is enough. */
  #rateToldAtMs = -Infinity
  #heardAtMs: number

  constructor(connection: Connection, context: ConnectionContext) {
    const { clock, helloTimeoutMs } = context
    this.#connection = connection
    this.#context = context
    this.#heardAtMs = clock.now()
    this.#dropped = new TokenBucket(droppedRate, clock.now())
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
    // 1000 and 1001 are a page that was left; anything else is an accident.
    if (session)
      handleLeave(session, this.#context, code === 1000 || code === 1001 ? 'left' : 'lost')
    this.#context.onClosed(session)
  }

  onFrame(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#isClosing) return
    this.#heardAtMs = this.#context.clock.now()
    const number = isBinary ? peekNumber(bytes) : undefined
    const type = number === undefined ? undefined : messageTypeOf(number)
    if (!this.#isWithinRate(type)) return
    try {
      this.#handle(bytes, number, type)
    } catch (error) {
      if (error instanceof ProtocolError) this.#handleViolation(error.code, error.message)
      else {
        this.#context.onInternalError(error)
        this.#tell('internal', 'the server failed to handle this frame')
      }
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

  #handle(bytes: Uint8Array, number: number | undefined, type: MessageType | undefined): void {
    if (number === undefined) {
      throw new ProtocolError('malformed-frame', 'a frame is binary: one msgpack array, type first')
    }
    // A type of a later minor version: ignored, as the protocol promises.
    if (type === undefined) return
    const { direction, maxBytes } = messages[type]
    if (bytes.length > maxBytes) {
      throw new ProtocolError('frame-too-large', `${type} has at most ${maxBytes} bytes`)
    }
    if (direction === 'server') {
      throw new ProtocolError('wrong-direction', `${type} is sent by servers only`)
    }
    if (type === 'hello') return this.#handleHello(bytes)
    const session = this.#session
    if (!session) throw new ProtocolError('hello-required', `hello comes before ${type}`)
    if (direction === 'partner') return handleRelay(session, bytes, this.#context)
    const message = decode(bytes)
    switch (message?.type) {
      case 'ticket':
        return handleTicket(session, message, this.#context)
      case 'next':
        return handleNext(session, this.#context)
      case 'leave':
        return handleLeave(session, this.#context)
      default:
    }
  }

  #handleHello(bytes: Uint8Array): void {
    if (this.#session) throw new ProtocolError('hello-repeated', 'hello was said already')
    const hello = decode(bytes) as MessageOf<'hello'>
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

  #isWithinRate(type: MessageType | undefined): boolean {
    const { clock } = this.#context
    const now = clock.now()
    const key = isLimited(type) ? type : undefined
    let bucket = this.#buckets.get(key)
    if (!bucket) {
      bucket = new TokenBucket(key ? rates[key] : otherRate, now)
      this.#buckets.set(key, bucket)
    }
    const retryAfterMs = bucket.take(now)
    if (retryAfterMs === 0) return true
    if (this.#dropped.take(now) > 0) {
      this.#refuse('rate-limited', 'rate-limited', 'far too many frames', floodRetryAfterMs)
    } else if (now - this.#rateToldAtMs >= 1000) {
      this.#rateToldAtMs = now
      this.#tell('rate-limited', `too many frames of type ${type ?? 'unknown'}`, retryAfterMs)
    }
    return false
  }

  #handleViolation(code: ErrorCode, message: string): void {
    this.#tell(code, message)
    if (++this.#violations > maxViolations) this.close('protocol-violation')
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
