import type { ClientMessage, MessageOf, ServerMessage } from '@buddy-chat/protocol'
import {
  cleanText,
  decode,
  encode,
  mayReconnect,
  messages,
  ProtocolError,
} from '@buddy-chat/protocol'
import type { Clock } from '../clock.ts'
import type { Unsubscribe } from '../emitter.ts'
import type { BuddyErrorCode } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import { Connection } from './connection.ts'
import type { Frame, FrameLedger } from './frame-ledger.ts'
import type { Introduction } from './introduction.ts'
import { PacedWriter } from './paced-writer.ts'
import { ResumableSession } from './resumable-session.ts'
import { RetrySchedule } from './retry-schedule.ts'
import { sendHello } from './send-hello.ts'
import { explainAnswer, explainClose, fromErrorFrame } from './server-error.ts'
import type { ServerAnswer } from './server-probe.ts'

/** A connection attempt fails if the server sends no frame for this long before its `welcome`. */
const welcomeTimeoutMs = 10_000

/** The time that a server has to answer after a change of network. */
const signOfLifeMs = 2000

/** Close code of this client for a connection that it believes to be dead, or wants to resume. */
const resumableClose = 4999

/** A scheduled attempt to connect again. */
export interface Retry {
  /** 1 for the first attempt after a loss. */
  readonly attempt: number
  /** From now until the attempt. */
  readonly delayMs: number
  /** Why the connection was lost. */
  readonly error: BuddyError
  /**
   * Whether the server keeps the session for a while. A call then goes on, and messages are kept until
   * the session is resumed.
   */
  readonly mayResume: boolean
}

/** What the channel takes from the browser. */
export interface SignalingEnvironment {
  readonly clock: Clock
  readonly createSocket: (url: string, protocol: string) => WebSocket
  readonly random: () => number
  /** See `probeServer`. */
  readonly probeServer: (socketAddress: string) => Promise<ServerAnswer>
  /** Calls back with each address that the page's Content-Security-Policy blocks, until unsubscribed. */
  readonly watchPolicy: (onForbidden: (address: string) => void) => Unsubscribe
}

/** What the channel reports. Each cause leads to at most one call. */
export interface SignalingCallbacks {
  /**
   * Called when a connection is ready, also after each loss. If the session is not resumed, the server
   * knows nothing of the previous one. If `welcome.isRestored`, the server knows the room but no ticket.
   */
  readonly onWelcome: (welcome: MessageOf<'welcome'>, isResumed: boolean) => void
  readonly onMessage: (message: ServerMessage) => void
  /** Called when the connection, or an attempt, has failed and the next attempt is scheduled. */
  readonly onRetry: (retry: Retry) => void
  /** Called when the server has refused the client for good. The channel is then closed. */
  readonly onRefused: (error: BuddyError) => void
}

/** Errors that may explain the close that follows, or concern a single frame. */
const possibleRefusals = new Set<BuddyErrorCode>(['rate-limited'])
/** Errors that are always followed by a close, and are reported by that close only. */
const finalRefusals = new Set<BuddyErrorCode>(['idle-timeout', 'banned', 'session-taken'])

/**
 * The connection to the server. It sends the hello, validates each frame, notices a silent server, and
 * connects again with full-jitter backoff until `close()`. If the server still has the session, it is
 * resumed: then no message is lost or delivered twice, in either direction.
 */
export class SignalingChannel {
  readonly #environment: SignalingEnvironment
  readonly #callbacks: SignalingCallbacks
  readonly #writer: PacedWriter
  readonly #retries: RetrySchedule
  #introduction: Introduction | undefined
  #session: ResumableSession | undefined
  #connection: Connection | undefined
  /** Whether the server has accepted the present connection with a welcome. */
  #isConnected = false
  /** Whether a server has sent a welcome since `open()`. If so, there is a Buddy server at the address. */
  #hasEverConnected = false
  #unwatchPolicy: Unsubscribe | undefined
  #heartbeatMs = 0
  /** The error frame that may explain the close that follows. */
  #lastError: BuddyError | undefined

  constructor(environment: SignalingEnvironment, callbacks: SignalingCallbacks) {
    this.#environment = environment
    this.#callbacks = callbacks
    this.#writer = new PacedWriter(environment.clock)
    this.#retries = new RetrySchedule(environment, () => this.#connect())
  }

