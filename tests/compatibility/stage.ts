// A real server and real clients, whose conversation is recorded.
import type { BuddyClientOptions } from '@buddy-chat/client'
import { browserEnvironment, BuddyClient } from '@buddy-chat/client'
import type { MessageType } from '@buddy-chat/protocol'
import { messages, peekNumber } from '@buddy-chat/protocol'
import type { BuddyServer, BuddyServerOptions } from '@buddy-chat/server'
import { createBuddyServer } from '@buddy-chat/server'
import { WebSocket as NetworkSocket } from 'ws'
import { describeEvents } from './describe-events.ts'
import type { FakePage } from './fake-browser.ts'
import { createFakePage } from './fake-browser.ts'
import type { Line } from './recording.ts'
import { formatLine, frameOf } from './recording.ts'

/** The time limit of every wait. */
const timeoutMs = 20_000

/** Adds a line about one client to the recording. */
type Note = (verb: Line['verb'], detail?: string) => void

/** A WebSocket that notes what is sent and received, and that can be lost as by a network failure. */
class RecordedSocket extends EventTarget {
  binaryType = 'arraybuffer'
  readonly #socket: NetworkSocket
  readonly #note: Note
  #isClosing = false

  constructor(url: string, protocol: string, note: Note) {
    super()
    this.#note = note
    this.#socket = new NetworkSocket(url, protocol)
    this.#socket.on('open', () => {
      note('opens')
      this.dispatchEvent(new Event('open'))
    })
    this.#socket.on('message', (data: Buffer) => {
      if (this.#isClosing) return
      note('gets', data.toString('hex'))
      const bytes = new Uint8Array(data)
      this.dispatchEvent(new MessageEvent('message', { data: bytes.buffer }))
    })
    this.#socket.on('close', (code, reason) => {
      if (!this.#isClosing) note('is-closed', String(code))
      this.#end(code, reason.toString())
    })
    this.#socket.on('error', () => undefined)
  }

  get readyState(): number {
    return this.#socket.readyState
  }

  send(bytes: Uint8Array): void {
    this.#note('sends', Buffer.from(bytes).toString('hex'))
    this.#socket.send(bytes)
  }

  close(code: number): void {
    if (!this.#isClosing && this.readyState === NetworkSocket.OPEN) {
      this.#note('closes', String(code))
    }
    this.#isClosing = true
    this.#socket.close(code)
  }

  lose(): void {
    this.#note('loses')
    this.#isClosing = true
    this.#socket.terminate()
  }

  #end(code: number, reason: string): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }))
  }
}

/** A client on the stage. */
export class Actor {
  readonly #client: BuddyClient
  readonly #lines: readonly Line[]
  readonly #note: Note
  readonly #name: string
  readonly #page: FakePage
  #socket: RecordedSocket | undefined
  /** `until` looks for lines from this index on. */
  #seen = 0

  constructor(
    name: string,
    options: BuddyClientOptions,
    lines: readonly Line[],
    note: Note,
    port: () => number,
  ) {
    this.#name = name
    this.#lines = lines
    this.#note = note
    note('has', JSON.stringify({ name, ...options }))
    this.#page = createFakePage({
      clock: browserEnvironment.clock,
      random: Math.random,
      createSocket: (_url, protocol) => {
        // A restarted server listens at another port.
        this.#socket = new RecordedSocket(`ws://127.0.0.1:${port()}/ws`, protocol, note)
        return this.#socket as unknown as WebSocket
      },
    })
    const server = 'http://server.example'
    this.#client = new BuddyClient({ name, ...options, server }, this.#page.environment)
    describeEvents(this.#client, note)
  }

  /** Calls a method of the client. */
  does<Method extends 'start' | 'next' | 'stop' | 'send' | 'notifyTyping' | 'trust' | 'report'>(
    method: Method,
    ...args: Parameters<BuddyClient[Method]>
  ): void {
    this.#note('does', `${method} ${JSON.stringify(args)}`)
    this.#act(method, args)
  }

  /** Switches the camera on or off. */
  setVideo(isEnabled: boolean): void {
    this.#note('does', `setVideoEnabled ${JSON.stringify([isEnabled])}`)
    this.#act('setVideoEnabled', [isEnabled])
  }

  #act(method: string, args: readonly unknown[]): void {
    const call = this.#client[method as 'send'] as (...list: unknown[]) => unknown
    void Promise.resolve(call.apply(this.#client, [...args])).catch(() => undefined)
  }

  page(event: 'freeze' | 'wake'): void {
    this.#note('page', event)
    this.#page.handle(event)
  }

  /** Breaks the connection. The client notices it. */
  loses(): void {
    this.#socket?.lose()
  }

  /** Resolves when a line about this client begins with `text`, after the line that was last awaited. */
  until(text: string): Promise<void> {
    return this.#find(text, (line) => formatLine(line).startsWith(`${this.#name} ${text}`))
  }

  /** Resolves when this client sends or gets a message, after the line that was last awaited. */
  untilFrame(verb: 'sends' | 'gets', type: MessageType): Promise<void> {
    const { number } = messages[type]
    return this.#find(
      `${verb} ${type}`,
      (line) =>
        line.who === this.#name && line.verb === verb && peekNumber(frameOf(line)) === number,
    )
  }

  async #find(what: string, isWanted: (line: Line) => boolean): Promise<void> {
    const endMs = Date.now() + timeoutMs
    for (;;) {
      const index = this.#lines.findIndex((line, at) => at >= this.#seen && isWanted(line))
      if (index >= 0) {
        this.#seen = index + 1
        return
      }
      if (Date.now() > endMs) throw new Error(`${this.#name}: "${what}" did not happen`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  leave(): void {
    this.#client.stop()
  }
}

/** A server, its clients, and what is recorded of them. */
export class Stage {
  readonly lines: Line[] = []
  readonly #settings: BuddyServerOptions
  readonly #actors: Actor[] = []
  #server: BuddyServer | undefined
  #port = 0

  constructor(settings: BuddyServerOptions) {
    this.#settings = settings
    this.#note('server', 'has', JSON.stringify(settings))
    const numbers = Object.values(messages).map(({ number }) => number)
    this.#note('server', 'knows', numbers.join(' '))
  }

  async starts(): Promise<void> {
    this.#server = createBuddyServer({ ...this.#settings, port: 0 })
    this.#port = (await this.#server.listen()).port
    this.#note('server', 'starts')
  }

  async stops(): Promise<void> {
    this.#note('server', 'stops')
    await this.#server?.close()
  }

  enters(name: string, options: BuddyClientOptions = { mode: 'text' }): Actor {
    const note: Note = (verb, detail) => this.#note(name, verb, detail)
    const actor = new Actor(name, options, this.lines, note, () => this.#port)
    this.#actors.push(actor)
    return actor
  }

  /** Stops everything that still runs. Nothing more is recorded. */
  async clear(): Promise<void> {
    this.#note = () => undefined
    for (const actor of this.#actors) actor.leave()
    await this.#server?.close()
  }

  #note = (who: string, verb: Line['verb'], detail = ''): void => {
    this.lines.push({ who, verb, detail })
  }
}
