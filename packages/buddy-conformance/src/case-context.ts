import { Connection, type ConnectOptions } from './connection.ts'
import { equal, Failure, Skip } from './failure.ts'
import type { HelloFields, TicketFields } from './fields.ts'
import type { Gate } from './gate.ts'
import type { ServerMessages } from './server-messages.ts'
import type { SharedRestart } from './shared-restart.ts'
import { modes } from './wire.ts'

/** The server under test, and how to reach it. */
export interface Target {
  /** The address of the WebSocket. */
  readonly url: string
  /** The `Origin` that all connections send. @default none */
  readonly origin?: string | undefined
  /** An `Origin` that the server refuses. @default unknown */
  readonly refusedOrigin?: string | undefined
  /** The key of the site that all connections name. @default the server's own site */
  readonly site?: string | undefined
  /** A valid token of this site. @default none, because the site requires none */
  readonly token?: string | undefined
  /**
   * Valid tokens of this site for different users. Each connection sends the next one, so that a server may
   * treat those with the same user as one person. @default `token` alone
   */
  readonly tokens?: readonly string[] | undefined
  /** How long each wait may last, in milliseconds. @default 5000 */
  readonly timeoutMs?: number | undefined
  /** Restarts the server process and resolves when it listens. @default impossible */
  readonly restart?: (() => Promise<void>) | undefined
}

/** A target with its defaults. */
export interface ResolvedTarget extends Target {
  readonly site: string
  readonly timeoutMs: number
}

/** Returns the target with its defaults. */
export function resolveTarget(target: Target): ResolvedTarget {
  const { site = '', timeoutMs = 5000 } = target
  return { ...target, site, timeoutMs }
}

/** A connection with a session. */
export interface Joined extends Connection {
  readonly welcome: ServerMessages['welcome']
}

/** Two sessions in a room. */
export interface Pair {
  /** The one that waited, and its `matched`. */
  readonly waited: Joined
  readonly waitedMatch: ServerMessages['matched']
  /** The one that arrived, and its `matched`. */
  readonly arrived: Joined
  readonly arrivedMatch: ServerMessages['matched']
}

/** Which of the target's tokens is the next. A process runs the cases once. */
let nextTokenIndex = 0

/** What all cases of a run share. */
export interface Surroundings {
  readonly target: ResolvedTarget
  readonly gate: Gate
  /** Undefined if the server cannot be restarted. */
  readonly restart: SharedRestart | undefined
}

let lobbies = 0
const run = Math.random().toString(36).slice(2, 10)

/** What a case uses: connections of its own, in a lobby of its own. */
export class CaseContext {
  readonly target: ResolvedTarget
  /** A lobby that no other case uses. */
  readonly lobby = `conformance-${run}-${++lobbies}`
  /** How long the case had to wait because the server refuses more connections, in milliseconds. */
  waitedMs = 0
  readonly #connections: Connection[] = []

  readonly #gate: Gate
  readonly #restart: SharedRestart | undefined

  constructor({ target, gate, restart }: Surroundings) {
    this.target = target
    this.#gate = gate
    this.#restart = restart
  }