  /** Connects with a new session, and connects again after each loss. */
  open(introduction: Introduction): void {
    this.close()
    this.#introduction = introduction
    this.#retries.reset()
    this.#hasEverConnected = false
    this.#unwatchPolicy = this.#environment.watchPolicy((address) => this.#handleForbidden(address))
    this.#connect()
  }

  /** Whether the server is connected and has sent its welcome. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /**
   * Sends `message` now, or as soon as the session is resumed. A text may wait for its turn, because
   * the server limits the rate of texts. Returns false and does nothing if there is no session, or if
   * too much is waiting already.
   */
  send(message: ClientMessage): boolean {
    const session = this.#session
    if (!session) return false
    const { ledger } = session
    const { type } = message
    const frame: Frame = { type, bytes: encode(message) }
    if (type === 'leave') session.roomToken = null
    const isOpen = this.#isConnected && this.#connection?.isOpen === true
    if (!isOpen || ledger.due) {
      // A `typing` message that waits is outdated when it arrives.
      if (type === 'typing' || !ledger.hasRoomFor(frame)) return false
      if (!isOpen && !session.mayResume) return false
    }
    ledger.keep(frame)
    if (isOpen) this.#write(ledger)
    return true
  }

  /** Makes a scheduled attempt now. Does nothing while connected. */
  retryNow(): void {
    this.#retries.runNow()
  }

  /**
   * Call when the network may have changed or the machine has slept. Makes a scheduled attempt now. If
   * the client seems to be connected, requires a frame of the server within 2 s.
   */
  checkConnection(): void {
    this.retryNow()
    if (!this.#isConnected) return
    this.#expectFrameWithin(Math.min(signOfLifeMs, this.#heartbeatMs * 2))
    this.send({ type: 'ping' })
  }

  /**
   * Call when the page is left, and may be shown again as it was. Ends the session, so that no partner
   * waits for this client. `checkConnection()` begins a new one.
   */
  endSession(): void {
    if (!this.#connection) return
    this.#writer.finish()
    this.#drop(1000)
    this.#session = undefined
    this.#retry(new BuddyError('server-unreachable', 'the page was left'))
  }

  /**
   * Call when the page is about to be frozen. Chromium closes the connection of a frozen page with a
   * code that reaches the server when the page thaws, and that ends the session. If the client closes
   * the connection first, with another code, the session can be resumed. `checkConnection()` does that.
   */
  suspend(): void {
    if (!this.#connection) return
    this.#drop(resumableClose)
    this.#retry(new BuddyError('server-unreachable', 'the page is frozen'))
  }

  /** Ends the connection and the session, and cancels every timer. */
  close(): void {
    this.#writer.finish()
    this.#drop(1000)
    this.#session = undefined
    this.#retries.cancel()
    this.#unwatchPolicy?.()
    this.#introduction = this.#unwatchPolicy = undefined
  }

  #connect(): void {
    this.#lastError = undefined
    const introduction = this.#introduction
    if (!introduction) return
    try {
      this.#connection = new Connection(this.#environment, introduction.url, {
        onOpen: () => this.#sendHello(introduction),
        onFrame: (data) => this.#handleFrame(data),
        onClose: (code, reason) => this.#handleClose(code, reason),
      })
    } catch (cause) {
      // Some browsers throw for an address that the page's policy blocks. Others call `watchPolicy`.
      const message = `the page's policy blocks a connection to ${introduction.url}`
      this.#refuse(new BuddyError('blocked-by-csp', message, { cause }))
      return
    }
    this.#expectFrameWithin(welcomeTimeoutMs)
  }

