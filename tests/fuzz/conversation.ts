import type { Message, MessageOf } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import type { Resume } from '../load/load-client.ts'
import { helloOf, LoadClient, ticketFor } from '../load/load-client.ts'
import type { Random } from '../load/random.ts'
import { drawFrame, lobbies, readTag, tag } from './frames.ts'
import type { Journal } from './journal.ts'
import { mutate } from './mutate.ts'

/** What all conversations of a run share. */
export interface FuzzRun {
  readonly url: string
  readonly journal: Journal
  readonly onFault: (text: string) => void
  /** Adds `times` (default 1) to a named count, which is printed at the end. */
  readonly count: (what: string, times?: number) => void
}

/** A binary frame, or a text frame. */
type Frame = Uint8Array | string

/** What the client knows of its session. */
interface KnownSession {
  readonly id: string
  readonly name: string
  readonly token: string
  /** Number of frames received by earlier connections. */
  received: number
  /** Number of frames sent after the hello, by all connections. */
  sent: number
  /**
   * The name of the latest partner; undefined before the first match, or if the client may have missed
   * one.
   */
  partner: string | undefined
  isInRoom: boolean
  /** The number of the latest text from the present partner. */
  latestText: number
}

/** The conversation of one user with the server. Most frames are valid, some are mutated. */
export class Conversation {
  readonly #run: FuzzRun
  readonly #random: Random
  readonly #name: string
  /** The share of frames that are mutated, from 0 to 1. */
  readonly #mutatedShare: number
  /** Number of the present connection in the journal. */
  #connection = 0
  #client: LoadClient | undefined
  #session: KnownSession | undefined
  #welcome: MessageOf<'welcome'> | undefined
  #textCount = 0

  constructor(run: FuzzRun, random: Random, name: string) {
    this.#run = run
    this.#random = random
    this.#name = name
    this.#mutatedShare = random.pick([0.02, 0.1, 0.2, 0.4, 0.7])
  }

  /** Sends a random number of frames. Ends earlier if the server closes the connection. */
  async run(): Promise<void> {
    const { chance, below, pick } = this.#random
    await this.#open()
    if (!(await this.#begin())) {
      this.#end()
      return
    }
    this.#send([encode(ticketFor(pick(lobbies)))])
    for (let bursts = 2 + below(14); bursts > 0; bursts--) {
      if (chance(0.1)) await this.#reconnect()
      if (!this.#client?.isOpen) break
      // Most faults need a room, so a user without one mostly asks for the next partner.
      if (!this.#session?.isInRoom && chance(0.7))
        this.#send([encode({ type: 'next', offer: null })])
      this.#burst(chance(0.02) ? 300 : 1 + below(16))
      if (chance(this.#mutatedShare * 0.05)) await this.#sendGarbage()
      await this.#client.settled()
    }
    if (chance(0.5)) await this.#client?.leave()
    this.#end()
  }

  /** Sends hello, sometimes after other frames. Returns whether the client has a session. */
  async #begin(): Promise<boolean> {
    const hello = encode(helloOf(this.#name))
    if (this.#random.chance(this.#mutatedShare)) {
      this.#send([mutate(hello, this.#random), drawFrame(this.#random, () => 'too early')])
      await this.#client?.settled()
    }
    // The server may have accepted the mutated hello.
    if (!this.#session && this.#client?.isOpen) {
      this.#send([hello])
      await this.#client.settled()
    }
    return this.#session !== undefined && (this.#client?.isOpen ?? false)
  }

  #burst(length: number): void {
    const { chance } = this.#random
    this.#send(Array.from({ length }, () => this.#draw()))
    if (chance(0.05)) this.#sendFragments()
  }

  #draw(): Frame {
    const frame = drawFrame(this.#random, () => this.#nextText())
    if (!this.#random.chance(this.#mutatedShare)) return frame
    this.#run.count('mutated')
    return mutate(frame, this.#random)
  }

  #nextText(): string {
    return tag(this.#session?.name ?? '', ++this.#textCount)
  }

  /** Sends a frame in three fragments. The server counts it as one frame. */
  #sendFragments(): void {
    const { below } = this.#random
    const frame = drawFrame(this.#random, () => this.#nextText())
    const cuts = [below(frame.length), below(frame.length)].sort((one, other) => one - other)
    this.#recordSent('frame', frame)
    this.#client?.sendFragments([
      frame.slice(0, cuts[0]),
      frame.slice(cuts[0], cuts[1]),
      frame.slice(cuts[1]),
    ])
  }

  async #sendGarbage(): Promise<void> {
    const bytes = this.#random.bytes(1 + this.#random.below(40))
    this.#run.journal.add(this.#connection, { kind: 'garbage', bytes })
    this.#run.count('garbage')
    await this.#client?.sendGarbage(bytes)
  }

  /** Resumes by a new connection, after the first is lost or while it is still open. */
  async #reconnect(): Promise<void> {
    const { chance, pick } = this.#random
    const session = this.#session
    const previous = this.#client
    if (!session || !previous) return
    const isLost = chance(0.7)
    if (isLost) {
      if (chance(0.5)) this.#burst(3)
      previous.terminate()
      await previous.closed
    }
    const isHonest = chance(0.8)
    const received = session.received + previous.received
    const claimed = isHonest
      ? received
      : pick([0, received + 1, Math.max(0, received - 1), 0xffff_ffff])
    const isForged = chance(0.1)
    const token = isForged ? this.#forge(session.token) : session.token
    const { sent } = session
    // After a wrong count, the server might skip the message that names the partner.
    if (!isHonest) session.partner = undefined
    await this.#open()
    this.#send([
      encode(
        helloOf(this.#name, {
          token,
          received: claimed,
          sent: null,
          roomToken: null,
        } satisfies Resume),
      ),
    ])
    await this.#client?.settled()
    const welcome = this.#welcome
    if (welcome?.session !== session.id) {
      previous.terminate()
      this.#run.count('not resumed')
      return
    }
    this.#run.count('resumed')
    await previous.closed
    session.received = claimed
    if (isForged) this.#run.onFault(`the server accepted a forged token: ${token}`)
    if ((welcome.received ?? 0) > sent) {
      this.#run.onFault(`the server received ${welcome.received} frames, but ${sent} were sent`)
    }
    session.sent = welcome.received ?? 0
  }

