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
import type { Measure } from '../measure.ts'
import { toMeasure } from '../measure.ts'
import { Connection } from './connection.ts'
import type { Frame, FrameLedger } from './frame-ledger.ts'
import type { Introduction } from './introduction.ts'
import { PacedWriter } from './paced-writer.ts'
import { ResumableSession } from './resumable-session.ts'
import { RetrySchedule } from './retry-schedule.ts'
import { sendHello } from './send-hello.ts'
import { explainAnswer, explainClose, fromErrorFrame } from './server-error.ts'
import type { ServerAnswer } from './server-probe.ts'

/** The time without a frame after which an attempt to connect fails, until the server sends `welcome`. */
const welcomeTimeoutMs = 10_000

/** The time within which the server must send a frame after a change of network. */
const signOfLifeMs = 2000

/** The code with which the client closes a connection that seems dead, or whose session it will resume. */
const resumableClose = 4999

/** A scheduled attempt to connect again. */
export interface Retry {
  /** The number of the attempt. The first attempt after a loss is 1. */
  readonly attempt: number
  /** The time until the attempt. */
  readonly delayMs: number
  /** The reason why the connection was lost or could not be opened. */
  readonly error: BuddyError
  /**
   * Whether the client will try to resume the session. If so, a call continues, and the client keeps
   * messages until the session is resumed.
   */
  readonly mayResume: boolean
}

/** The browser functions that the channel uses. */
export interface SignalingEnvironment {
  readonly clock: Clock
  readonly createSocket: (url: string, protocol: string) => WebSocket
  readonly random: () => number
  /** See `probeServer`. */
  readonly probeServer: (socketAddress: string) => Promise<ServerAnswer>
  /**
   * Calls `onForbidden` with each address that the page's Content-Security-Policy blocks, until
   * unsubscribed.
   */
  readonly watchPolicy: (onForbidden: (address: string) => void) => Unsubscribe
}

/** The callbacks of the channel. Each event leads to at most one call. */
export interface SignalingCallbacks {
  /**
   * Called when a connection is ready, at first and after each loss. If `isResumed` is false, the session
   * is new, and the server does not know an earlier one. If `welcome.isRestored` is true, the server knows
   * the session's room but not its ticket.
   */
  readonly onWelcome: (welcome: MessageOf<'welcome'>, isResumed: boolean) => void
  readonly onMessage: (message: ServerMessage) => void
  /** Called when the connection, or an attempt, has failed and the next attempt is scheduled. */
  readonly onRetry: (retry: Retry) => void
  /** Called when no further attempt to connect can succeed. The channel is then closed. */
  readonly onRefused: (error: BuddyError) => void
}

/** Errors that may be followed by a close which they explain, but may also concern only a single frame. */
const possibleRefusals = new Set<BuddyErrorCode>(['rate-limited'])
/** Errors that are always followed by a close. The channel reports them only then. */
const finalRefusals = new Set<BuddyErrorCode>(['idle-timeout', 'banned', 'session-taken'])

/**
 * The channel to the server, which uses one connection after another. Sends `hello`, validates each frame,
 * notices if the server does not respond, and reconnects with backoff until `close()`. Resumes the session
 * if the server still has it. Then no message is lost or delivered twice, in either direction.
 */
export class SignalingChannel {
  readonly #environment: SignalingEnvironment
  readonly #callbacks: SignalingCallbacks
  readonly #writer: PacedWriter
  readonly #retries: RetrySchedule
  #introduction: Introduction | undefined
  #session: ResumableSession | undefined
  #connection: Connection | undefined
  /** Whether the server has sent `welcome` on the present connection. */
  #isConnected = false
  /** Whether a server has sent `welcome` since `open()`. If so, there is a Buddy server at the address. */
  #hasEverConnected = false
  #unwatchPolicy: Unsubscribe | undefined
  #heartbeatMs = 0
  /** The error frame that may explain the close that follows. */
  #lastError: BuddyError | undefined
  /** The latest measure against the user, which explains a ban. */
  #measure: Measure | undefined

  constructor(environment: SignalingEnvironment, callbacks: SignalingCallbacks) {
    this.#environment = environment
    this.#callbacks = callbacks
    this.#writer = new PacedWriter(environment.clock)
    this.#retries = new RetrySchedule(environment, () => this.#connect())
  }

