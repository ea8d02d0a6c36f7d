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
  /** As the latest ticket had it; undefined before the first. */
  wish: Wish | undefined
  /** The room it is in; `Rooms` sets it. */
  room: Room | undefined
  /** Whom it was in a room with last; `Rooms` sets it. */
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

  /** Sends a message of the server's own. */
  send(message: Message): void {
    this.#sendFrame(encode(message))
  }
}
