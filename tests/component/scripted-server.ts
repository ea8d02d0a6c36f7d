// A server inside the page. It lets a visitor wait, and sends only the messages of the test.
import type { Message, MessageOf, MessageType, ServerMessage } from '@buddy-chat/protocol'
import { decode, encode } from '@buddy-chat/protocol'

/** Replaces `WebSocket` until {@link ScriptedServer.remove} is called. */
export class ScriptedServer {
  /** The messages of the clients, the oldest first. */
  readonly received: Message[] = []
  readonly #original = window.WebSocket
  #socket: EventTarget | undefined

  constructor() {
    const open = (socket: EventTarget): void => {
      this.#socket = socket
      socket.dispatchEvent(new Event('open'))
    }
    const receive = (bytes: Uint8Array): void => this.#receive(bytes)
    const fake = class extends EventTarget {
      binaryType = 'arraybuffer'
      readyState = 0
      constructor() {
        super()
        queueMicrotask(() => {
          this.readyState = 1
          open(this)
        })
      }
      send(bytes: Uint8Array): void {
        receive(bytes)
      }
      close(): void {
        this.readyState = 3
      }
    }
    window.WebSocket = fake as unknown as typeof WebSocket
  }

  remove(): void {
    window.WebSocket = this.#original
  }

  send(message: ServerMessage): void {
    const data = Uint8Array.from(encode(message)).buffer
    this.#socket?.dispatchEvent(new MessageEvent('message', { data }))
  }

  /** Explains the wait. By default, the search requires chess and English. */
  explain(change: Partial<MessageOf<'searching'>> = {}): void {
    this.send({
      type: 'searching',
      online: 3,
      estimateMs: 12_000,
      interests: ['chess'],
      languages: ['en'],
      widensInMs: 600_000,
      obstacle: 'none',
      ...change,
    })
  }

  match(change: Partial<MessageOf<'matched'>> = {}): void {
    this.send({
      type: 'matched',
      room: 'r1',
      isPolite: true,
      partnerName: 'Bob',
      interests: [],
      isOffered: false,
      roomToken: null,
      languages: [],
      isRematch: false,
      ...change,
    })
  }

  /** Returns the messages of this type that the clients have sent. */
  sent<T extends MessageType>(type: T): Extract<Message, { type: T }>[] {
    return this.received.filter(
      (message): message is Extract<Message, { type: T }> => message.type === type,
    )
  }

  #receive(bytes: Uint8Array): void {
    const message = decode(Uint8Array.from(bytes))
    if (!message) return
    this.received.push(message)
    if (message.type === 'hello') {
      this.send({
        type: 'welcome',
        session: 's',
        name: message.name,
        heartbeatMs: 60_000,
        iceServers: [],
        resumeToken: null,
        received: null,
        allowsText: true,
        allowsVideo: true,
        isRestored: false,
        visitorToken: null,
      })
    }
    if (message.type === 'ticket') this.send({ type: 'waiting', online: 3 })
  }
}
