// A client that can send anything. It uses the `ws` library, so that the server is tested against
// another WebSocket implementation than its own.
import type { Message, MessageOf, MessageType } from '@buddy-chat/protocol'
import { decode, encode, subprotocol } from '@buddy-chat/protocol'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

/** How a client connects. */
export interface ConnectOptions {
  readonly origin?: string
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** The certificate (PEM) to trust. */
  readonly ca?: string
  /** The loopback address to connect from; the server counts clients by address. @default 127.0.0.1 */
  readonly localAddress?: string
}

/** How a connection was closed. */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** The time limit of every wait, long enough for a busy machine. A test waits this long only if it fails. */
const timeoutMs = 5000

/** Settles as `promise` does; after 5 s rejects with an error that names what was awaited. */
function within<T>(promise: Promise<T>, what: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`timed out waiting for ${what()}`)), timeoutMs)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

export class RawClient {
  readonly socket: WebSocket
  readonly #closed: Promise<Closed>
  readonly #inbox: { frame: Uint8Array; message: Message }[] = []
  #onArrival: () => void = () => undefined
  #isWelcome = false
  /** Number of frames received on this connection after the first welcome, other welcomes excluded. */
  received = 0
  /** Number of frames sent on this connection after the hello. */
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

  /** Opens a connection. Sends no `Origin` header unless one is given. */
  static async connect(url: string, options: ConnectOptions = {}): Promise<RawClient> {
    const { origin, protocols = [subprotocol], headers = {}, ca, localAddress } = options
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

  /** Opens a connection, sends hello and waits for the welcome. */
  static async join(url: string, name: string, options: ConnectOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(url, options)
    client.sendHello({ name })
    await client.receive('welcome')
    return client
  }

  /**
   * Resumes a session by a new connection.
   * @param received number of frames that all earlier connections of the session received
   * @param more other fields of `hello.resume`
   */
  static async resume(
    url: string,
    { resumeToken }: Pick<MessageOf<'welcome'>, 'resumeToken'>,
    received: number,
    more: Partial<NonNullable<MessageOf<'hello'>['resume']>> = {},
  ): Promise<[RawClient, MessageOf<'welcome'>]> {
    const client = await RawClient.connect(url)
    const token = resumeToken ?? ''
    client.sendHello({ resume: { token, received, sent: null, roomToken: null, ...more } })
    return [client, await client.receive('welcome')]
  }

  /**
   * Resolves with two clients, `One` and `Other`, in a room; `One` entered the queue first. `Other` is at the server
   * `otherUrl`.
   */
  static async pair(url: string, lobby = '', otherUrl = url): Promise<[RawClient, RawClient]> {
    const one = await RawClient.join(url, 'One')
    one.enter({ lobby })
    await one.receive('waiting')
    const other = await RawClient.join(otherUrl, 'Other')
    other.enter({ lobby })
    await Promise.all([one.receive('matched'), other.receive('matched')])
    return [one, other]
  }

  send(message: Message): void {
    if (message.type !== 'hello') this.sent++
    this.socket.send(encode(message))
  }

  /** Sends a hello with default fields, except those given. */
  sendHello(hello: Partial<Omit<MessageOf<'hello'>, 'type'>> = {}): void {
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

  /** Sends bytes as a binary frame, or a string as a text frame. */
  sendRaw(data: Uint8Array | string): void {
    this.socket.send(data)
  }

  /** Sends a ticket with default fields, except those given. */
  enter(ticket: Partial<Omit<MessageOf<'ticket'>, 'type'>> = {}): void {
    this.send({
      type: 'ticket',
      mode: 'video',
      lobby: '',
      interests: [],
      languages: [],
      offer: null,
      ...ticket,
    })
  }

  /** Takes the oldest unread message of this type, or waits for the next. */
  async receive<T extends MessageType>(type: T): Promise<MessageOf<T>> {
    return (await this.#take([type])).message as MessageOf<T>
  }

  /** Takes the oldest unread message of these types, or waits for the next. */
  async receiveAnyOf<T extends MessageType>(...types: readonly T[]): Promise<MessageOf<T>> {
    return (await this.#take(types)).message as MessageOf<T>
  }

  /** Like {@link receive}, but resolves with the bytes of the frame. */
  async receiveFrame(type: MessageType): Promise<Uint8Array> {
    return (await this.#take([type])).frame
  }

  /** The TCP connection under the WebSocket. */
  get tcp(): Socket {
    return (this.socket as unknown as { _socket: Socket })._socket
  }

  /** Takes the oldest unread error, or waits for the next; resolves with its code. */
  async errorCode(): Promise<MessageOf<'error'>['code']> {
    return (await this.receive('error')).code
  }

  /**
   * Types of the messages that have arrived and were not taken by {@link receive}. Without `searching`, which
   * may arrive at any time while a ticket waits.
   */
  get unread(): readonly MessageType[] {
    const types = this.#inbox.map(({ message }) => message.type)
    return types.filter((type) => type !== 'searching')
  }

  /**
   * Resolves once the server has handled everything sent so far and its answers have arrived. The
   * first pong may arrive before answers that the server sends in the same turn of its event loop; the
   * second cannot.
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

  /** Resolves once the connection is closed; rejects if it is still open after 5 s. */
  closed(): Promise<Closed> {
    return within(this.#closed, () => `the close; unread: ${this.unread.join(', ') || 'nothing'}`)
  }

  /** Closes the connection as a page does when the user leaves it; resolves when it is closed. */
  async leave(): Promise<void> {
    this.socket.close(1000)
    await this.closed()
  }

  async #take(types: readonly MessageType[]): Promise<{ frame: Uint8Array; message: Message }> {
    const find = (): number => this.#inbox.findIndex(({ message }) => types.includes(message.type))
    const arrived = new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (find() >= 0) resolve()
        else if (this.socket.readyState === WebSocket.CLOSED) {
          reject(new Error(`the connection ended before ${types.join(' or ')} arrived`))
        }
      }
      this.#onArrival = check
      check()
    })
    await within(
      arrived,
      () => `${types.join(' or ')}; unread: ${this.unread.join(', ') || 'nothing'}`,
    )
    return this.#inbox.splice(find(), 1)[0]!
  }
}

/** Fails unless a text of each client reaches its partner. */
export async function expectTextsRelayed(one: RawClient, other: RawClient): Promise<void> {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const text = `text ${Math.random()}`
    from.send({ type: 'text', text })
    const received = await to.receive('text')
    if (received.text !== text) throw new Error(`expected "${text}", received "${received.text}"`)
  }
}
