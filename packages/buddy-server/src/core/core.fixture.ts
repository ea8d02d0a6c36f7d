// A server process for unit tests, without sockets and HTTP, and with a manual clock.
import type { Message, MessageOf, MessageType } from '@buddy-chat/protocol'
import { decode, encode } from '@buddy-chat/protocol'
import { ClientConnection } from '../connection/client-connection.ts'
import { ManualClock } from '../clock.fixture.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import { defaultOptions } from '../config/server-settings.ts'
import type { Core } from './core.ts'
import { createCore } from './core.ts'
import type { Notify } from '../events.ts'
import { handleHello } from '../handlers/hello.ts'
import type { Session } from '../sessions/session.ts'
import type { Connection } from '../transport/transport.ts'

const secretKey = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'
const upgrade = { origin: undefined, host: '', protocols: [], forwardedFor: '', remoteAddress: '' }

/** A client with one connection to a {@link TestServer}. */
export class TestClient {
  /** All messages that this connection has received. */
  readonly messages: Message[] = []
  /** How many frames of the session this connection has received, not counting `welcome`. */
  received = 0
  closeReason: string | undefined
  readonly #client: ClientConnection

  constructor(connect: (connection: Connection) => ClientConnection) {
    this.#client = connect({
      upgrade,
      send: (frame) => {
        const message = decode(frame.slice())!
        if (message.type !== 'welcome' && this.of('welcome').length > 0) this.received++
        this.messages.push(message)
      },
      close: (code, reason) => {
        this.closeReason = reason
        this.#client.onClose(code)
      },
      ping: () => undefined,
      terminate: () => this.disconnect(),
    })
  }

  get session(): Session {
    return this.#client.session!
  }

  /** The field `resume` for a `hello` that resumes this session, made from the latest `welcome`. */
  get resume(): NonNullable<MessageOf<'hello'>['resume']> {
    const token = this.of('welcome').at(-1)!.resumeToken!
    return { token, received: this.received, sent: null, roomToken: null }
  }

  /** Returns all messages of this type that this connection has received. */
  of<T extends MessageType>(type: T): readonly MessageOf<T>[] {
    return this.messages.filter(
      (message) => message.type === type,
    ) as readonly Message[] as readonly MessageOf<T>[]
  }

  send(...messages: readonly Message[]): void {
    for (const message of messages) this.sendFrame(encode(message))
  }

  /** Sends bytes, also if they are not a valid message. */
  sendFrame(frame: Uint8Array): void {
    this.#client.onFrame(frame, true)
  }

  /** Sends a ticket. */
  enter(criteria: Partial<Omit<MessageOf<'ticket'>, 'type'>> = {}): void {
    const ticket = { mode: 'video', lobby: '', interests: [], languages: [], offer: null } as const
    this.send({ type: 'ticket', ...ticket, ...criteria })
  }

  /** Closes the connection as a network failure would. */
  disconnect(): void {
    this.#client.onClose(1006)
  }
}

/** A server process without sockets. */
export class TestServer {
  readonly clock = new ManualClock()
  readonly core: Core
  /** The present settings. If a test changes them, it calls `core.reload()`. */
  settings: ResolvedServerOptions
  /** The events that the server has emitted so far, with their names. */
  readonly events: (readonly [name: string, event: unknown])[] = []

  readonly #startedAtMs = Date.now()

  constructor(
    settings: Partial<ResolvedServerOptions> = {},
    surroundings: Partial<Parameters<typeof createCore>[0]> = {},
  ) {
    this.settings = { ...defaultOptions, secretKey, ...settings }
    const notify: Notify = (name, event) => void this.events.push([name, event])
    this.core = createCore({
      settings: () => this.settings,
      clock: this.clock,
      wallNow: () => this.wallNow,
      notify,
      hooks: {},
      addressOf: () => '',
      onRelayed: () => undefined,
      onCallInterrupted: () => undefined,
      onInternalError: (error) =>
        queueMicrotask(() => {
          throw error
        }),
      ...surroundings,
    })
  }

  /** Milliseconds since 1970, which pass with the clock. */
  get wallNow(): number {
    return this.#startedAtMs + this.clock.now()
  }

  /**
   * Opens a connection from an address and sends `hello`. Resolves with the client; its `messages` contain
   * the answer.
   */
  async join(
    addressKey = '192.0.2.1',
    hello: Partial<Omit<MessageOf<'hello'>, 'type'>> = {},
  ): Promise<TestClient> {
    const client = new TestClient(
      (connection) =>
        new ClientConnection(connection, addressKey, {
          handlers: this.core.handlers,
          clock: this.clock,
          helloTimeoutMs: () => this.settings.helloTimeoutMs,
          join: (received, link) =>
            handleHello(
              received,
              { upgrade, addressKey, link, isConnected: () => link.isConnected },
              this.core.hello,
            ),
          welcome: (joined) => this.core.welcome(joined),
          onRefused: () => undefined,
          onClosed: () => undefined,
        }),
    )
    const defaults = { name: 'Ana', site: '', client: '', token: null, resume: null }
    client.send({ type: 'hello', ...defaults, ...hello })
    // The server joins clients asynchronously, because hooks and token checks may take time. Without these,
    // one turn of the event loop is enough.
    await new Promise((resolve) => setImmediate(resolve))
    return client
  }

  /** Returns two clients in one room. */
  async pair(one = '192.0.2.1', other = '192.0.2.2'): Promise<readonly [TestClient, TestClient]> {
    const clients = [await this.join(one), await this.join(other)] as const
    for (const client of clients) client.enter({ lobby: `${one} ${other}` })
    return clients
  }
}