  /** The frames of all connections, for the report of a failure. */
  get transcript(): readonly string[] {
    return this.#connections.flatMap(({ label, transcript }) =>
      transcript.map((line) => `${label} ${line}`),
    )
  }

  /** Opens a connection. */
  async connect(options: ConnectOptions = {}): Promise<Connection> {
    const { url, origin, timeoutMs } = this.target
    const label = String.fromCharCode(65 + this.#connections.length)
    this.waitedMs += await this.#gate.pass()
    const given = { origin: origin ?? null, ...options }
    try {
      const connection = await Connection.open(url, label, timeoutMs, given)
      this.#gate.handleOpened(true)
      this.#connections.push(connection)
      return connection
    } catch (error) {
      this.#gate.handleOpened(false)
      throw error
    }
  }

  /** Opens a connection, sends `hello`, and reads `welcome`. */
  async join(hello: HelloFields = {}, options: ConnectOptions = {}): Promise<Joined> {
    const connection = await this.connect(options)
    this.sendHello(connection, hello)
    await connection.next('welcome')
    return connection as Joined
  }

  /** Sends a `hello` with the site and the token of the target, unless others are given. */
  sendHello(connection: Connection, hello: HelloFields = {}): void {
    const { site } = this.target
    connection.sendHello({ site, token: this.#nextToken(), ...hello })
  }

  #nextToken(): string | null {
    const { token = null, tokens = [] } = this.target
    return tokens[nextTokenIndex++ % tokens.length] ?? token
  }

  /** Sends a ticket in the lobby of this case, unless another is given. */
  enter(connection: Connection, ticket: TicketFields = {}): void {
    connection.sendTicket({ lobby: this.lobby, mode: this.mode, ...ticket })
  }

  /** Sends a ticket and reads `waiting`. */
  async wait(connection: Connection, ticket: TicketFields = {}): Promise<void> {
    this.enter(connection, ticket)
    const answer = await connection.nextAny()
    if (answer.name === 'error' && answer.fields['code'] === 21) {
      throw new Skip('the site does not allow this mode, or a lobby of its own for the case')
    }
    equal(answer.name, 'waiting', `${connection.label}: the answer to the ticket`)
  }

  /** Audio, because every site allows it. */
  readonly mode = modes.audio

  /** Brings two sessions into a room: the first one waits, the second one arrives. */
  async pair(
    waitedTicket: TicketFields = {},
    arrivedTicket: TicketFields = waitedTicket,
    names: readonly [string, string] = ['Ana', 'Bob'],
  ): Promise<Pair> {
    const waited = await this.join({ name: names[0] })
    await this.wait(waited, waitedTicket)
    const arrived = await this.join({ name: names[1] })
    this.enter(arrived, arrivedTicket)
    const arrivedMatch = await arrived.next('matched')
    const waitedMatch = await waited.next('matched')
    return { waited, waitedMatch, arrived, arrivedMatch }
  }

  /** Checks that the next frame of both is `matched`, with the same room. Returns the room. */
  async matchedTogether(one: Connection, other: Connection): Promise<string> {
    const { room } = await one.next('matched')
    equal((await other.next('matched')).room, room, 'the room of the second')
    return room
  }

  /** Checks that a signal of each partner reaches the other. */
  async checkRelay(one: Connection, other: Connection): Promise<void> {
    const number = Math.floor(Math.random() * 256)
    await other.nextRelayed(one.sendSignal(number))
    await one.nextRelayed(other.sendSignal(255 - number))
  }

  /** Checks that nothing that the case has not read arrives on these connections. */
  async quiet(...connections: readonly Connection[]): Promise<void> {
    // The first barrier makes the server handle what was sent; the second lets what it caused arrive.
    for (const connection of connections) await connection.barrier()
    for (const connection of connections) await connection.quiet()
  }

  /** Sends an HTTP request to a path beside the WebSocket. */
  async request(path: string): Promise<Response> {
    const { url, timeoutMs } = this.target
    const address = new URL(path, url.replace(/^ws/, 'http'))
    return fetch(address, { signal: AbortSignal.timeout(timeoutMs) })
  }

  /** Resolves after this time. */
  async pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms))
  }

  /** Skips the case unless the session's site allows texts, and so `typing` and text mode. */
  requireText({ welcome }: Joined): void {
    if (!welcome.allowsText) throw new Skip('the site does not allow texts')
  }

  /** Skips the case unless the session's site allows video. */
  requireVideo({ welcome }: Joined): void {
    if (!welcome.allowsVideo) throw new Skip('the site does not allow video')
  }

  /** @throws Skip with the reason why the case cannot check its rule here */
  skip(reason: string): never {
    throw new Skip(reason)
  }

  /** @throws Failure with this message */
  fail(message: string): never {
    throw new Failure(message)
  }

  /**
   * Waits until the server has restarted. It restarts once for all cases that wait for it.
   * @throws Skip if the command line does not say how
   */
  async restart(): Promise<void> {
    if (!this.#restart) throw new Skip('needs --restart')
    await this.#restart.wait()
  }

  /**
   * Checks at the end of a case that nothing has arrived that the case has not read, and that no connection
   * has ended that it did not expect to end.
   */
  async checkEnd(): Promise<void> {
    for (const connection of this.#connections) {
      if (connection.hasEndedUnexpectedly)
        throw new Failure(`${connection.label}: the server has ended the connection`)
      if (connection.isOpen) await connection.quiet()
    }
  }

  /** Ends all connections, so that their sessions end too. */
  async close(): Promise<void> {
    await Promise.all(
      this.#connections.map(async (connection) => {
        try {
          if (connection.isOpen) await connection.leave(1000)
        } catch {
          connection.socket.terminate()
        }
      }),
    )
  }
}
