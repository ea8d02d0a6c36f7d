// One server process for unit tests: everything but sockets and HTTP, with a clock moved by hand.
import type { Message, MessageOf, MessageType } from '@buddy-chat/protocol'
import { decode, encode } from '@buddy-chat/protocol'
import { ClientConnection } from './connection/client-connection.ts'
import type { Clock } from './clock.ts'
import type { ResolvedServerOptions } from './config/server-settings.ts'
import { defaultOptions } from './config/server-settings.ts'
import type { Core } from './core.ts'
import { createCore } from './core.ts'
import type { Notify } from './events.ts'
import { handleHello } from './handlers/hello.ts'
import { Bans } from './limits/bans.ts'
import type { Session } from './sessions/session.ts'
import type { Connection } from './transport/transport.ts'

const secretKey = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'
const upgrade = { origin: undefined, host: '', protocols: [], forwardedFor: '', remoteAddress: '' }

/** A clock that is moved by hand and calls back in order. */
class ManualClock implements Clock {
  #nowMs = 0
  #timers: { atMs: number; callback: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return () => (this.#timers = this.#timers.filter((other) => other !== timer))
  }

  every(): () => void {
    return () => undefined
  }

  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs
    for (;;) {
      const [next] = this.#timers
        .filter(({ atMs }) => atMs <= endMs)
        .sort((one, other) => one.atMs - other.atMs)
      if (!next) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#nowMs = next.atMs
      next.callback()
    }
    this.#nowMs = endMs
  }
}

/** One client's connection to a {@link CoreProcess}. */
export class Guest {
  /** Messages that this connection was sent. */
  readonly heard: Message[] = []
  /** Frames of the session that came by this connection, without any `welcome`. */
  received = 0
  closeReason: string | undefined
  readonly #client: ClientConnection

  constructor(connect: (connection: Connection) => ClientConnection) {
    this.#client = connect({
      upgrade,
      send: (frame) => {
        const message = decode(frame.slice())!
        if (message.type !== 'welcome' && this.of('welcome').length > 0) this.received++
        this.heard.push(message)
      },
      close: (code, reason) => {
        this.closeReason = reason
        this.#client.onClose(code)
      },
      ping: () => undefined,
      terminate: () => this.lose(),
    })
  }

  get session(): Session {
    return this.#client.session!
  }

  /** What the latest `welcome` gave to come back with. */
  get resume(): NonNullable<MessageOf<'hello'>['resume']> {
    const token = this.of('welcome').at(-1)!.resumeToken!
    return { token, received: this.received, sent: null, roomToken: null }
  }

  /** All messages of this type so far. */
  of<T extends MessageType>(type: T): readonly MessageOf<T>[] {
    return this.heard.filter(
      (message) => message.type === type,
    ) as readonly Message[] as readonly MessageOf<T>[]
  }

  say(...messages: readonly Message[]): void {
    for (const message of messages) this.sayRaw(encode(message))
  }

  /** Sends any bytes. */
  sayRaw(frame: Uint8Array): void {
    this.#client.onFrame(frame, true)
  }

  /** Gives a ticket. */
  enter(wish: Partial<Omit<MessageOf<'ticket'>, 'type'>> = {}): void {
    const ticket = { mode: 'video', lobby: '', interests: [], languages: [], offer: null } as const
    this.say({ type: 'ticket', ...ticket, ...wish })
  }

  /** The connection breaks. */
  lose(): void {
    this.#client.onClose(1006)
  }
}

/** Joins what a server consists of, but for its sockets. */
export class CoreProcess {
  readonly clock = new ManualClock()
  readonly core: Core
  /** As they are now; call `core.reload()` after a change. */
  settings: ResolvedServerOptions
  /** Names of the events so far, with what they were about. */
  readonly events: (readonly [name: string, event: unknown])[] = []

  constructor(settings: Partial<ResolvedServerOptions> = {}) {
    this.settings = { ...defaultOptions, secretKey, ...settings }
    const notify: Notify = (name, event) => void this.events.push([name, event])
    this.core = createCore({
      settings: () => this.settings,
      clock: this.clock,
      notify,
      hooks: {},
      bans: new Bans(() => this.clock.now()),
      addressOf: () => '',
      onRelayed: () => undefined,
      onInternalError: (error) => {
        throw error
      },
    })
  }

  /** Opens a connection from an address and says hello; the answer is in `heard`. */
  async join(
    addressKey = '192.0.2.1',
    hello: Partial<Omit<MessageOf<'hello'>, 'type'>> = {},
  ): Promise<Guest> {
    const guest = new Guest(
      (connection) =>
        new ClientConnection(connection, addressKey, {
          handlers: this.core.handlers,
          clock: this.clock,
          helloTimeoutMs: () => this.settings.helloTimeoutMs,
          join: (said, client) =>
            handleHello(
              said,
              { upgrade, addressKey, link: client, isConnected: () => client.isConnected },
              this.core.hello,
            ),
          welcome: (joined) => this.core.welcome(joined),
          onRefused: () => undefined,
          onClosed: () => undefined,
        }),
    )
    const nobody = { name: 'Ana', site: '', client: '', token: null, resume: null }
    guest.say({ type: 'hello', ...nobody, ...hello })
    // Joining is asynchronous because of hooks and tokens; here neither takes any time.
    await new Promise((resolve) => setImmediate(resolve))
    return guest
  }

  /** Two who are in a room together, from one address each. */
  async pair(one = '192.0.2.1', other = '192.0.2.2'): Promise<readonly [Guest, Guest]> {
    const guests = [await this.join(one), await this.join(other)] as const
    for (const guest of guests) guest.enter({ lobby: `${one} ${other}` })
    return guests
  }
}
