import type { Message } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import type { Session } from './session.ts'

/** Everyone who has said hello, and room for so many. */
export class Sessions {
  readonly maxUsers: number
  readonly #sessions = new Set<Session>()

  constructor(maxUsers: number) {
    this.maxUsers = maxUsers
  }

  get size(): number {
    return this.#sessions.size
  }

  get isFull(): boolean {
    return this.#sessions.size >= this.maxUsers
  }

  /** Somebody has said hello; whether there was room is the caller's business. */
  add(session: Session): void {
    this.#sessions.add(session)
  }

  /** Their connection has ended. */
  remove(session: Session): void {
    this.#sessions.delete(session)
  }

  /** Sends one message to everybody; it is encoded once. */
  broadcast(message: Message): void {
    const frame = encode(message)
    for (const session of this.#sessions) session.sendFrame(frame)
  }
}