  /** Connects with a new session, and reconnects after each loss. */
  open(introduction: Introduction): void {
    this.close()
    this.#introduction = introduction
    this.#retries.reset()
    this.#hasEverConnected = false
    this.#unwatchPolicy = this.#environment.watchPolicy((address) => this.#handleForbidden(address))
    this.#connect()
  }

  /** Whether the client is connected and the server has sent its `welcome`. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /**
   * Sends `message` now, or as soon as the session is resumed. Texts are sent later if they exceed the
   * server's rate limit. Returns false and does nothing if there is no session, if the session cannot be
   * resumed, or if too many bytes wait already.
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
      // `typing` is not kept, because it would be out of date when it arrives.
      if (type === 'typing' || !ledger.hasRoomFor(frame)) return false
      if (!isOpen && !session.mayResume) return false
    }
    ledger.keep(frame)
    if (isOpen) this.#write(ledger)
    return true
  }

  /** Makes the scheduled attempt to connect now. Does nothing while connected. */
  retryNow(): void {
    this.#retries.runNow()
  }

  /**
   * Call when the network may have changed or the machine has slept. Makes the scheduled attempt to connect
   * now. If the client seems to be connected, sends a ping and reconnects if no frame arrives within 2 s.
   */
  checkConnection(): void {
    this.retryNow()
    if (!this.#isConnected) return
    this.#expectFrameWithin(Math.min(signOfLifeMs, this.#heartbeatMs * 2))
    this.send({ type: 'ping' })
  }

  /**
   * Call when the user leaves the page and the browser may show it again as it was. Ends the session, so
   * that no partner waits for this client. `checkConnection()` begins a new session.
   */
  endSession(): void {
    if (!this.#connection) return
    this.#writer.finish()
    this.#drop(1000)
    this.#session = undefined
    this.#retry(new BuddyError('server-unreachable', 'the page was left'))
  }

  /**
   * Call when the browser is about to freeze the page. Chromium closes the connection of a frozen page with
   * a code that ends the session. This method closes the connection first, with another code, so that
   * `checkConnection()` can resume the session later.
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
      // For an address that the page's policy blocks, some browsers throw here. Others fire the event that
      // `watchPolicy` reports.
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
      // The frame may come from the partner, whose frames the server does not decode. So it is only
      // dropped.
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
        const { code, retryAfterMs } = message
        const error = fromErrorFrame(code, message.message, retryAfterMs, this.#measure)
        const isFinal = finalRefusals.has(error.code)
        if (!this.#isConnected || isFinal || possibleRefusals.has(error.code))
          this.#lastError = error
        if (isFinal) return
        break
      }
      case 'measure':
        // A measure may arrive before the refusal of a `hello`, so without a `welcome`.
        this.#measure = toMeasure(message)
        this.#callbacks.onMessage(message)
        return
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
      // Client and server disagree about which frames were sent, so the session cannot be resumed.
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
    this.#introduction?.visitor.write(welcome.visitorToken)
    this.#callbacks.onWelcome(welcome, resumed !== undefined)
  }

  #handleClose(code: number, reason: string): void {
    // If the server has not sent a close code, the connection was lost. An earlier `rate-limited` error
    // does not explain that.
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

  /** Ends all attempts if there is no Buddy server at this address, because none can succeed. */
  async #lookForServer(): Promise<void> {
    const introduction = this.#introduction
    if (!introduction || this.#hasEverConnected) return
    const failures = this.#retries.attempt
    const answer = await this.#environment.probeServer(introduction.url)
    if (this.#introduction !== introduction || this.#hasEverConnected) return
    const error = explainAnswer(answer, failures, introduction.url)
    if (error) this.#refuse(error)
  }

  /** Closes the channel for a reason for which every further attempt would fail too. */
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

  /**
   * Drops the connection and schedules a retry unless a frame arrives within `timeoutMs`. A working server
   * sends a frame in each heartbeat interval. TCP alone may never report that a connection is dead.
   */
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

/** Compares only the origins, because some browsers report a blocked address without its path. */
function isSameServer(address: string, url: string): boolean {
  return URL.canParse(address) && new URL(address).origin === new URL(url).origin
}
