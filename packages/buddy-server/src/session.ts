import type { Message, MessageOf } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import type { Ticket } from './matchmaker.ts'
import type { Room } from './rooms.ts'

/** What a person wishes to be matched by, as given and cleaned. */
export type Wish = Omit<MessageOf<'ticket'>, 'type'>

/** One person's presence, from `hello` to the end of the connection. */
export class Session implements Ticket {
  readonly id: string
  readonly name: string
  readonly site: string
  readonly #sendFrame: (frame: Uint8Array) => void
  wish: Wish | undefined
  room: Room | undefined
  latestPartnerId: string | undefined

  constructor(
    identity: { id: string; name: string; site: string },
    sendFrame: Session['sendFrame'],
  ) {
    this.id = identity.id
    this.name = identity.name
    this.site = identity.site
    this.#sendFrame = sendFrame
  }

  /** Site, lobby and mode, told apart whatever characters they hold. */
  get pool(): string {
    return JSON.stringify([this.site, this.wish?.lobby, this.wish?.mode])
  }

  /** Sends bytes that are a message already. */
  sendFrame(frame: Uint8Array): void {
    this.#sendFrame(frame)
  }

  send(message: Message): void {
    this.#sendFrame(encode(message))
  }
}

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

  add(session: Session): void {
    this.#sessions.add(session)
  }

  remove(session: Session): void {
    this.#sessions.delete(session)
  }

  /** Sends one message to everybody; it is encoded once. */
  broadcast(message: Message): void {
    const frame = encode(message)
    for (const session of this.#sessions) session.sendFrame(frame)
  }
}
