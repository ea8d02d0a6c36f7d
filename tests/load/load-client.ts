import type { ClientMessage, Message, MessageOf, ProtocolError } from '@buddy-chat/protocol'
import {
  decode,
  encode,
  messages,
  messageTypeOf,
  peekNumber,
  subprotocol,
} from '@buddy-chat/protocol'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

/** How a connection is opened. */
interface ConnectOptions {
  /** An address of this machine's loopback, to be another client to the server. @default 127.0.0.1 */
  readonly localAddress?: string | undefined
}

/** Handlers of what a server sends. */
export interface LoadClientEvents {
  /** A message that could be read. */
  onMessage(message: Message): void
  /** The server sent what no server may send. */
  onFault(text: string): void
}

/** How a connection is to be opened: with a session to go on with, or none. */
export type Resume = MessageOf<'hello'>['resume']

/** The hello of somebody called `name`. */
export const helloOf = (name: string, resume: Resume = null): MessageOf<'hello'> => ({
  type: 'hello',
  name,
  site: '',
  client: 'load',
  token: null,
  resume,
})

/** The ticket for a lobby. */
export const ticketFor = (lobby: string): MessageOf<'ticket'> => ({
  type: 'ticket',
  mode: 'video',
  lobby,
  interests: [],
  languages: [],
  offer: null,
})

/** One connection, for many at a time: it can send anything and waits for nothing by a timer. */
export class LoadClient {
  readonly #socket: WebSocket
  readonly #events: LoadClientEvents
  #isWelcome = false
  /** Frames of the session that came by this connection, without any welcome. */
  received = 0
  /** Resolves with the close code. */
  readonly closed: Promise<number>

  private constructor(socket: WebSocket, events: LoadClientEvents) {
    this.#socket = socket
    this.#events = events
    this.closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)))
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) => this.#handleFrame(data))
  }

  /** Opens a connection; rejects if the server accepts none. Any certificate is good enough. */
  static async open(
    url: string,
    events: LoadClientEvents,
    { localAddress }: ConnectOptions = {},
  ): Promise<LoadClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, subprotocol, {
      perMessageDeflate: false,
      rejectUnauthorized: false,
      ...(localAddress !== undefined && { localAddress }),
    })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return new LoadClient(socket, events)
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  send(message: ClientMessage): void {
    this.sendFrames([encode(message)])
  }

  /** Sends frames in one go. */
  sendFrames(frames: readonly (Uint8Array | string)[]): void {
    this.#tcp.cork()
    for (const frame of frames) this.#socket.send(frame)
    this.#tcp.uncork()
  }

  /** Sends one frame in as many pieces as given. */
  sendPieces(pieces: readonly Uint8Array[]): void {
    for (const [index, piece] of pieces.entries()) {
      this.#socket.send(piece, { binary: true, fin: index === pieces.length - 1 })
    }
  }

  /**
   * Bytes in the middle of the stream, where a frame should begin, and the end of it: a server that
   * takes them for the beginning of something long would wait for the rest.
   */
  async sendGarbage(bytes: Uint8Array): Promise<void> {
    this.#tcp.end(bytes)
    await this.closed
  }

  /**
   * Resolves once everything sent so far was handled and answered, or the connection is closed. The
   * first pong may overtake answers of its own turn; the second cannot.
   */
  async settled(): Promise<void> {
    for (let time = 1; time <= 2 && this.isOpen; time++) {
      const answered = new Promise<void>((resolve) => this.#socket.once('pong', () => resolve()))
      this.#socket.ping()
      await Promise.race([answered, this.closed])
    }
  }

  /** Closes as a page does that is left. */
  async leave(): Promise<void> {
    this.#socket.close(1000)
    await this.closed
  }

  /** Ends as a network does that breaks. */
  terminate(): void {
    this.#socket.terminate()
  }

  get #tcp(): Socket {
    return (this.#socket as unknown as { _socket: Socket })._socket
  }

  #handleFrame(frame: Buffer): void {
    const number = peekNumber(frame)
    const type = number === undefined ? undefined : messageTypeOf(number)
    if (type === undefined || messages[type].direction === 'client') {
      this.#events.onFault(`came from the server: ${frame.toString('hex').slice(0, 200)}`)
      return
    }
    if (type === 'welcome') this.#isWelcome = true
    else if (this.#isWelcome) this.received++
    try {
      const message = decode(frame)
      if (message) this.#events.onMessage(message)
    } catch (error) {
      // The receiver checks the fields of what a partner sends; its structure, the server has checked.
      const isPartners = messages[type].direction === 'partner'
      if (isPartners && (error as ProtocolError).code !== 'malformed-frame') return
      this.#events.onFault(`${type} of the server cannot be read: ${String(error)}`)
    }
  }
}
