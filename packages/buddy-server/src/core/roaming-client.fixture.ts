import type { Message, MessageOf } from '@buddy-chat/protocol'
import { decode, encode } from '@buddy-chat/protocol'
import type { ClientConnection } from '../connection/client-connection.ts'
import type { Connection } from '../transport/transport.ts'

/** A connection to a node. What the client sends waits in it, and what the node sends arrives at once. */
export interface Wire {
  readonly node: number
  readonly items: (() => void)[]
}

interface RoamingClientDependencies {
  /** Opens a connection to a node. */
  readonly open: (node: number) => Wire
  /** Accepts a connection at a node. */
  readonly accept: (node: number, connection: Connection) => ClientConnection
  /** Called with a description of each error that the client notices. */
  readonly onFault: (fault: string) => void
  /** Called when signals arrive in another order than they were sent. */
  readonly onDisorder: (fault: string) => void
}

const upgrade = { origin: undefined, host: '', protocols: [], forwardedFor: '', remoteAddress: '' }

/**
 * A client that resumes its session at any node, as the client of `@buddy-chat/client` does. It counts what it has
 * received, and keeps what it has sent.
 */
export class RoamingClient {
  readonly name: string
  /** The id of the client's room; undefined while the client is in no room. */
  room: string | undefined
  isPartnerPresent = false
  /** Whether it has been welcomed by the node to which it is connected. */
  isWelcomed = false
  /** The number of sessions that it has lost. */
  lost = 0
  /** The reasons why its rooms have ended. */
  readonly ends: string[] = []
  /** The numbers of the partner's signals in the present room. */
  heard: number[] = []
  /** The numbers of its own signals in the present room. */
  said = 0
  sessionId = ''
  readonly #dependencies: RoamingClientDependencies
  #wire: Wire | undefined
  #token: string | null = null
  #roomToken: string | null = null
  #received = 0
  /** What it has sent in this session, and how much of it was written to a connection. */
  #kept: Uint8Array[] = []
  #written = 0
  /** Whether it has left a room itself, and has not been matched since. */
  #hasLeft = false

  constructor(name: string, dependencies: RoamingClientDependencies) {
    this.name = name
    this.#dependencies = dependencies
  }

  /** The node to which it is connected. */
  get node(): number | undefined {
    return this.#wire?.node
  }

  /** Connects to a node, and leaves its former connection, which that node notices later. */
  connect(node: number): void {
    this.drop()
    const wire = this.#dependencies.open(node)
    this.#wire = wire
    const isCurrent = (): boolean => this.#wire === wire
    let server: ClientConnection
    const hello = encode({
      type: 'hello',
      name: this.name,
      site: '',
      client: '',
      token: null,
      resume: this.#resume,
      visitor: null,
      proof: null,
    })
    wire.items.push(() => {
      server = this.#dependencies.accept(node, {
        upgrade,
        send: (frame) => isCurrent() && this.#handle(decode(frame.slice())!),
        close: (code, reason) => {
          if (isCurrent()) {
            if (reason === 'session-taken') this.#fault('session-taken')
            this.#close()
          }
          server.onClose(code)
        },
        ping: () => undefined,
        terminate: () => {
          if (isCurrent()) this.#close()
          server.onClose(1006)
        },
      })
      server.onFrame(hello, true)
    })
    this.#onFrame = (bytes) => wire.items.push(() => server.onFrame(bytes, true))
    this.#onDrop = () => wire.items.push(() => server.onClose(1006))
  }

  /** Loses the connection, which its node notices later. */
  drop(): void {
    if (!this.#wire) return
    this.#close()
    this.#onDrop()
  }

  /** Sends a signal to the partner. */
  say(): void {
    if (this.room === undefined) return
    const sdp = `${this.name} ${this.room} ${this.said++}`
    this.#send({
      type: 'signal',
      description: { type: 'offer', sdp },
      candidates: [],
      sending: null,
      generation: null,
    })
  }

  enter(lobby: string): void {
    this.#endRoom()
    this.#hasLeft = true
    this.#send({
      type: 'ticket',
      mode: 'video',
      lobby,
      interests: [],
      languages: [],
      offer: null,
    })
  }

  #onFrame: (bytes: Uint8Array) => void = () => undefined
  #onDrop: () => void = () => undefined

  get #resume(): MessageOf<'hello'>['resume'] {
    if (this.#token === null) return null
    return {
      token: this.#token,
      received: this.#received,
      sent: this.#written,
      roomToken: this.#roomToken,
    }
  }

  #fault(fault: string): void {
    this.#dependencies.onFault(`${this.name}: ${fault}`)
  }

  #close(): void {
    this.#wire = undefined
    this.isWelcomed = false
  }

  #send(message: Message): void {
    this.#kept.push(encode(message))
    if (this.isWelcomed) this.#write()
  }

  #write(): void {
    while (this.#written < this.#kept.length) this.#onFrame(this.#kept[this.#written++]!)
  }

  #endRoom(): void {
    this.room = undefined
    this.#roomToken = null
    this.heard = []
    this.said = 0
    // What was not written was for the room.
    this.#kept.splice(this.#written)
  }

  #handle(message: Message): void {
    if (message.type === 'welcome') {
      this.#handleWelcome(message)
      return
    }
    if (!this.isWelcomed) return
    this.#received++
    switch (message.type) {
      case 'matched':
        if (this.room !== undefined) this.#fault('matched in a room')
        this.#endRoom()
        this.#hasLeft = false
        this.room = message.room
        this.#roomToken = message.roomToken
        this.isPartnerPresent = true
        break
      case 'partner-left':
        // The next node of a session also answers the claim of a room whose end its client has learned meanwhile.
        if (this.room !== undefined) this.ends.push(message.reason)
        this.#endRoom()
        break
      case 'partner-away':
      case 'partner-back':
        this.isPartnerPresent = message.type === 'partner-back'
        break
      case 'signal':
        this.#handleSignal(message.description?.sdp ?? '')
        break
      default:
        break
    }
  }

  #handleSignal(sdp: string): void {
    // Its node has relayed the signal before it knew that the client leaves the room.
    if (this.#hasLeft) return
    const [sender, room, number] = sdp.split(' ')
    if (room !== this.room) this.#fault(`a signal of another room: ${sdp}`)
    if (sender === this.name) this.#fault('its own signal')
    if (this.heard.includes(Number(number))) this.#fault(`signal ${number} twice`)
    if (Number(number) < (this.heard.at(-1) ?? -1)) {
      this.#dependencies.onDisorder(`${this.name}: signal ${number} after ${this.heard.join()}`)
    }
    this.heard.push(Number(number))
  }

  #handleWelcome({ session, received, resumeToken }: MessageOf<'welcome'>): void {
    if (received === null) {
      if (this.#token !== null) this.lost++
      this.#endRoom()
      this.#kept = []
      this.#received = 0
    } else if (received > this.#kept.length) this.#fault(`the server has ${received} frames`)
    this.sessionId = session
    this.#token = resumeToken
    this.isWelcomed = true
    this.#written = received ?? 0
    this.#write()
  }
}
