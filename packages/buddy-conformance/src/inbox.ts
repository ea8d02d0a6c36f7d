import { AtCapacity, Failure, hex } from './failure.ts'
import { readServerFrame, type Received, type ServerMessages } from './server-messages.ts'
import { errors, nameOf } from './wire.ts'

/** How a connection has ended. */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** A frame that has arrived, and how many frames had arrived since `welcome`, itself included. */
export interface Arrival extends Received {
  readonly ordinal: number
}

/** A ping of the server, and how many frames had arrived since `welcome` before it. */
export interface Ping {
  readonly payload: Uint8Array
  readonly received: number
}

/** Messages that may arrive at any time. Cases read them only on purpose. */
const unasked: ReadonlySet<string | undefined> = new Set(['stats', 'ice-servers', 'searching'])

const capacityErrors: ReadonlySet<unknown> = new Set([
  errors['server-full'],
  errors['too-many-connections'],
])

/** What has arrived on one connection. Checks each frame, and keeps it until the case reads it. */
export class Inbox {
  /** The name of the connection in messages. */
  readonly label: string
  /** The `welcome`; undefined before it. */
  welcome: ServerMessages['welcome'] | undefined
  /** The number of frames that have arrived after `welcome`. */
  received = 0
  /** The number of `stats` that have arrived. */
  statsCount = 0
  /** The code of the latest error; undefined if there was none. */
  lastError: number | undefined
  /** When the latest frame has arrived, in milliseconds since 1970. */
  lastArrivalMs = 0
  /** How the connection has ended; undefined while it is open. */
  closed: Closed | undefined
  readonly pings: Ping[] = []
  readonly #frames: Arrival[] = []
  #fault: Error | undefined
  #onChange: () => void = () => undefined

  constructor(label: string) {
    this.label = label
  }

  /** The frames that were not read, except those that may arrive at any time. */
  get unread(): readonly Arrival[] {
    return this.#frames.filter(({ name }) => !unasked.has(name))
  }

  handleFrame(bytes: Uint8Array, isBinary: boolean): void {
    this.lastArrivalMs = Date.now()
    try {
      if (!isBinary) throw new Failure('the server has sent a text frame')
      this.#push(readServerFrame(bytes))
    } catch (error) {
      const { message } = error as Error
      this.#fault ??= new Failure(`${this.label}: ${message}; the frame is ${hex(bytes)}`)
    }
    this.#onChange()
  }

  handlePing(payload: Uint8Array): void {
    this.pings.push({ payload, received: this.received })
    this.#onChange()
  }

  handleClosed(closed: Closed): void {
    this.closed = closed
    this.#onChange()
  }

  /** Call this when something else that a wait depends on has changed. */
  handleChange(): void {
    this.#onChange()
  }

  /** Forgets the frames that were not read. */
  forget(): void {
    this.#frames.length = 0
  }

  /**
   * Removes and returns the first unread frame.
   * @param only the name of the message to take; others stay. @default any, except those that may arrive at
   *   any time, unless `what` names one
   * @throws Failure if none arrives in time, or the connection ends before
   */
  async take(what: string, limitMs: number, only?: string): Promise<Arrival> {
    const wanted = only ?? (unasked.has(what) ? what : undefined)
    const find = (): number =>
      this.#frames.findIndex(({ name }) =>
        wanted === undefined ? !unasked.has(name) : name === wanted,
      )
    await this.until(() => find() >= 0 || this.closed !== undefined, what, limitMs)
    const index = find()
    if (index < 0) this.failEnded(what)
    return this.#frames.splice(index, 1)[0]!
  }

  /** Resolves when the condition holds. @throws Failure after the limit, or if a frame was faulty */
  async until(holds: () => boolean, what: string, limitMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Failure(`${this.label}: ${what} did not arrive within ${limitMs} ms`))
      }, limitMs)
      this.#onChange = () => {
        if (this.#fault) reject(this.#fault)
        else if (holds()) resolve()
        else return
        clearTimeout(timer)
      }
      this.#onChange()
    })
  }

  /** @throws Failure if the connection has ended too early */
  failEnded(what: string): never {
    const { code, reason } = this.closed ?? { code: 1005, reason: '' }
    const how = `with ${code}${reason && ` ${reason}`}`
    throw new Failure(`${this.label}: the connection ended ${how} before ${what} arrived`)
  }

  /** @throws Failure that names the first unread frame, if there is one */
  checkNoneUnread(): void {
    const [frame] = this.unread
    if (frame) throw new Failure(`${this.label}: unexpected ${shown(frame)}`)
  }

  #push(frame: Received): void {
    const { name, fields } = frame
    if (name === 'welcome') {
      if (this.welcome) throw new Failure('the server has sent a second welcome')
      this.welcome = fields as unknown as ServerMessages['welcome']
    } else if (this.welcome) this.received++
    if (name === 'stats') this.statsCount++
    if (name === 'error') this.#noteError(fields as unknown as ServerMessages['error'])
    this.#frames.push({ ...frame, ordinal: this.received })
  }

  #noteError({ code, message, retryAfterMs }: ServerMessages['error']): void {
    this.lastError = code
    if (!this.welcome && capacityErrors.has(code)) {
      this.#fault ??= new AtCapacity(message, retryAfterMs ?? 1000)
    }
  }
}

/** Returns a frame as a failure shows it. */
export function shown({ name, fields, bytes }: Received): string {
  if (name === 'error') {
    return `error ${nameOf(errors, Number(fields['code'])) ?? ''} (${String(fields['message'])})`
  }
  return `${name ?? 'a message of unknown type'} ${JSON.stringify(fields)} = ${hex(bytes)}`
}
