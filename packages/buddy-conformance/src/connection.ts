import { once } from 'node:events'
import { WebSocket } from 'ws'
import { check, equal, equalBytes, Failure, hex } from './failure.ts'
import type { HelloFields, TicketFields } from './fields.ts'
import { helloFields, ticketFields } from './fields.ts'
import { Inbox, shown, type Arrival, type Closed, type Ping } from './inbox.ts'
import { pack, type Packable } from './msgpack.ts'
import type { ServerMessages } from './server-messages.ts'
import {
  closes,
  errors,
  nameOf,
  reasons,
  types,
  type CloseName,
  type ErrorName,
  type TypeName,
} from './wire.ts'

/** How a connection is opened. */
export interface ConnectOptions {
  /** The subprotocols to offer. @default `buddy.v1` */
  readonly protocols?: readonly string[]
  /** The `Origin` to send; null for none. @default that of the command line */
  readonly origin?: string | null
  /** Whether to answer pings of the server. @default true */
  readonly answersPings?: boolean
  /** Whether to offer compression. @default false */
  readonly compresses?: boolean
}

/** The number of lines of a transcript. */
const maxLines = 30
/** A server that has sent nothing for this time has sent all answers. */
const settledAfterMs = 200

/** A connection to the server under test. Each method that waits throws Failure after the time limit. */
export class Connection {
  /** The name of this connection in messages and transcripts. */
  readonly label: string
  readonly socket: WebSocket
  /** The number of frames that were sent after `hello`. */
  sent = 0
  /** The ordinal of the frame that the case has read last: it and all frames before it were received. */
  lastRead = 0
  /** The latest frames in both directions, for the report of a failure. */
  readonly transcript: string[] = []
  readonly #timeoutMs: number
  readonly #inbox: Inbox
  #isCloseExpected = false

  private constructor(label: string, socket: WebSocket, timeoutMs: number) {
    this.label = label
    this.socket = socket
    this.#timeoutMs = timeoutMs
    const inbox = new Inbox(label)
    this.#inbox = inbox
    socket.on('message', (data: Buffer, isBinary) => {
      const frame = new Uint8Array(data)
      this.#note(`← ${isBinary ? '' : 'text frame '}${hex(frame)}`)
      inbox.handleFrame(frame, isBinary)
    })
    socket.on('ping', (payload: Buffer) => inbox.handlePing(new Uint8Array(payload)))
    socket.on('close', (code, reason) => {
      this.#note(`closed with ${code} ${reason.toString()}`)
      inbox.handleClosed({ code, reason: reason.toString() })
    })
  }

