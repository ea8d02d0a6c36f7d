import type * as protocol from '@buddy-chat/protocol'
import { WebSocket } from 'ws'
import { BenchError } from './measured-process.ts'
import type { Taste } from './tastes.ts'

/** The built protocol package of a checkout. All checkouts get the types of this one. */
export type Wire = typeof protocol

/** The default number of connections that are opened at a time. Even, so that all users of a batch can be matched. */
const defaultBatchSize = 100

const nothingKept = { interests: false, languages: false }

/**
 * Gives each user an address of its own, because a server limits what one address may do. Only Linux has all
 * of 127.0.0.0/8.
 */
function addressOf(index: number): { readonly localAddress?: string } {
  if (process.platform !== 'linux') return {}
  return { localAddress: `127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}` }
}

/** A user with one connection. */
export interface User {
  send(frame: Uint8Array): void
  /** The token of the latest `welcome`; null if the server has sent none. */
  visitorToken: string | null
}

interface Arrivals {
  readonly count: number
  /** The index of the first user. @default 0 */
  readonly first?: number
  /** The number of connections that are opened at a time. @default 100 */
  readonly batchSize?: number
  /** Returns the lobby of the user with this index. Users in the same lobby are matched. */
  readonly lobbyOf: (index: number) => string
  /** Returns what the user with this index looks for. */
  readonly tasteOf: (index: number) => Taste
  /** Returns the visitor token of the user with this index. @default null, as a new visitor */
  readonly visitorTokenOf?: (index: number) => string | null
  /** Whether a user has also arrived if nobody fits yet. @default false */
  readonly mayWait?: boolean
  /** Called for each received frame with its message type number; see {@link Crowd.numberOf}. */
  readonly onFrame?: (user: User, number: number | undefined) => void
}

/** Users of one server, who use the protocol package of that server's checkout. */
export class Crowd {
  readonly users: User[] = []
  readonly wire: Wire
  readonly #portOf: (index: number) => number
  readonly #sockets: WebSocket[] = []
  readonly #failed: Promise<never>
  #fail: (error: Error) => void = () => undefined
  #isLeaving = false

  /** @param portOf returns the port of the server for the user with this index */
  constructor(portOf: (index: number) => number, wire: Wire) {
    this.#portOf = portOf
    this.wire = wire
    this.#failed = new Promise((_resolve, reject) => (this.#fail = reject))
    this.#failed.catch(() => undefined)
  }

  /** Returns the number of a message type in this checkout's protocol. */
  numberOf(type: protocol.MessageType): number {
    return this.wire.messages[type].number
  }

  /** Settles like `promise`, but rejects if a connection of the crowd fails first. */
  unlessFailed<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failed])
  }

  /** Connects `count` users. Resolves when all of them are matched, or wait if they may. */
  async arrive(arrivals: Arrivals): Promise<void> {
    const { count, first = 0, batchSize = defaultBatchSize } = arrivals
    for (let from = first; from < first + count; from += batchSize) {
      const batch = Array.from({ length: Math.min(batchSize, first + count - from) }, (_, index) =>
        this.#arrive(from + index, arrivals),
      )
      await this.unlessFailed(Promise.all(batch))
    }
  }

  /** Closes all connections as pages do when their users leave. Resolves when they are closed. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    await Promise.all(
      this.#sockets.map((socket) => {
        const closed = new Promise((resolve) => socket.once('close', resolve))
        socket.close(1000)
        return closed
      }),
    )
  }

  /** Destroys all connections. */
  terminate(): void {
    this.#isLeaving = true
    for (const socket of this.#sockets) socket.terminate()
  }

  #arrive(
    index: number,
    { lobbyOf, tasteOf, visitorTokenOf, mayWait, onFrame }: Arrivals,
  ): Promise<void> {
    const { encode, peekNumber, subprotocol } = this.wire
    const socket = new WebSocket(`ws://127.0.0.1:${this.#portOf(index)}/ws`, subprotocol, {
      perMessageDeflate: false,
      ...addressOf(index),
    })
    const user: User = { send: (frame) => socket.send(frame), visitorToken: null }
    this.#sockets.push(socket)
    this.users.push(user)
    socket.on('error', (error) =>
      this.#fail(new BenchError(`a connection failed: ${error.message}`)),
    )
    socket.on('close', (code, reason) => {
      if (this.#isLeaving) return
      this.#fail(new BenchError(`the server closed a connection: ${code} ${reason.toString()}`))
    })
    socket.on('open', () => {
      const token = null
      const visitor = visitorTokenOf?.(index) ?? null
      const hello = { name: '', site: '', client: 'bench', token, resume: null, visitor }
      user.send(encode({ type: 'hello', ...hello }))
      sendTicket()
    })
    const sendTicket = (): void => {
      const ticket = { mode: 'video', lobby: lobbyOf(index), ...tasteOf(index) } as const
      user.send(encode({ type: 'ticket', ...ticket, asks: [], keep: nothingKept, offer: null }))
    }
    let isTooEarly = false
    const [welcome, waiting] = [this.numberOf('welcome'), this.numberOf('waiting')]
    const [matched, error] = [this.numberOf('matched'), this.numberOf('error')]
    return new Promise((resolve) => {
      socket.on('message', (data: Buffer) => {
        const number = peekNumber(data)
        if (number === matched || (mayWait && number === waiting)) resolve()
        else if (number === welcome) {
          const message = this.wire.decode(data) as protocol.MessageOf<'welcome'>
          user.visitorToken = message.visitorToken ?? null
          if (isTooEarly) sendTicket()
        } else if (number === error) {
          const answer = this.wire.decode(data) as protocol.MessageOf<'error'>
          // A server that asks Redis before its welcome refuses the ticket that was sent with the hello.
          if (answer.code === 'hello-required') isTooEarly = true
          else this.#fail(new BenchError(`the server sent ${JSON.stringify(answer)}`))
        }
        onFrame?.(user, number)
      })
    })
  }
}
