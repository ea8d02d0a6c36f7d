// A client that can say anything, over a real socket of another WebSocket implementation.
import type { Message, MessageOf, MessageType } from '@buddy-chat/protocol'
import { decode, encode, subprotocol } from '@buddy-chat/protocol'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

interface Knock {
  readonly origin?: string
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** The certificate (PEM) to trust. */
  readonly ca?: string
  /** An address of this machine's loopback, to be another client to the server. @default 127.0.0.1 */
  readonly localAddress?: string
}

/** How a connection ended. */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** Long enough for a busy machine; nothing waits for it unless something is lost. */
const patienceMs = 5000

/** `promise`, or a rejection that says what was waited for. */
function within<T>(promise: Promise<T>, what: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited for ${what()}`)), patienceMs)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

export class RawClient {
  readonly socket: WebSocket
  /** How it ended; rejects only if it does not. Read it where an end is expected. */
  readonly #closed: Promise<Closed>
  readonly #inbox: { frame: Uint8Array; message: Message }[] = []
  #onArrival: () => void = () => undefined
  #isWelcome = false
  /** Frames of the session that came by this connection, without any welcome. */
  received = 0
  /** Frames sent by this connection after hello. */
  sent = 0

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.binaryType = 'nodebuffer'
    socket.on('message', (data: Buffer) => {
      const message = decode(new Uint8Array(data))
      if (message?.type === 'welcome') this.#isWelcome = true
      else if (this.#isWelcome) this.received++
      if (message) this.#inbox.push({ frame: new Uint8Array(data), message })
      this.#onArrival()
    })
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
        this.#onArrival()
      })
    })
  }

  /** Opens a connection; the origin is absent unless given. */
  static async connect(url: string, knock: Knock = {}): Promise<RawClient> {
    const { origin, protocols = [subprotocol], headers = {}, ca, localAddress } = knock
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, [...protocols], {
      headers,
      ...(origin !== undefined && { origin }),
      ...(ca !== undefined && { ca }),
      ...(localAddress !== undefined && { localAddress }),
    })
    const client = new RawClient(socket)
    await within(
      new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)),
      () => 'the connection to open',
    )
    socket.on('error', () => undefined)
    return client
  }

  /** {@link connect} and hello. */
  static async join(url: string, name: string, knock: Knock = {}): Promise<RawClient> {
    const client = await RawClient.connect(url, knock)
    client.sayHello({ name })
    await client.receive('welcome')
    return client
  }

  /**
   * Goes on with a session by a new connection.
   * @param received of that session, by all its connections so far
   */
  static async resume(
    url: string,
    { resumeToken }: Pick<MessageOf<'welcome'>, 'resumeToken'>,
    received: number,
    more: Partial<NonNullable<MessageOf<'hello'>['resume']>> = {},
  ): Promise<[RawClient, MessageOf<'welcome'>]> {
    const client = await RawClient.connect(url)
    const token = resumeToken ?? ''
    client.sayHello({ resume: { token, received, sent: null, roomToken: null, ...more } })
    return [client, await client.receive('welcome')]
  }

  /** Two who are in a room together. */
  static async pair(url: string, lobby = ''): Promise<[RawClient, RawClient]> {
    const one = await RawClient.join(url, 'One')
    one.enter({ lobby })
    await one.receive('waiting')
    const other = await RawClient.join(url, 'Other')
    other.enter({ lobby })
    await Promise.all([one.receive('matched'), other.receive('matched')])
    return [one, other]
  }

  send(message: Message): void {
    if (message.type !== 'hello') this.sent++
    this.socket.send(encode(message))
  }

  /** Says hello, as nobody in particular unless told otherwise. */
  sayHello(hello: Partial<Omit<MessageOf<'hello'>, 'type'>> = {}): void {
    this.send({
      type: 'hello',
      name: 'Ana',
      site: '',
      client: 'tests',
      token: null,
      resume: null,
      ...hello,
    })
  }

  /** Sends any bytes, or a text frame. */
  sendRaw(data: Uint8Array | string): void {
    this.socket.send(data)
  }

  /** Gives a ticket. */
  enter(wish: Partial<Omit<MessageOf<'ticket'>, 'type'>> = {}): void {
    this.send({
      type: 'ticket',
      mode: 'video',
      lobby: '',
      interests: [],
      languages: [],
      offer: null,
      ...wish,
    })
  }

  /** The oldest message of this type that was not received yet, or the next to come. */
  async receive<T extends MessageType>(type: T): Promise<MessageOf<T>> {
    return (await this.#take([type])).message as MessageOf<T>
  }

  /** The first of these to have come, or to come. */
  async receiveAnyOf<T extends MessageType>(...types: readonly T[]): Promise<MessageOf<T>> {
    return (await this.#take(types)).message as MessageOf<T>
  }

  /** As {@link receive}, the bytes as they came. */
  async receiveFrame(type: MessageType): Promise<Uint8Array> {
    return (await this.#take([type])).frame
  }

  /** The TCP connection under the WebSocket. */
  get tcp(): Socket {
    return (this.socket as unknown as { _socket: Socket })._socket
  }

  /** The error named next. */
  async error(): Promise<MessageOf<'error'>['code']> {
    return (await this.receive('error')).code
  }

  /** Types of the messages that have come and were not asked for. */
  get unread(): readonly MessageType[] {
    return this.#inbox.map(({ message }) => message.type)
  }

  /**
   * Resolves once everything sent so far was handled and answered. The first pong may overtake
   * answers of its own turn; the second cannot.
   */
  async settled(): Promise<void> {
    for (let time = 1; time <= 2; time++) {
      await within(
        new Promise<void>((resolve) => {
          this.socket.once('pong', () => resolve())
          this.socket.ping()
        }),
        () => 'a pong',
      )
    }
  }

  /** Resolves once the connection has ended. */
  closed(): Promise<Closed> {
    return within(this.#closed, () => `the end; came: ${this.unread.join(', ') || 'nothing'}`)
  }

  /** Closes the way a page does that is left. */
  async leave(): Promise<void> {
    this.socket.close(1000)
    await this.closed()
  }

  async #take(types: readonly MessageType[]): Promise<{ frame: Uint8Array; message: Message }> {
    const find = (): number => this.#inbox.findIndex(({ message }) => types.includes(message.type))
    const arrived = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (find() >= 0) resolve()
        else if (this.socket.readyState === WebSocket.CLOSED) {
          reject(new Error(`the connection ended before ${types.join(' or ')} came`))
        }
      }
      this.#onArrival = look
      look()
    })
    await within(
      arrived,
      () => `${types.join(' or ')}; came: ${this.unread.join(', ') || 'nothing'}`,
    )
    return this.#inbox.splice(find(), 1)[0]!
  }
}

/** Fails unless what one of the two writes reaches the other, both ways. */
export async function expectToTalk(one: RawClient, other: RawClient): Promise<void> {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const text = `still here ${Math.random()}`
    from.send({ type: 'text', text })
    const received = await to.receive('text')
    if (received.text !== text) throw new Error(`${text} expected, ${received.text} came`)
  }
}
