import type { ClientMessage, MessageOf, ServerMessage } from '@buddy-chat/protocol'
import {
  cleanText,
  decode,
  encode,
  mayReconnect,
  messages,
  ProtocolError,
  subprotocol,
} from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../clock.ts'
import type { Unsubscribe } from '../emitter.ts'
import type { BuddyErrorCode } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import { backoffMs, retryAfterWithJitterMs } from './backoff.ts'
import type { Frame } from './frame-ledger.ts'
import { FrameLedger } from './frame-ledger.ts'
import type { Introduction } from './introduction.ts'
import { askForToken } from './introduction.ts'
import { PacedWriter } from './paced-writer.ts'
import { explainClose, fromErrorFrame } from './server-error.ts'
import type { ServerAnswer } from './server-probe.ts'

/** Without a `welcome` for this long, a connection attempt has failed. */
const welcomeTimeoutMs = 10_000

/** What a page's function has to give a token in: less than a server waits for a hello. */
const tokenTimeoutMs = 8000

/** So many failures to connect are no accident if what answers at that address does not look like Buddy. */
const maxUnreadableFailures = 3

/** After a change of network, how long a server may take to give a sign of life. */
const signOfLifeMs = 2000

/** An attempt to come back. */
export interface Retry {
  /** 1 for the first after a loss. */
  readonly attempt: number
  /** From now until the attempt. */
  readonly delayMs: number
  /** Why the connection is gone. */
  readonly error: BuddyError
  /** Whether the session waits on the server for a while: a call goes on, what is sent is kept. */
  readonly mayResume: boolean
}

/** What the channel needs of its surroundings, injected so that tests need not wait. */
export interface SignalingEnvironment {
  readonly createSocket: (url: string, protocol: string) => WebSocket
  readonly clock: Clock
  readonly random: () => number
  /** See `probeServer`. */
  readonly probeServer: (socketAddress: string) => Promise<ServerAnswer>
  /** Calls back with each address that the page's Content-Security-Policy forbids, until it is called off. */
  readonly watchPolicy: (onForbidden: (address: string) => void) => Unsubscribe
}

/** What the channel tells, each at most once a cause. */
export interface SignalingCallbacks {
  /**
   * A connection is ready; also after every loss. Unless the session `isResumed` the server knows
   * nothing of what was before; where it `isRestored`, it knows the room and no ticket.
   */
  readonly onWelcome: (welcome: MessageOf<'welcome'>, isResumed: boolean) => void
  readonly onMessage: (message: ServerMessage) => void
  /** The connection, or the attempt at one, is lost; the next is due. */
  readonly onRetry: (retry: Retry) => void
  /** The server refused for good; the channel is closed. */
  readonly onRefused: (error: BuddyError) => void
}

/** They may explain the close that follows, or only one frame. */
const possibleRefusals = new Set<BuddyErrorCode>(['rate-limited'])
/** Told by the close that follows, and by nothing else. */
const finalRefusals = new Set<BuddyErrorCode>(['idle-timeout', 'banned', 'session-taken'])

/**
 * The connection to the server, kept alive: says hello, checks every frame, notices silence, comes
 * back with full-jitter backoff until `close()`, and resumes its session where the server still has
 * it: then nothing is lost and nothing is said twice, either way.
 */
export class SignalingChannel {
  readonly #environment: SignalingEnvironment
  readonly #callbacks: SignalingCallbacks
  readonly #writer: PacedWriter
  #introduction: Introduction | undefined
  /** Of the session that goes on from connection to connection; undefined before there is one. */
  #ledger: FrameLedger | undefined
  #resumeToken: string | null = null
  /** Proves to a server that has restarted which room one is in. */
  #roomToken: string | null = null
  #socket: WebSocket | undefined
  #isWelcome = false
  /** Since `open()` a server has sent a welcome: there is one, whatever answers at its address now. */
  #hasBeenWelcome = false
  #unwatchPolicy: Unsubscribe | undefined
  #attempt = 0
  #heartbeatMs = 0
  /** The error frame that announced the close to come, if one did. */
  #lastError: BuddyError | undefined
  #cancelDeadline: Cancel | undefined
  #cancelRetry: Cancel | undefined

