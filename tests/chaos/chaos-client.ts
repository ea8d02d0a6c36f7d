// A client of the protocol. It resumes its session as docs/protocol.md requires, and writes everything that it sends
// and receives to the history.
import type { Message, MessageOf } from '@buddy-chat/protocol'
import { decode, encode, mayReconnect, subprotocol, waitAfterCloseMs } from '@buddy-chat/protocol'
import { WebSocket } from 'ws'
import { trueToken } from '../attacker/lies.ts'
import type { Random } from '../load/random.ts'
import type { History } from './history.ts'

/** A person, as the site has signed them. */
export interface Person {
  readonly name: string
  readonly band: string
  /** The loopback address of this person alone, because the server limits the sessions of an address. */
  readonly address: string
}

/** The parts of a run that its clients share. */
export interface ClientContext {
  readonly history: History
  /** The URLs of the nodes. A client that has lost its node tries the next one. */
  readonly urls: readonly string[]
  readonly random: Random
  /** Returns a number that no other connection of the run has. */
  readonly nextConnection: () => number
  /** Called when a close code of the server forbids the client to connect again. */
  readonly onGaveUp: (client: ChaosClient) => void
}

/** A frame that the client keeps until the server has confirmed it. */
interface Kept {
  readonly frame: Uint8Array
  /** The text in it, for the history. */
  readonly text: { readonly room: string; readonly n: number } | undefined
  /** Whether it is a ticket or a next. */
  readonly isSearch: boolean
  isGiven: boolean
}

const handshakeTimeoutMs = 2000
const welcomeTimeoutMs = 10_000
/** The waits between attempts to connect: random, up to a maximum that doubles. */
const firstBackoffMs = 500
const maxBackoffMs = 15_000
const site = 'club'
const closeCodeOfTaken = 4508
const closeCodeOfGoingAway = 4000

const textOf = (room: string, from: string, n: number): string => `${room} ${from} ${n}`

/** One tab of a person, with one session at a time. */
export class ChaosClient {
  readonly name: string
  readonly person: Person
  readonly #context: ClientContext
  #node: number
  #socket: WebSocket | undefined
  #k = 0
  #isConnected = false
  #isClosed = false
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #silence: NodeJS.Timeout | undefined
  #heartbeatMs = 0
  #latestError = ''
  #retryAfterMs: number | undefined
  #session = ''
  #resumeToken: string | undefined
  #received = 0
  #kept: Kept[] = []
  /** The number of frames that the server has confirmed, and that are no longer kept. */
  #confirmed = 0
  #room: string | undefined
  #roomToken: string | null = null
  #textCount = 0
  #ticket: MessageOf<'ticket'> | undefined
  #isSearching = false

