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
  /** Something worth counting, by its name. */
  readonly count: (what: string, times?: number) => void
}

type Sent = Uint8Array | string

/** A session as its client knows it. */
interface Known {
  readonly id: string
  readonly name: string
  readonly token: string
  /** By connections that are over. */
  received: number
  /** Frames after hello, by all connections. */
  sent: number
  /** The latest; undefined before the first, or where that may have been missed. */
  partner: string | undefined
  isInRoom: boolean
  /** The number of the latest line of this partner. */
  latestLine: number
}

/** One stranger's way through a session: mostly as it should be, and then not. */
export class Conversation {
  readonly #run: FuzzRun
  readonly #random: Random
  readonly #name: string
  /** The share of frames that are mutated. */
  readonly #wildness: number
  #connection = 0
  #client: LoadClient | undefined
  #session: Known | undefined
  #welcome: MessageOf<'welcome'> | undefined
  #lines = 0

  constructor(run: FuzzRun, random: Random, name: string) {
    this.#run = run
    this.#random = random
    this.#name = name
    this.#wildness = random.pick([0.02, 0.1, 0.2, 0.4, 0.7])
  }

  /** Sends frames, as many as it likes or until the server has had enough. */
  async run(): Promise<void> {
    const { chance, below, pick } = this.#random
    await this.#open()
    if (!(await this.#begin())) {
      this.#end()
      return
    }
    this.#send([encode(ticketFor(pick(lobbies)))])
    for (let bursts = 2 + below(14); bursts > 0; bursts--) {
      if (chance(0.1)) await this.#comeBack()
      if (!this.#client?.isOpen) break
      // Alone, there is little to break.
      if (!this.#session?.isInRoom && chance(0.7))
        this.#send([encode({ type: 'next', offer: null })])
      this.#burst(chance(0.02) ? 300 : 1 + below(16))
      if (chance(this.#wildness * 0.05)) await this.#sendGarbage()
      await this.#client.settled()
    }
    if (chance(0.5)) await this.#client?.leave()
    this.#end()
  }

  /** Hello, sometimes after something else; false where that was too much. */
  async #begin(): Promise<boolean> {
    const hello = encode(helloOf(this.#name))
    if (this.#random.chance(this.#wildness)) {
      this.#send([mutate(hello, this.#random), drawFrame(this.#random, () => 'too early')])
      await this.#client?.settled()
    }
    // A mutated hello may have been good enough.
    if (!this.#session && this.#client?.isOpen) {
      this.#send([hello])
      await this.#client.settled()
    }
    return this.#session !== undefined && (this.#client?.isOpen ?? false)
  }

  #burst(length: number): void {
    const { chance } = this.#random
    this.#send(Array.from({ length }, () => this.#draw()))
    if (chance(0.05)) this.#sendPieces()
  }

  #draw(): Sent {
    const frame = drawFrame(this.#random, () => this.#line())
    if (!this.#random.chance(this.#wildness)) return frame
    this.#run.count('mutated')
    return mutate(frame, this.#random)
  }

  #line(): string {
    return tag(this.#session?.name ?? '', ++this.#lines)
  }

  /** A frame in pieces is a frame. */
  #sendPieces(): void {
    const { below } = this.#random
    const frame = drawFrame(this.#random, () => this.#line())
    const cuts = [below(frame.length), below(frame.length)].sort((one, other) => one - other)
    this.#note('frame', frame)
    this.#client?.sendPieces([
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

  /** By another connection: after the first is lost, or over its head. */
  async #comeBack(): Promise<void> {
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
    // Who lies about what came may have missed who the partner is.
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
      this.#run.count('started anew')
      return
    }
    this.#run.count('resumed')
    await previous.closed
    session.received = claimed
    if (isForged) this.#run.onFault(`a forged token was good enough: ${token}`)
    if ((welcome.received ?? 0) > sent) {
      this.#run.onFault(`${welcome.received} frames handled of ${sent} that were sent`)
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

  #send(frames: readonly Sent[]): void {
    for (const frame of frames) {
      this.#note(typeof frame === 'string' ? 'text' : 'frame', Buffer.from(frame))
    }
    this.#client?.sendFrames(frames)
  }

  #note(kind: 'frame' | 'text', bytes: Uint8Array): void {
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
        Object.assign(session, { partner: message.partnerName, latestLine: 0, isInRoom: true })
        break
      case 'partner-left':
        if (session) session.isInRoom = false
        break
      case 'text':
        if (session) this.#checkLine(session, message.text)
        break
      case 'error':
        this.#run.count(`error ${message.code}`)
        if (message.code === 'internal') this.#run.onFault('the server says that it failed')
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
      // One may have come with a mutated hello.
      sent: 1,
      partner: undefined,
      isInRoom: false,
      latestLine: 0,
    }
  }

  #checkLine(session: Known, text: string): void {
    const { name, partner, latestLine } = session
    const line = readTag(text)
    if (!line || partner === undefined) return
    this.#run.count('heard')
    if (line.author !== partner) {
      this.#run.onFault(`${name} is with ${partner} and heard ${line.author}`)
    }
    if (line.number < latestLine) {
      this.#run.onFault(`${name} heard line ${line.number} of ${partner} after ${latestLine}`)
    }
    session.latestLine = line.number
  }
}