  constructor(environment: SignalingEnvironment, callbacks: SignalingCallbacks) {
    this.#environment = environment
    this.#callbacks = callbacks
    this.#writer = new PacedWriter(environment.clock)
  }

  /** Connects and stays connected, as somebody new. */
  open(introduction: Introduction): void {
    this.close()
    this.#introduction = introduction
    this.#attempt = 0
    this.#hasBeenWelcome = false
    this.#unwatchPolicy = this.#environment.watchPolicy((address) => this.#handleForbidden(address))
    this.#connect()
  }

  /** Whether the server is connected and has let us in. */
  get isWelcome(): boolean {
    return this.#isWelcome
  }

  /**
   * Sends `message`: at once, as soon as the session is resumed, or, a text, when the server takes it.
   * False, and nothing happens, where there is no session or too much is waiting already.
   */
  send(message: ClientMessage): boolean {
    const ledger = this.#ledger
    if (!ledger) return false
    const { type } = message
    const frame: Frame = { type, bytes: encode(message) }
    if (type === 'leave') this.#roomToken = null
    const isOpen = this.#isWelcome && this.#socket?.readyState === 1
    if (!isOpen || ledger.due) {
      // That one is typing is no news any more by the time it arrives.
      if (type === 'typing' || !ledger.hasRoomFor(frame)) return false
      if (!isOpen && !this.#mayResume) return false
    }
    ledger.keep(frame)
    if (isOpen) this.#write(ledger)
    return true
  }

  /** Tries again at once instead of after the wait. Does nothing while connected. */
  retryNow(): void {
    if (!this.#cancelRetry) return
    this.#cancelRetry()
    this.#connect()
  }

  /**
   * The network may have changed, or the machine slept: tries at once where an attempt is due, and
   * where a connection seems to be there expects a sign of life from it soon.
   */
  checkConnection(): void {
    this.retryNow()
    if (!this.#isWelcome) return
    this.#expectSignOfLife()
    this.send({ type: 'ping' })
  }

  /**
   * The page is left, and comes back as it is or never: the session ends, so that nobody waits for it.
   * `checkConnection()` begins another.
   */
  part(): void {
    if (!this.#socket) return
    this.#writer.finish()
    this.#drop(1000)
    this.#forgetSession()
    this.#retry(new BuddyError('server-unreachable', 'the page was left'))
  }

  /**
   * The page is about to be frozen. Chromium ends its connection then, with a goodbye that reaches the
   * server when the page thaws and costs the session; one that is ended before, without it, waits there
   * to be resumed. `checkConnection()` does that.
   */
  suspend(): void {
    if (!this.#socket) return
    this.#drop(4999)
    this.#retry(new BuddyError('server-unreachable', 'the page is frozen'))
  }

  /** Ends the connection, the session and every timer. */
  close(): void {
    this.#writer.finish()
    this.#drop(1000)
    this.#forgetSession()
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    this.#unwatchPolicy?.()
    this.#introduction = this.#unwatchPolicy = undefined
  }

  get #mayResume(): boolean {
    return this.#ledger !== undefined && this.#resumeToken !== null
  }

  /** What a server needs to go on with the session, also one that has forgotten it. */
  get #proof(): MessageOf<'hello'>['resume'] {
    if (!this.#ledger || this.#resumeToken === null) return null
    const { received, written: sent } = this.#ledger
    return { token: this.#resumeToken, received, sent, roomToken: this.#roomToken }
  }

  #forgetSession(): void {
    this.#ledger = undefined
    this.#resumeToken = this.#roomToken = null
  }

  #connect(): void {
    this.#cancelRetry = undefined
    this.#lastError = undefined
    const introduction = this.#introduction
    if (!introduction) return
    let socket: WebSocket
    try {
      socket = this.#environment.createSocket(introduction.url, subprotocol)
    } catch (cause) {
      // Some browsers refuse here what others report to `watchPolicy`.
      const message = `the page's policy forbids a connection to ${introduction.url}`
      this.#refuse(new BuddyError('blocked-by-csp', message, { cause }))
      return
    }
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    const isCurrent = (): boolean => this.#socket === socket
    socket.addEventListener('open', () => {
      if (isCurrent()) this.#introduce(socket, introduction)
    })
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (isCurrent()) this.#handleFrame(event.data)
    })
    // Node 22 tells of a connection that failed to open by this alone; browsers close it as well.
    socket.addEventListener('error', () => {
      if (isCurrent() && socket.readyState !== 1) this.#handleClose(1006, '')
    })
    socket.addEventListener('close', ({ code, reason }) => {
      if (isCurrent()) this.#handleClose(code, reason)
    })
    this.#expectFrameWithin(welcomeTimeoutMs)
  }

  #introduce(socket: WebSocket, { hello, token }: Introduction): void {
    let isSaid = false
    const say = (text: string): void => {
      if (this.#socket !== socket || isSaid) return
      isSaid = true
      this.#expectFrameWithin(welcomeTimeoutMs)
      socket.send(encode({ ...hello, token: text || null, resume: this.#proof }))
    }
    if (typeof token === 'string') {
      say(token)
      return
    }
    // A session has proved itself before; only a client that begins anew has to show a token.
    const fail = (error: BuddyError): void => {
      if (this.#socket !== socket) return
      if (this.#mayResume) say('')
      else this.#refuse(error)
    }
    this.#setDeadline(tokenTimeoutMs, () =>
      fail(new BuddyError('token-timeout', 'the token function of this page has not answered')),
    )
    void askForToken(hello, token).then(say, fail)
  }

  #handleFrame(data: unknown): void {
    if (this.#isWelcome) this.#ledger?.handleReceived()
    let message: ReturnType<typeof decode>
    try {
      message = data instanceof ArrayBuffer ? decode(new Uint8Array(data)) : undefined
    } catch (error) {
      // A partner's frame reaches us unread by the server: what is malformed is dropped here.
      if (error instanceof ProtocolError) return
      throw error
    }
    this.#expectFrameWithin(this.#isWelcome ? this.#heartbeatMs * 2 : welcomeTimeoutMs)
    if (message === undefined || messages[message.type].direction === 'client') return
    this.#handleMessage(message as ServerMessage)
  }

  #handleMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        if (!this.#isWelcome) this.#handleWelcome(message)
        return
      case 'error': {
        const error = fromErrorFrame(message.code, message.message, message.retryAfterMs)
        const isFinal = finalRefusals.has(error.code)
        if (!this.#isWelcome || isFinal || possibleRefusals.has(error.code)) this.#lastError = error
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
        this.#roomToken = null
        break
      case 'matched':
        this.#roomToken = message.roomToken
        this.#callbacks.onMessage({ ...message, partnerName: cleanText(message.partnerName) })
        return
      default:
    }
    if (this.#isWelcome) this.#callbacks.onMessage(message)
  }

  #handleWelcome(welcome: MessageOf<'welcome'>): void {
    const { received, heartbeatMs, resumeToken } = welcome
    const isResumed = received !== null && this.#ledger !== undefined
    if (isResumed && !this.#ledger?.resume(received)) {
      // The two ends disagree about what was said: only a new session can be right.
      this.#forgetSession()
      this.#drop(1000)
      this.#retry(new BuddyError('server-unreachable', 'the session could not be resumed'))
      return
    }
    if (!isResumed) {
      this.#ledger = new FrameLedger()
      this.#roomToken = null
    }
    this.#resumeToken = resumeToken
    this.#isWelcome = this.#hasBeenWelcome = true
    this.#attempt = 0
    this.#heartbeatMs = heartbeatMs
    this.#expectFrameWithin(heartbeatMs * 2)
    if (this.#ledger) this.#write(this.#ledger)
    this.#callbacks.onWelcome(welcome, isResumed)
  }

  #handleClose(code: number, reason: string): void {
    // A rate-limited frame a while ago does not explain a broken cable now.
    const announced = code >= 4000 || !this.#isWelcome ? this.#lastError : undefined
    const error = explainClose(announced, code, reason)
    this.#drop(1000)
    if (mayReconnect(code)) this.#retry(error)
    else this.#refuse(error)
  }

  #handleForbidden(address: string): void {
    const { url } = this.#introduction ?? {}
    if (url === undefined || this.#isWelcome || !isSameServer(address, url)) return
    const message = `the page's Content-Security-Policy lacks ${new URL(url).origin} in connect-src`
    this.#refuse(new BuddyError('blocked-by-csp', message))
  }

  /** There may be no server at this address at all: then no attempt will ever succeed. */
  async #lookForServer(): Promise<void> {
    const introduction = this.#introduction
    if (!introduction || this.#hasBeenWelcome) return
    const failures = this.#attempt
    const answer = await this.#environment.probeServer(introduction.url)
    if (this.#introduction !== introduction || this.#hasBeenWelcome) return
    const { host } = new URL(introduction.url)
    if (answer === 'moved') {
      const message = `${host} redirects to another address, which server has to be set to`
      this.#refuse(new BuddyError('insecure-server', message))
    }
    const isOther =
      answer === 'other' || (answer === 'unreadable' && failures >= maxUnreadableFailures)
    if (!isOther) return
    const message = `what answers at ${host} is no Buddy server: is server set?`
    this.#refuse(new BuddyError('not-a-buddy-server', message))
  }

  /** Ends everything, for a reason that another attempt would meet again. */
  #refuse(error: BuddyError): void {
    this.close()
    this.#callbacks.onRefused(error)
  }

  #retry(error: BuddyError): void {
    const { clock, random } = this.#environment
    const delayMs =
      error.retryAfterMs === undefined
        ? backoffMs(this.#attempt, random)
        : retryAfterWithJitterMs(error.retryAfterMs, random)
    this.#attempt++
    this.#cancelRetry = clock.after(delayMs, () => this.#connect())
    const mayResume = this.#mayResume
    if (error.code === 'server-unreachable') void this.#lookForServer()
    this.#callbacks.onRetry({ attempt: this.#attempt, delayMs, error, mayResume })
  }

  #write(ledger: FrameLedger): void {
    const socket = this.#socket
    this.#writer.write(ledger, ({ bytes }) => socket?.send(bytes))
  }

  #expectSignOfLife(): void {
    this.#expectFrameWithin(Math.min(signOfLifeMs, this.#heartbeatMs * 2))
  }

  /** A server that is alive sends a frame in every heartbeat; TCP alone may never notice. */
  #expectFrameWithin(timeoutMs: number): void {
    this.#setDeadline(timeoutMs, () => {
      this.#drop(4999)
      this.#retry(new BuddyError('server-unreachable', 'the server has fallen silent'))
    })
  }

  /** In place of any deadline before, until the connection ends. */
  #setDeadline(timeoutMs: number, onMissed: () => void): void {
    this.#cancelDeadline?.()
    this.#cancelDeadline = this.#environment.clock.after(timeoutMs, onMissed)
  }

  #drop(code: number): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#isWelcome = false
    this.#writer.pause()
    this.#cancelDeadline?.()
    this.#cancelDeadline = undefined
    socket?.close(code)
  }
}

/** Browsers report a forbidden address whole, or without its path. */
function isSameServer(address: string, url: string): boolean {
  return URL.canParse(address) && new URL(address).origin === new URL(url).origin
}
