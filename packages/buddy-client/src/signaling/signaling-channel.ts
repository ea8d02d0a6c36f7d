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
import { BuddyError } from '../errors.ts'
import { backoffMs, retryAfterWithJitterMs } from './backoff.ts'
import { fromClose, fromErrorFrame } from './server-error.ts'

/** Without a `welcome` for this long, a connection attempt has failed. */
const welcomeTimeoutMs = 10_000

/** An attempt to come back. */
export interface Retry {
  /** 1 for the first after a loss. */
  readonly attempt: number
  /** From now until the attempt. */
  readonly delayMs: number
  /** Why the connection is gone. */
  readonly error: BuddyError
}

/** What the channel needs of its surroundings, injected so that tests need not wait. */
export interface SignalingEnvironment {
  readonly createSocket: (url: string, protocol: string) => WebSocket
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
  readonly random: () => number
}

/** What the channel tells, each at most once a cause. */
export interface SignalingCallbacks {
  /** A connection is ready for a ticket; also after every reconnect. */
  readonly onWelcome: (welcome: MessageOf<'welcome'>) => void
  readonly onMessage: (message: ServerMessage) => void
  /** The connection, or the attempt at one, is lost; the next is due. */
  readonly onRetry: (retry: Retry) => void
  /** The server refused for good; the channel is closed. */
  readonly onRefused: (error: BuddyError) => void
}

/** Refusals of the whole connection: the close that follows repeats them. */
const refusals = new Set(['server-full', 'too-many-connections', 'rate-limited'])

/**
 * The connection to the server, kept alive: says hello, checks every frame, notices silence,
 * and comes back with full-jitter backoff until `close()`.
 */
export class SignalingChannel {
  readonly #environment: SignalingEnvironment
  readonly #callbacks: SignalingCallbacks
  #url = ''
  #hello: MessageOf<'hello'> | undefined
  #socket: WebSocket | undefined
  #isWelcome = false
  #attempt = 0
  #heartbeatMs = 0
  /** The error frame that announced the close to come, if one did. */
  #lastError: BuddyError | undefined
  #silenceTimer: number | undefined
  #retryTimer: number | undefined

  constructor(environment: SignalingEnvironment, callbacks: SignalingCallbacks) {
    this.#environment = environment
    this.#callbacks = callbacks
  }

  /** Connects to `url` (ws or wss) and stays connected. */
  open(url: string, hello: MessageOf<'hello'>): void {
    this.close()
    this.#url = url
    this.#hello = hello
    this.#attempt = 0
    this.#connect()
  }

  /** Whether a ticket may be sent. */
  get isWelcome(): boolean {
    return this.#isWelcome
  }

  /** Sends `message`; false, and nothing happens, where there is no connection. */
  send(message: ClientMessage): boolean {
    if (!this.#isWelcome || this.#socket?.readyState !== 1) return false
    this.#socket.send(encode(message))
    return true
  }

  /** Tries again at once instead of after the wait. Does nothing while connected. */
  retryNow(): void {
    if (this.#retryTimer === undefined) return
    this.#environment.clearTimeout(this.#retryTimer)
    this.#connect()
  }

  /** Ends the connection and every timer. */
  close(): void {
    this.#drop(1000)
    if (this.#retryTimer !== undefined) this.#environment.clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
  }

  #connect(): void {
    this.#retryTimer = undefined
    this.#lastError = undefined
    let socket: WebSocket
    try {
      socket = this.#environment.createSocket(this.#url, subprotocol)
    } catch (cause) {
      // A page's own policy (mixed content, connect-src) refuses in the constructor.
      const message = `the page may not connect to ${this.#url}`
      this.#callbacks.onRefused(new BuddyError('server-unreachable', message, { cause }))
      return
    }
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    const isCurrent = (): boolean => this.#socket === socket
    socket.addEventListener('open', () => {
      if (isCurrent() && this.#hello) socket.send(encode(this.#hello))
    })
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (isCurrent()) this.#handleFrame(event.data)
    })
    socket.addEventListener('close', ({ code, reason }) => {
      if (isCurrent()) this.#handleClose(code, reason)
    })
    this.#expectFrameWithin(welcomeTimeoutMs)
  }

  #handleFrame(data: unknown): void {
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
        this.#isWelcome = true
        this.#attempt = 0
        this.#heartbeatMs = message.heartbeatMs
        this.#expectFrameWithin(message.heartbeatMs * 2)
        this.#callbacks.onWelcome(message)
        return
      case 'error': {
        const error = fromErrorFrame(message.code, message.message, message.retryAfterMs)
        if (!this.#isWelcome || refusals.has(error.code)) this.#lastError = error
        break
      }
      case 'going-away':
        this.#lastError = new BuddyError('going-away', 'the server restarts', {
          retryAfterMs: message.reconnectAfterMs,
        })
        break
      case 'matched':
        this.#callbacks.onMessage({ ...message, partnerName: cleanText(message.partnerName) })
        return
      default:
    }
    if (this.#isWelcome) this.#callbacks.onMessage(message)
  }

  #handleClose(code: number, reason: string): void {
    const named = fromClose(code, reason)
    const announced = this.#lastError
    // A rate-limited frame a while ago does not explain a broken cable now.
    const error = announced && (code >= 4000 || !this.#isWelcome) ? announced : named
    this.#drop(1000)
    if (mayReconnect(code)) this.#retry(error)
    else this.#callbacks.onRefused(error)
  }

  #retry(error: BuddyError): void {
    const { setTimeout, random } = this.#environment
    const delayMs =
      error.retryAfterMs === undefined
        ? backoffMs(this.#attempt, random)
        : retryAfterWithJitterMs(error.retryAfterMs, random)
    this.#attempt++
    this.#retryTimer = setTimeout(() => this.#connect(), delayMs)
    this.#callbacks.onRetry({ attempt: this.#attempt, delayMs, error })
  }

  /** A server that is alive sends a frame in every heartbeat; TCP alone may never notice. */
  #expectFrameWithin(timeoutMs: number): void {
    const { setTimeout, clearTimeout } = this.#environment
    if (this.#silenceTimer !== undefined) clearTimeout(this.#silenceTimer)
    this.#silenceTimer = setTimeout(() => {
      this.#drop(4999)
      this.#retry(new BuddyError('server-unreachable', 'the server has fallen silent'))
    }, timeoutMs)
  }

  #drop(code: number): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#isWelcome = false
    if (this.#silenceTimer !== undefined) this.#environment.clearTimeout(this.#silenceTimer)
    this.#silenceTimer = undefined
    socket?.close(code)
  }
}