  #sendHello(introduction: Introduction): void {
    const connection = this.#connection
    if (!connection) return
    sendHello({
      connection,
      introduction,
      session: this.#session,
      onSent: () => this.#expectFrameWithin(welcomeTimeoutMs),
      onFailed: (error) => this.#refuse(error),
    })
  }

  #handleFrame(data: unknown): void {
    if (this.#isConnected) this.#session?.ledger.handleReceived()
    let message: ReturnType<typeof decode>
    try {
      message = data instanceof ArrayBuffer ? decode(new Uint8Array(data)) : undefined
    } catch (error) {
      // The server does not decode a partner's frames, so a malformed one is dropped here.
      if (error instanceof ProtocolError) return
      throw error
    }
    this.#expectFrameWithin(this.#isConnected ? this.#heartbeatMs * 2 : welcomeTimeoutMs)
    if (message === undefined || messages[message.type].direction === 'client') return
    this.#handleMessage(message as ServerMessage)
  }

  #handleMessage(message: ServerMessage): void {
    const session = this.#session
    switch (message.type) {
      case 'welcome':
        if (!this.#isConnected) this.#handleWelcome(message)
        return
      case 'error': {
        const error = fromErrorFrame(message.code, message.message, message.retryAfterMs)
        const isFinal = finalRefusals.has(error.code)
        if (!this.#isConnected || isFinal || possibleRefusals.has(error.code))
          this.#lastError = error
        if (isFinal) return
        break
      }
      case 'going-away':
        this.#lastError = new BuddyError('going-away', 'the server restarts', {
          retryAfterMs: message.reconnectAfterMs,
        })
        break
      case 'waiting':
      case 'partner-left':
        if (session) session.roomToken = null
        break
      case 'matched':
        if (session) session.roomToken = message.roomToken
        this.#callbacks.onMessage({ ...message, partnerName: cleanText(message.partnerName) })
        return
      default:
    }
    if (this.#isConnected) this.#callbacks.onMessage(message)
  }

  #handleWelcome(welcome: MessageOf<'welcome'>): void {
    const { received, heartbeatMs, resumeToken } = welcome
    const resumed = received === null ? undefined : this.#session
    if (resumed && received !== null && !resumed.ledger.resume(received)) {
      // Client and server disagree about what was sent, so only a new session is consistent.
      this.#session = undefined
      this.#drop(1000)
      this.#retry(new BuddyError('server-unreachable', 'the session could not be resumed'))
      return
    }
    const session = resumed ?? new ResumableSession()
    session.resumeToken = resumeToken
    this.#session = session
    this.#isConnected = this.#hasEverConnected = true
    this.#retries.reset()
    this.#heartbeatMs = heartbeatMs
    this.#expectFrameWithin(heartbeatMs * 2)
    this.#write(session.ledger)
    this.#callbacks.onWelcome(welcome, resumed !== undefined)
  }

  #handleClose(code: number, reason: string): void {
    // Without a close code of the server, an earlier `rate-limited` error does not explain the close.
    const announced = code >= 4000 || !this.#isConnected ? this.#lastError : undefined
    const error = explainClose(announced, code, reason)
    this.#drop(1000)
    if (mayReconnect(code)) this.#retry(error)
    else this.#refuse(error)
  }

  #handleForbidden(address: string): void {
    const { url } = this.#introduction ?? {}
    if (url === undefined || this.#isConnected || !isSameServer(address, url)) return
    const message = `the page's Content-Security-Policy lacks ${new URL(url).origin} in connect-src`
    this.#refuse(new BuddyError('blocked-by-csp', message))
  }

  /** Gives up if there is no Buddy server at this address, because then no attempt can succeed. */
  async #lookForServer(): Promise<void> {
    const introduction = this.#introduction
    if (!introduction || this.#hasEverConnected) return
    const failures = this.#retries.attempt
    const answer = await this.#environment.probeServer(introduction.url)
    if (this.#introduction !== introduction || this.#hasEverConnected) return
    const error = explainAnswer(answer, failures, introduction.url)
    if (error) this.#refuse(error)
  }

  /** Ends everything, for a reason that a further attempt would meet again. */
  #refuse(error: BuddyError): void {
    this.close()
    this.#callbacks.onRefused(error)
  }

  #retry(error: BuddyError): void {
    const delayMs = this.#retries.schedule(error)
    const mayResume = this.#session?.mayResume ?? false
    if (error.code === 'server-unreachable') void this.#lookForServer()
    this.#callbacks.onRetry({ attempt: this.#retries.attempt, delayMs, error, mayResume })
  }

  #write(ledger: FrameLedger): void {
    const connection = this.#connection
    this.#writer.write(ledger, ({ bytes }) => connection?.send(bytes))
  }

  /** A live server sends a frame in each heartbeat interval. TCP alone may never report a dead path. */
  #expectFrameWithin(timeoutMs: number): void {
    this.#connection?.setDeadline(timeoutMs, () => {
      this.#drop(resumableClose)
      this.#retry(new BuddyError('server-unreachable', 'the server has stopped responding'))
    })
  }

  #drop(code: number): void {
    const connection = this.#connection
    this.#connection = undefined
    this.#isConnected = false
    this.#writer.pause()
    connection?.close(code)
  }
}

/** Some browsers report a blocked address without its path. */
function isSameServer(address: string, url: string): boolean {
  return URL.canParse(address) && new URL(address).origin === new URL(url).origin
}