  /** Opens a connection. @throws Failure if it cannot be opened in time */
  static async open(
    url: string,
    label: string,
    timeoutMs: number,
    options: ConnectOptions = {},
  ): Promise<Connection> {
    const { protocols = ['buddy.v1'], origin, answersPings = true, compresses = false } = options
    const socket = new WebSocket(url, [...protocols], {
      autoPong: answersPings,
      perMessageDeflate: compresses,
      handshakeTimeout: timeoutMs,
      ...(typeof origin === 'string' && { origin }),
    })
    const connection = new Connection(label, socket, timeoutMs)
    try {
      await once(socket, 'open')
    } catch (error) {
      // If a name has several addresses, the error has no message of its own.
      const { message, code = '' } = error as NodeJS.ErrnoException
      throw new Failure(`${label}: the WebSocket did not open: ${message || code}`)
    }
    socket.on('error', ({ message }) => connection.#note(`error: ${message}`))
    return connection
  }

  /** The `welcome`; undefined before it. */
  get welcome(): ServerMessages['welcome'] | undefined {
    return this.#inbox.welcome
  }

  /** The number of frames that have arrived after `welcome`. */
  get received(): number {
    return this.#inbox.received
  }

  /** The code of the latest error; undefined if there was none. */
  get lastError(): number | undefined {
    return this.#inbox.lastError
  }

  get isOpen(): boolean {
    return this.#inbox.closed === undefined && this.socket.readyState === WebSocket.OPEN
  }

  /** Whether the connection has ended although the case does not expect it. */
  get hasEndedUnexpectedly(): boolean {
    return this.#inbox.closed !== undefined && !this.#isCloseExpected
  }

  /** The frames that have arrived and were not read, except those that may arrive at any time. */
  get unread(): readonly Arrival[] {
    return this.#inbox.unread
  }

  /** Sends a message: its type and its fields. Returns its frame. */
  send(type: TypeName, ...fields: readonly Packable[]): Uint8Array {
    const frame = pack([types[type], ...fields])
    this.sendBytes(frame, type)
    return frame
  }

  /** Sends a binary frame of these bytes. */
  sendBytes(frame: Uint8Array, name = ''): void {
    if (name !== 'hello') this.sent++
    this.#note(`→ ${name} ${hex(frame)}`)
    this.socket.send(frame)
  }

  /** Sends a text frame. */
  sendText(text: string): void {
    this.sent++
    this.#note(`→ text frame ${JSON.stringify(text)}`)
    this.socket.send(text)
  }

  sendHello(fields: HelloFields = {}): void {
    this.sendBytes(pack([types.hello, ...helloFields(fields)]), 'hello')
  }

  sendTicket(fields: TicketFields = {}): void {
    this.send('ticket', ...ticketFields(fields))
  }

  /** Sends a signal that has nothing but a number. Every mode except text allows it. Returns its frame. */
  sendSignal(generation = 0): Uint8Array {
    return this.send('signal', null, [], null, generation)
  }

  /**
   * Reads the next frame, and checks that it is this message.
   * @throws Failure if another frame arrives, none arrives in time, or the connection ends
   */
  async next<T extends keyof ServerMessages>(name: T): Promise<ServerMessages[T]> {
    const frame = await this.#take(name)
    check(frame.name === name, `${this.label}: expected ${name}, received ${shown(frame)}`)
    return frame.fields as unknown as ServerMessages[T]
  }

  /**
   * Reads frames until this message arrives, as a server sends it after a time limit of its own. Forgets the
   * frames before it.
   */
  async nextEventually<T extends keyof ServerMessages>(
    name: T,
    limitMs: number,
  ): Promise<ServerMessages[T]> {
    const frame = await this.#inbox.take(name, limitMs, name)
    while ((this.unread[0]?.ordinal ?? Infinity) < frame.ordinal) await this.#take('a frame')
    this.lastRead = frame.ordinal
    return frame.fields as unknown as ServerMessages[T]
  }

  /** Reads the next frame, which must be an error with this code. */
  async nextError(code: ErrorName): Promise<ServerMessages['error']> {
    const error = await this.next('error')
    equal(nameOf(errors, error.code) ?? error.code, code, `${this.label}: the code of the error`)
    return error
  }

  /** Reads the next frame, which must be `partner-left` with this reason. */
  async nextPartnerLeft(reason: keyof typeof reasons): Promise<void> {
    const left = await this.next('partner-left')
    const name = nameOf(reasons, left.reason) ?? left.reason
    equal(name, reason, `${this.label}: the reason of partner-left`)
  }

  /** Reads the next frame, which must be exactly these bytes. */
  async nextRelayed(frame: Uint8Array): Promise<void> {
    const { bytes } = await this.#take('a frame of the partner')
    equalBytes(bytes, frame, `${this.label}: the relayed frame`)
  }

  /** Reads the next frame, whatever it is. */
  async nextAny(): Promise<Arrival> {
    return this.#take('a frame')
  }

  /** Waits for the next ping of the server. */
  async nextPing(limitMs: number): Promise<Ping> {
    const { pings } = this.#inbox
    const { length } = pings
    const holds = (): boolean => pings.length > length || !this.isOpen
    await this.#inbox.until(holds, 'a ping of the server', limitMs)
    return pings[length] ?? this.#inbox.failEnded('a ping of the server')
  }

  /** Waits until so many frames have arrived after `welcome`. */
  async untilReceived(count: number, limitMs: number): Promise<void> {
    const holds = (): boolean => this.received >= count || !this.isOpen
    await this.#inbox.until(holds, 'a heartbeat', limitMs)
    if (this.received < count) this.#inbox.failEnded('a heartbeat')
  }

  /** Waits until the connection has ended, and checks the close code and its reason. */
  async nextClose(name: CloseName): Promise<void> {
    const { code, reason } = await this.closed()
    equal(nameOf(closes, code) ?? code, name, `${this.label}: the close code`)
    equal(reason, name, `${this.label}: the close reason`)
  }

  /** Waits until the connection has ended. @throws Failure if a frame is unread */
  async closed(limitMs = this.#timeoutMs): Promise<Closed> {
    this.#isCloseExpected = true
    const holds = (): boolean => this.#inbox.closed !== undefined
    await this.#inbox.until(holds, 'the end of the connection', limitMs)
    this.#inbox.checkNoneUnread()
    return this.#inbox.closed!
  }

  /**
   * Waits for an error with this code and the close with that code, as the server sends them after a time
   * limit of its own.
   */
  async closedAfter(code: ErrorName, close: CloseName, limitMs: number): Promise<void> {
    this.#isCloseExpected = true
    const holds = (): boolean => this.unread.length > 0 || !this.isOpen
    await this.#inbox.until(holds, `the error ${code}`, limitMs)
    await this.nextError(code)
    await this.nextClose(close)
  }

  /** Waits until the connection has ended, and forgets the frames before. */
  async ended(limitMs = this.#timeoutMs): Promise<Closed> {
    this.#isCloseExpected = true
    const holds = (): boolean => this.#inbox.closed !== undefined
    await this.#inbox.until(holds, 'the end of the connection', limitMs)
    this.forget()
    return this.#inbox.closed!
  }

  /** Waits until the connection has ended or a frame has arrived. Returns whether it has ended. */
  async endsUnanswered(): Promise<boolean> {
    this.#isCloseExpected = true
    const hasEnded = (): boolean => this.#inbox.closed !== undefined
    const holds = (): boolean => hasEnded() || this.unread.length > 0
    await this.#inbox.until(holds, 'the end of the connection', this.#timeoutMs)
    return hasEnded()
  }

  /**
   * Waits until the server has handled everything that was sent on this connection, and checks that no
   * frame has arrived that the case has not read.
   */
  async quiet(): Promise<void> {
    await this.barrier()
    this.#inbox.checkNoneUnread()
  }

  /** Waits until the server has handled everything that was sent on this connection. */
  async barrier(): Promise<void> {
    if (!this.welcome) {
      await this.settle()
      return
    }
    const before = this.#inbox.statsCount
    this.send('ping')
    const holds = (): boolean => this.#inbox.statsCount > before || !this.isOpen
    await this.#inbox.until(holds, 'stats', this.#timeoutMs)
    if (!this.isOpen && !this.#isCloseExpected) this.#inbox.failEnded('stats')
  }

  /**
   * Waits until the server has probably sent all answers: a ping was answered, and then nothing has arrived for
   * some time. Unlike {@link barrier}, it sends no message.
   */
  async settle(): Promise<void> {
    if (this.isOpen) await this.pong(Uint8Array.of(1))
    const since = Date.now()
    while (Date.now() - Math.max(since, this.#inbox.lastArrivalMs) < settledAfterMs) {
      await new Promise((resolve) => setTimeout(resolve, settledAfterMs / 4))
    }
  }

  /** Sends a WebSocket ping, and waits for the pong with the same payload. */
  async pong(payload: Uint8Array): Promise<void> {
    let isAnswered = false
    const handlePong = (answer: Buffer): void => {
      if (answer.equals(payload)) isAnswered = true
      this.#inbox.handleChange()
    }
    this.socket.on('pong', handlePong)
    this.socket.ping(payload)
    const what = `a pong with the payload ${hex(payload) || '(empty)'}`
    const holds = (): boolean => isAnswered || !this.isOpen
    await this.#inbox.until(holds, what, this.#timeoutMs)
    this.socket.off('pong', handlePong)
    if (!isAnswered) this.#inbox.failEnded(what)
  }

  /** Forgets the frames that were not read. */
  forget(): void {
    this.#inbox.forget()
  }

  /** Closes the connection, as a client does when its user leaves. @param code undefined for none */
  async leave(code?: number): Promise<void> {
    this.#isCloseExpected = true
    this.#note(`closing with ${code ?? 'no code'}`)
    this.socket.close(code)
    const holds = (): boolean => this.#inbox.closed !== undefined
    await this.#inbox.until(holds, 'the answer to the close frame', this.#timeoutMs)
  }

  /** Ends the connection without a close frame, as a failed network does. */
  async drop(): Promise<void> {
    this.#isCloseExpected = true
    this.socket.terminate()
    const holds = (): boolean => this.#inbox.closed !== undefined
    await this.#inbox.until(holds, 'the end of the socket', this.#timeoutMs)
  }

  async #take(what: string): Promise<Arrival> {
    const arrival = await this.#inbox.take(what, this.#timeoutMs)
    this.lastRead = arrival.ordinal
    return arrival
  }

  #note(line: string): void {
    if (this.transcript.push(line) > maxLines) this.transcript.shift()
  }
}
