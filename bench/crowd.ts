import type * as protocol from '@buddy-chat/protocol'
import { WebSocket } from 'ws'
import { BenchError } from './measured-process.ts'

/** The built protocol package of a checkout. All checkouts get the types of this one. */
export type Wire = typeof protocol

/**
 * The number of connections that are opened at a time. Even, so that all users of a batch can be
 * matched.
 */
const batchSize = 100

/** A user with one connection. */
export interface User {
  send(frame: Uint8Array): void
}

interface Arrivals {
  readonly count: number
  /** Returns the lobby of the user with this index. Users in the same lobby are matched. */
  readonly lobbyOf: (index: number) => string
  /** Called for each received frame with its message type number; see {@link Crowd.numberOf}. */
  readonly onFrame?: (user: User, number: number | undefined) => void
}

/** Users of one server, who use the protocol package of that server's checkout. */
export class Crowd {
  readonly users: User[] = []
  readonly wire: Wire
  readonly #port: number
  readonly #sockets: WebSocket[] = []
  readonly #failed: Promise<never>
  #fail: (error: Error) => void = () => undefined
  #isLeaving = false

  constructor(port: number, wire: Wire) {
    this.#port = port
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

  /** Connects `count` users. Resolves when all of them are matched. */
  async arrive({ count, lobbyOf, onFrame = () => undefined }: Arrivals): Promise<void> {
    for (let from = 0; from < count; from += batchSize) {
      const batch = Array.from({ length: Math.min(batchSize, count - from) }, (_, index) =>
        this.#arrive(lobbyOf(from + index), onFrame),
      )
      await this.unlessFailed(Promise.all(batch))
    }
  }

  /** Closes all connections. */
  leave(): void {
    this.#isLeaving = true
    for (const socket of this.#sockets) socket.terminate()
  }

  #arrive(lobby: string, onFrame: NonNullable<Arrivals['onFrame']>): Promise<void> {
    const { encode, peekNumber, subprotocol } = this.wire
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/ws`, subprotocol, {
      perMessageDeflate: false,
    })
    const user: User = { send: (frame) => socket.send(frame) }
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
      user.send(
        encode({ type: 'hello', name: '', site: '', client: 'bench', token: null, resume: null }),
      )
      user.send(
        encode({ type: 'ticket', mode: 'video', lobby, interests: [], languages: [], offer: null }),
      )
    })
    const [matched, error] = [this.numberOf('matched'), this.numberOf('error')]
    return new Promise((resolve) => {
      socket.on('message', (data: Buffer) => {
        const number = peekNumber(data)
        if (number === matched) resolve()
        if (number === error) {
          this.#fail(new BenchError(`the server sent ${JSON.stringify(this.wire.decode(data))}`))
        }
        onFrame(user, number)
      })
    })
  }
}