  constructor(name: string, person: Person, node: number, context: ClientContext) {
    this.name = name
    this.person = person
    this.#node = node
    this.#context = context
    this.#record({ do: 'open', c: name, person: person.name, site, band: person.band })
    this.#connect()
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** The present room; undefined outside. */
  get room(): string | undefined {
    return this.#room
  }

  get isSearching(): boolean {
    return this.#isSearching
  }

  /** Sends a ticket, which ends the room. */
  ticket(lobby: string, interests: readonly string[], languages: readonly string[]): void {
    const ticket = { mode: 'text' as const, lobby, interests, languages, offer: null }
    this.#ticket = { type: 'ticket', ...ticket }
    this.#record({ do: 'ticket', c: this.name, lobby })
    this.#leaveRoom()
    this.#isSearching = true
    this.#send(this.#ticket)
  }

  next(): void {
    this.#record({ do: 'next', c: this.name })
    this.#leaveRoom()
    this.#isSearching = true
    this.#send({ type: 'next', offer: null })
  }

  leave(): void {
    this.#record({ do: 'leave', c: this.name })
    this.#leaveRoom()
    this.#roomToken = null
    this.#isSearching = false
    this.#send({ type: 'leave' })
  }

  /** Sends the next text of the room. Without a connection it is kept for the next one. */
  text(): void {
    const room = this.#room
    if (room === undefined) return
    const n = ++this.#textCount
    this.#record({ do: 'text', c: this.name, room, n })
    this.#send({ type: 'text', text: textOf(room, this.name, n) }, { room, n })
  }

  /** Blocks the present partner, which ends the room. */
  block(): void {
    const room = this.#room
    if (room === undefined) return
    this.#record({ do: 'block', c: this.name, room })
    this.#leaveRoom()
    this.#isSearching = false
    this.#send({ type: 'block', room })
  }

  /** Reports the present partner. The room continues. */
  report(): void {
    const room = this.#room
    if (room === undefined) return
    this.#record({ do: 'report', c: this.name, room })
    this.#send({ type: 'report', reason: 'spam', room })
  }

  /** Loses the connection, as by a broken network. */
  drop(): void {
    this.#socket?.terminate()
  }

  /** Opens a second connection for the session, while the first one still works. */
  takeOver(): void {
    if (!this.#isConnected) return
    this.#isConnected = false
    this.#node = this.#nextNode()
    this.#connect()
  }

  /** The user closes the tab, which ends the session. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isConnected = false
    this.#record({ do: 'close', c: this.name })
    clearTimeout(this.#timer)
    clearTimeout(this.#silence)
    const socket = this.#socket
    if (socket?.readyState === WebSocket.OPEN) {
      socket.close(1000)
      // A node that has stopped does not answer.
      setTimeout(() => socket.terminate(), handshakeTimeoutMs).unref()
    } else socket?.terminate()
  }

  #record(happening: Parameters<History['add']>[0]): void {
    this.#context.history.add(happening)
  }

  #nextNode(): number {
    return (this.#node + 1) % this.#context.urls.length
  }

  #connect(): void {
    if (this.#isClosed) return
    const node = this.#node
    const k = this.#context.nextConnection()
    this.#k = k
    this.#latestError = ''
    this.#retryAfterMs = undefined
    this.#record({ do: 'connect', c: this.name, k, node })
    const socket = new WebSocket(
      `${this.#context.urls[node]!.replace('http', 'ws')}/ws`,
      subprotocol,
      {
        perMessageDeflate: false,
        // A pong acknowledges frames, and the client ignores those that arrive on a connection that it has replaced.
        autoPong: false,
        handshakeTimeout: handshakeTimeoutMs,
        localAddress: this.person.address,
      },
    )
    this.#socket = socket
    socket.on('error', () => undefined)
    socket.on('open', () => void this.#sendHello(socket, k))
    socket.on('ping', (data) => {
      if (this.#k === k) socket.pong(data)
    })
    socket.on('message', (data: Buffer) => {
      if (this.#k === k && !this.#isClosed) this.#handleFrame(new Uint8Array(data))
    })
    socket.on('close', (code) => this.#handleClosed(k, code))
  }

  async #sendHello(socket: WebSocket, k: number): Promise<void> {
    const token = await trueToken(this.person.name, this.person.band)
    if (this.#k !== k || socket.readyState !== WebSocket.OPEN) return
    const sent = this.#confirmed + this.#kept.filter(({ isGiven }) => isGiven).length
    const resume =
      this.#resumeToken === undefined
        ? null
        : { token: this.#resumeToken, received: this.#received, sent, roomToken: this.#roomToken }
    const room = (resume?.roomToken && this.#room) ?? ''
    this.#record({ do: 'hello', c: this.name, k, session: this.#session, room })
    socket.send(encode({ type: 'hello', name: this.name, site, client: 'chaos', token, resume }))
    this.#expectFrameWithin(welcomeTimeoutMs)
  }

  /** Closes the connection if no frame arrives in time. */
  #expectFrameWithin(ms: number): void {
    clearTimeout(this.#silence)
    const socket = this.#socket
    this.#silence = setTimeout(() => socket?.terminate(), ms)
  }

  #handleFrame(frame: Uint8Array): void {
    const message = decode(frame)
    if (message?.type === 'welcome') {
      this.#handleWelcome(message)
      return
    }
    if (this.#isConnected) {
      this.#received++
      this.#expectFrameWithin(this.#heartbeatMs * 2)
    }
    if (message) this.#handleMessage(message)
  }

  #handleWelcome(welcome: MessageOf<'welcome'>): void {
    const { session, received, isRestored, resumeToken, heartbeatMs } = welcome
    const isResumed = received !== null
    const c = this.name
    this.#record({
      do: 'welcome',
      c,
      k: this.#k,
      session,
      isResumed,
      isRestored: isRestored ?? false,
    })
    this.#isConnected = true
    this.#failures = 0
    this.#heartbeatMs = heartbeatMs
    this.#expectFrameWithin(heartbeatMs * 2)
    this.#session = session
    this.#resumeToken = resumeToken ?? undefined
    if (!isResumed) {
      this.#received = 0
      this.#kept = []
      this.#confirmed = 0
      this.#leaveRoom()
      this.#roomToken = null
      this.#isSearching = false
      return
    }
    this.#kept.splice(0, received - this.#confirmed)
    this.#confirmed = received
    // A restored session has no ticket, and gets one below.
    if (isRestored) this.#kept = this.#kept.filter(({ isSearch }) => !isSearch)
    for (const kept of this.#kept) this.#write(kept)
    if (isRestored) this.#repeatTicket()
  }

  #repeatTicket(): void {
    if (!this.#isSearching || this.#isClosed || !this.#ticket) return
    const { lobby, interests, languages } = this.#ticket
    this.ticket(lobby, interests, languages)
  }

  #handleMessage(message: Message): void {
    const c = this.name
    switch (message.type) {
      case 'waiting':
        this.#record({ do: 'waiting', c })
        this.#roomToken = null
        // The latest match was made before the server received the ticket that waits now.
        if (this.#room !== undefined) this.#isSearching = true
        this.#leaveRoom()
        break
      case 'matched':
        this.#record({ do: 'matched', c, room: message.room, partner: message.partnerName })
        // The match was made before the server received the leave.
        if (!this.#isSearching && this.#room === undefined) break
        this.#room = message.room
        this.#roomToken = message.roomToken
        this.#textCount = 0
        this.#isSearching = false
        break
      case 'partner-left':
        // It belongs to a room that the client has left; see rule 5 of "a session step by step".
        if (this.#room === undefined) break
        this.#record({ do: 'parted', c, reason: message.reason })
        this.#leaveRoom()
        this.#roomToken = null
        break
      case 'partner-away':
      case 'partner-back':
        this.#record({ do: message.type === 'partner-away' ? 'away' : 'back', c })
        break
      case 'text': {
        const [room = '', from = '', n] = message.text.split(' ')
        this.#record({ do: 'heard', c, room, from, n: Number(n) })
        break
      }
      case 'going-away':
        this.#retryAfterMs = message.reconnectAfterMs
        break
      case 'error':
        this.#handleError(message)
        break
    }
  }

  #handleError({ code, retryAfterMs }: MessageOf<'error'>): void {
    this.#record({ do: 'error', c: this.name, code })
    this.#latestError = code
    this.#retryAfterMs = retryAfterMs ?? undefined
    if (this.#isConnected && this.#isSearching && retryAfterMs !== null) {
      setTimeout(() => this.#repeatTicket(), retryAfterMs).unref()
    }
  }

  #handleClosed(k: number, code: number): void {
    this.#record({
      do: 'lost',
      c: this.name,
      k,
      code,
      error: this.#k === k ? this.#latestError : '',
    })
    // Another connection of this client has the session now.
    if (this.#k !== k || this.#isClosed) return
    clearTimeout(this.#silence)
    this.#isConnected = false
    if (code >= closeCodeOfGoingAway && !mayReconnect(code)) {
      this.#isClosed = true
      this.#context.onGaveUp(this)
      return
    }
    this.#node = this.#nextNode()
    this.#timer = setTimeout(() => this.#connect(), this.#waitMs(code))
  }

  #waitMs(code: number): number {
    const { random } = this.#context
    const share = random.below(1000) / 1000
    const asked =
      this.#retryAfterMs ??
      (code === closeCodeOfGoingAway ? waitAfterCloseMs['going-away'] : undefined)
    if (asked !== undefined && code >= closeCodeOfGoingAway && code !== closeCodeOfTaken) {
      return asked * (1 + share / 4)
    }
    return share * Math.min(maxBackoffMs, firstBackoffMs * 2 ** this.#failures++)
  }

  #leaveRoom(): void {
    this.#room = undefined
  }

  #send(message: Message, text?: Kept['text']): void {
    const isSearch = message.type === 'ticket' || message.type === 'next'
    const kept = { frame: encode(message), text, isSearch, isGiven: false }
    this.#kept.push(kept)
    if (this.#isConnected) this.#write(kept)
  }

  #write(kept: Kept): void {
    kept.isGiven = true
    const { text } = kept
    if (text) this.#record({ do: 'write', c: this.name, k: this.#k, ...text })
    this.#socket?.send(kept.frame)
  }
}
