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

interface ConnectOptions {
  /** The loopback address to connect from; the server counts clients by address. @default 127.0.0.1 */
  readonly localAddress?: string | undefined
}

export interface LoadClientEvents {
  /** Called with each message that could be decoded. */
  onMessage(message: Message): void
  /** Called when the server sends a frame that is not a message of a server. */
  onFault(text: string): void
}

/** The session that a hello resumes, or null for a new one. */
export type Resume = MessageOf<'hello'>['resume']

/** Returns the hello of a user called `name`. */
export const helloOf = (name: string, resume: Resume = null): MessageOf<'hello'> => ({
  type: 'hello',
  name,
  site: '',
  client: 'load',
  token: null,
  resume,
})

/** Returns a ticket for `lobby`. */
export const ticketFor = (lobby: string): MessageOf<'ticket'> => ({
  type: 'ticket',
  mode: 'video',
  lobby,
  interests: [],
  languages: [],
  offer: null,
})

/** One connection that can send any bytes. It sets no timers, so that thousands can run at once. */
export class LoadClient {
  readonly #socket: WebSocket
  readonly #events: LoadClientEvents
  #isWelcome = false
  /** Number of frames received on this connection after the first welcome, other welcomes excluded. */
  received = 0
  /** Resolves with the close code when the connection is closed. */
  readonly closed: Promise<number>

  private constructor(socket: WebSocket, events: LoadClientEvents) {
    this.#socket = socket
    this.#events = events
    this.closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)))
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) => this.#handleFrame(data))
  }

  /** Opens a connection; rejects if the server refuses it. Does not verify the certificate. */
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

  /** Sends frames in one write to the socket. */
  sendFrames(frames: readonly (Uint8Array | string)[]): void {
    this.#tcp.cork()
    for (const frame of frames) this.#socket.send(frame)
    this.#tcp.uncork()
  }

  /** Sends one message in the given fragments. */
  sendFragments(fragments: readonly Uint8Array[]): void {
    for (const [index, fragment] of fragments.entries()) {
      this.#socket.send(fragment, { binary: true, fin: index === fragments.length - 1 })
    }
  }

  /**
   * Sends bytes where a frame header should begin, and ends the stream. The stream must end, because
   * a server that reads the bytes as the header of a long frame would wait for the rest.
   */
  async sendGarbage(bytes: Uint8Array): Promise<void> {
    this.#tcp.end(bytes)
    await this.closed
  }

  /**
   * Resolves once the server has handled everything sent so far and its answers have arrived, or when
   * the connection is closed. The first pong may arrive before answers that the server sends in the
   * same turn of its event loop; the second cannot.
   */
  async settled(): Promise<void> {
    for (let time = 1; time <= 2 && this.isOpen; time++) {
      const answered = new Promise<void>((resolve) => this.#socket.once('pong', () => resolve()))
      this.#socket.ping()
      await Promise.race([answered, this.closed])
    }
  }

  /** Closes the connection as a page does when the user leaves it; resolves when it is closed. */
  async leave(): Promise<void> {
    this.#socket.close(1000)
    await this.closed
  }

  /** Destroys the connection without a close frame, as a network failure does. */
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
      const hex = frame.toString('hex').slice(0, 200)
      this.#events.onFault(`the server sent a frame that is not a server's: ${hex}`)
      return
    }
    if (type === 'welcome') this.#isWelcome = true
    else if (this.#isWelcome) this.received++
    try {
      const message = decode(frame)
      if (message) this.#events.onMessage(message)
    } catch (error) {
      // The server checks only the structure of a partner’s message, so its fields may be invalid.
      const isRelayed = messages[type].direction === 'partner'
      if (isRelayed && (error as ProtocolError).code !== 'malformed-frame') return
      this.#events.onFault(`the server sent a ${type} that cannot be decoded: ${String(error)}`)
    }
  }
}