  #forge(token: string): string {
    const { below, pick } = this.#random
    const at = below(token.length)
    return pick([
      token.slice(0, at),
      token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1),
      `x${token}`,
      `${token}A`,
      '.',
      '',
    ])
  }

  async #open(): Promise<void> {
    const { journal, url, onFault } = this.#run
    this.#welcome = undefined
    this.#connection = journal.open()
    this.#client = undefined
    const client: LoadClient = await LoadClient.open(url, {
      onFault,
      onMessage: (message) => this.#handleMessage(client, message),
    })
    this.#client = client
    void client.closed.then((code) => this.#run.count(`closed ${code}`))
  }

  #end(): void {
    this.#client?.terminate()
    this.#run.journal.add(this.#connection, { kind: 'end' })
  }

  #send(frames: readonly Frame[]): void {
    for (const frame of frames) {
      this.#recordSent(typeof frame === 'string' ? 'text' : 'frame', Buffer.from(frame))
    }
    this.#client?.sendFrames(frames)
  }

  #recordSent(kind: 'frame' | 'text', bytes: Uint8Array): void {
    this.#run.count('frames')
    this.#run.journal.add(this.#connection, { kind, bytes })
    if (this.#session) this.#session.sent++
  }

  #handleMessage(client: LoadClient, message: Message): void {
    if (client !== this.#client) return
    const session = this.#session
    switch (message.type) {
      case 'welcome':
        this.#handleWelcome(message)
        break
      case 'matched':
        this.#run.count('matched')
        if (!session) break
        Object.assign(session, { partner: message.partnerName, latestText: 0, isInRoom: true })
        break
      case 'partner-left':
        if (session) session.isInRoom = false
        break
      case 'text':
        if (session) this.#checkText(session, message.text)
        break
      case 'error':
        this.#run.count(`error ${message.code}`)
        if (message.code === 'internal') this.#run.onFault('the server sent the error "internal"')
        break
      default:
    }
  }

  #handleWelcome(welcome: MessageOf<'welcome'>): void {
    this.#welcome = welcome
    if (welcome.session === this.#session?.id) return
    this.#session = {
      id: welcome.session,
      name: welcome.name,
      token: welcome.resumeToken ?? '',
      received: 0,
      // A mutated hello is sent together with one more frame, which the server may count.
      sent: 1,
      partner: undefined,
      isInRoom: false,
      latestText: 0,
    }
  }

  #checkText(session: KnownSession, text: string): void {
    const { name, partner, latestText } = session
    const tagged = readTag(text)
    if (!tagged || partner === undefined) return
    this.#run.count('texts received')
    if (tagged.author !== partner) {
      this.#run.onFault(`${name}, whose partner is ${partner}, received a text of ${tagged.author}`)
    }
    if (tagged.number < latestText) {
      this.#run.onFault(`${name} received text ${tagged.number} of ${partner} after ${latestText}`)
    }
    session.latestText = tagged.number
  }
}
