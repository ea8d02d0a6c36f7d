import type * as protocol from '@buddy-chat/protocol'
import { WebSocket } from 'ws'
import { BenchError } from './measured-process.ts'

/** The protocol as a checkout has built it; types are those of this checkout. */
export type Wire = typeof protocol

/** Connections that are opened at a time. Even, so that each batch can be matched. */
const arrivalsAtOnce = 100

/** One user at one connection. */
export interface User {
  send(frame: Uint8Array): void
}

interface Arrivals {
  readonly count: number
  /** The lobby of the user with this index; two of a lobby meet. */
  readonly lobbyOf: (index: number) => string
  /** Called with each frame of a type that {@link Crowd.numberOf} knows. */
  readonly onFrame?: (user: User, number: number | undefined) => void
}

/** Users of one server. They speak the protocol of that server's checkout. */
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

  numberOf(type: protocol.MessageType): number {
    return this.wire.messages[type].number
  }

  /** `promise`, unless a connection of the crowd fails first. */
  unlessFailed<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failed])
  }

  /** Resolves once all of them are matched. */
  async arrive({ count, lobbyOf, onFrame = () => undefined }: Arrivals): Promise<void> {
    for (let from = 0; from < count; from += arrivalsAtOnce) {
      const batch = Array.from({ length: Math.min(arrivalsAtOnce, count - from) }, (_, index) =>
        this.#arrive(lobbyOf(from + index), onFrame),
      )
      await this.unlessFailed(Promise.all(batch))
    }
  }

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
