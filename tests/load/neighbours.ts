import { randomUUID } from 'node:crypto'
import type { Message, MessageOf } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import { helloOf, LoadClient, ticketFor } from './load-client.ts'

/** An interval that keeps below the rate limits for signals (50 a second) and texts (3 a second). */
const sendEveryMs = 40
const signalsPerText = 10
const loseEveryMs = 700
/**
 * A neighbour pauses while more of its messages than this are in flight. Otherwise a server that
 * stalls would receive all of them at once.
 */
const maxInFlight = 40

interface NeighboursOptions {
  /** Whether the two lose their connections in turn, again and again, and resume. */
  readonly losesConnections: boolean
  /** See `LoadClient.open`. */
  readonly localAddress?: string
}

/** One user of the pair. Records what it sends and what it receives. */
class Neighbour {
  readonly #url: string
  readonly #name: string
  readonly #localAddress: string | undefined
  readonly #onFault: (text: string) => void
  readonly received: string[] = []
  readonly sent: string[] = []
  readonly receivedAtMs: number[] = []
  readonly sentAtMs: number[] = []
  #client: LoadClient | undefined
  #token = ''
  /** Frames that were sent and that the server has not acknowledged. */
  #frames: Uint8Array[] = []
  /** Number of frames of the session that the server has acknowledged. */
  #acknowledged = 0
  /** Number of frames of the session that arrived by earlier connections. */
  #receivedFrames = 0
  #isResumed = false
  #lostAtMs = 0
  #onWelcome: () => void = () => undefined
  #onMatched: () => void = () => undefined
  readonly matched = new Promise<void>((resolve) => (this.#onMatched = resolve))
  resumes = 0
  /** Whether the pair is about to end. If so, a close or a partner that leaves is not a fault. */
  isLeaving = false

  constructor(
    url: string,
    name: string,
    onFault: (text: string) => void,
    localAddress: string | undefined,
  ) {
    this.#url = url
    this.#name = name
    this.#localAddress = localAddress
    this.#onFault = onFault
  }

  /** Connects and enters `lobby`; resumes the session if there is one. */
  async connect(lobby: string): Promise<void> {
    const client = await LoadClient.open(
      this.#url,
      { onMessage: (message) => this.#handleMessage(message), onFault: this.#onFault },
      { localAddress: this.#localAddress },
    )
    const isFirst = this.#token === ''
    const welcomed = new Promise<void>((resolve) => (this.#onWelcome = resolve))
    this.#isResumed = false
    const resume = {
      token: this.#token,
      received: this.#receivedFrames,
      sent: null,
      roomToken: null,
    }
    client.send(helloOf(this.#name, isFirst ? null : resume))
    await Promise.race([welcomed, client.closed])
    this.#client = client
    void client.closed.then((code) => {
      if (this.#client !== client || this.isLeaving) return
      this.#onFault(`the server closed the connection of ${this.#name} with ${code}`)
    })
    if (isFirst) this.#send(encode(ticketFor(lobby)))
    else if (this.#isResumed) {
      this.resumes++
      client.sendFrames(this.#frames)
    } else {
      const awayMs = Math.round(performance.now() - this.#lostAtMs)
      this.#onFault(`${this.#name} could not resume after ${awayMs} ms`)
    }
  }

  sendText(text: string): void {
    this.#recordSent(text)
    this.#send(encode({ type: 'text', text }))
  }

  sendSignal(sdp: string): void {
    this.#recordSent(sdp)
    const description = { type: 'offer', sdp } as const
    this.#send(
      encode({ type: 'signal', description, candidates: [], sending: null, generation: null }),
    )
  }

  /** Loses the connection, and resumes by a new one. */
  async loseConnection(lobby: string): Promise<void> {
    const client = this.#client
    this.#client = undefined
    this.#lostAtMs = performance.now()
    client?.terminate()
    await client?.closed
    this.#receivedFrames += client?.received ?? 0
    await this.connect(lobby)
  }

  async settled(): Promise<void> {
    await this.#client?.settled()
  }

  async leave(): Promise<void> {
    await this.#client?.leave()
  }

  #recordSent(content: string): void {
    this.sent.push(content)
    this.sentAtMs.push(performance.now())
  }

  #recordReceived(content: string): void {
    this.received.push(content)
    this.receivedAtMs.push(performance.now())
  }

  #send(frame: Uint8Array): void {
    this.#frames.push(frame)
    if (this.#client?.isOpen) this.#client.sendFrames([frame])
  }

  #handleMessage(message: Message): void {
    switch (message.type) {
      case 'welcome':
        this.#handleWelcome(message)
        break
      case 'matched':
        this.#onMatched()
        break
      case 'text':
        this.#recordReceived(message.text)
        break
      case 'signal':
        this.#recordReceived(message.description?.sdp ?? '')
        break
      case 'partner-left':
        if (this.isLeaving) break
        this.#onFault(`${this.#name} received partner-left`)
        break
      case 'error':
        this.#onFault(`${this.#name} received ${JSON.stringify(message)}`)
        break
      default:
    }
  }

  #handleWelcome({ resumeToken, received }: MessageOf<'welcome'>): void {
    this.#token = resumeToken ?? ''
    if (received !== null) {
      this.#isResumed = true
      this.#frames = this.#frames.slice(received - this.#acknowledged)
      this.#acknowledged = received
    }
    this.#onWelcome()
  }
}

/**
 * Two users who chat with each other while others load the server. Every message between them must
 * arrive once and in order, and nothing else may arrive.
 */
export class Neighbours {
  readonly #lobby = randomUUID()
  readonly #one: Neighbour
  readonly #other: Neighbour
  readonly #onFault: (text: string) => void
  #timers: NodeJS.Timeout[] = []
  #turn = 0
  #losing: Promise<void> = Promise.resolve()
  /**
   * The number of messages that each of the two had received at the last call of {@link takeDelaysMs}.
   */
  #taken: [number, number] = [0, 0]

  private constructor(
    url: string,
    onFault: (text: string) => void,
    localAddress: string | undefined,
  ) {
    this.#onFault = onFault
    this.#one = new Neighbour(url, 'neighbour one', onFault, localAddress)
    this.#other = new Neighbour(url, 'neighbour other', onFault, localAddress)
  }

  /** Resolves with a pair that was matched and has begun to exchange messages. */
  static async start(
    url: string,
    { losesConnections, localAddress }: NeighboursOptions,
    onFault: (text: string) => void,
  ): Promise<Neighbours> {
    const pair = new Neighbours(url, onFault, localAddress)
    await pair.#one.connect(pair.#lobby)
    await pair.#other.connect(pair.#lobby)
    await Promise.all([pair.#one.matched, pair.#other.matched])
    pair.#timers = [setInterval(() => pair.#sendMessages(), sendEveryMs)]
    if (losesConnections) {
      let times = 0
      const loseConnection = (): void => {
        const neighbour = times++ % 2 === 0 ? pair.#one : pair.#other
        pair.#losing = pair.#losing
          .then(() => neighbour.loseConnection(pair.#lobby))
          .catch((error: unknown) => onFault(`a neighbour could not reconnect: ${String(error)}`))
      }
      pair.#timers.push(setInterval(loseConnection, loseEveryMs))
    }
    return pair
  }

  /** Number of messages sent, and of resumes, by both. */
  get figures(): { readonly sent: number; readonly resumes: number } {
    const both = [this.#one, this.#other]
    return {
      sent: both.reduce((sum, { sent }) => sum + sent.length, 0),
      resumes: both.reduce((sum, { resumes }) => sum + resumes, 0),
    }
  }

  /** Resolves with the delay of each message that has arrived since this was last called. */
  async takeDelaysMs(): Promise<readonly number[]> {
    await this.#delivered()
    const [one, other] = [this.#one, this.#other]
    const delaysMs = [
      ...other.receivedAtMs.map((atMs, index) => atMs - one.sentAtMs[index]!).slice(this.#taken[1]),
      ...one.receivedAtMs.map((atMs, index) => atMs - other.sentAtMs[index]!).slice(this.#taken[0]),
    ]
    this.#taken = [one.received.length, other.received.length]
    return delaysMs
  }

  /**
   * Ends the exchange, and reports a fault for the first text that was lost, repeated or out of order.
   * Must be called once.
   */
  async finish(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#losing
    await this.#delivered()
    this.#compare(this.#one, this.#other)
    this.#compare(this.#other, this.#one)
    this.#one.isLeaving = true
    this.#other.isLeaving = true
    await this.#one.leave()
    await this.#other.leave()
  }

  /**
   * Resolves once everything sent so far has arrived. After the first round the server has relayed it,
   * after the second the partner has received it.
   */
  async #delivered(): Promise<void> {
    for (let time = 1; time <= 2; time++) {
      await Promise.all([this.#one.settled(), this.#other.settled()])
    }
  }

  #sendMessages(): void {
    const turn = this.#turn++
    for (const [neighbour, partner] of [
      [this.#one, this.#other],
      [this.#other, this.#one],
    ] as const) {
      if (neighbour.sent.length - partner.received.length > maxInFlight) continue
      if (turn % signalsPerText === 0) neighbour.sendText(`text ${turn}`)
      else neighbour.sendSignal(`signal ${turn}`)
    }
  }

  #compare({ sent }: Neighbour, { received }: Neighbour): void {
    const at = sent.findIndex((content, index) => content !== received[index])
    if (at >= 0) {
      this.#onFault(`neighbours: sent "${sent[at]}", received "${received[at]}" (at ${at})`)
    } else if (received.length > sent.length) {
      this.#onFault(`neighbours: "${received[sent.length]}" arrived and was not sent`)
    }
  }
}
