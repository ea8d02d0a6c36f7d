import { randomUUID } from 'node:crypto'
import type { Message, MessageOf } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import { helloOf, LoadClient, ticketFor } from './load-client.ts'

/** Below the rates for signals (50 a second) and texts (3 a second). */
const signalEveryMs = 40
const signalsPerText = 10
const dropEveryMs = 700
/** With more than this under way nothing is said: a server that stalls would get it all at once. */
const maxUnderWay = 40

/** How a pair lives. */
interface NeighbourOptions {
  /** Its network breaks again and again. */
  readonly isDropping: boolean
  /** As `LoadClient.open` has it. */
  readonly localAddress?: string
}

/** One of a pair: numbers what it says, and keeps what it hears. */
class Neighbour {
  readonly #url: string
  readonly #name: string
  readonly #localAddress: string | undefined
  readonly #onFault: (text: string) => void
  readonly heard: string[] = []
  readonly said: string[] = []
  readonly heardAtMs: number[] = []
  readonly saidAtMs: number[] = []
  #client: LoadClient | undefined
  #token = ''
  /** Sent, and not known to have arrived. */
  #frames: Uint8Array[] = []
  /** Frames of the session the server is known to have. */
  #handled = 0
  #received = 0
  #isResumed = false
  #lostAtMs = 0
  #onWelcome: () => void = () => undefined
  #onMatched: () => void = () => undefined
  readonly matched = new Promise<void>((resolve) => (this.#onMatched = resolve))
  resumes = 0
  /** From now on an end is meant: of the connection, or by the partner. */
  isParting = false

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

  /** Connects; a session it has, it goes on with. */
  async connect(lobby: string): Promise<void> {
    const client = await LoadClient.open(
      this.#url,
      { onMessage: (message) => this.#handleMessage(message), onFault: this.#onFault },
      { localAddress: this.#localAddress },
    )
    const isFirst = this.#token === ''
    const welcomed = new Promise<void>((resolve) => (this.#onWelcome = resolve))
    this.#isResumed = false
    const resume = { token: this.#token, received: this.#received, sent: null, roomToken: null }
    client.send(helloOf(this.#name, isFirst ? null : resume))
    await Promise.race([welcomed, client.closed])
    this.#client = client
    void client.closed.then((code) => {
      if (this.#client !== client || this.isParting) return
      this.#onFault(`the server closed ${this.#name} with ${code}`)
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

  say(text: string): void {
    this.#note(text)
    this.#send(encode({ type: 'text', text }))
  }

  signal(sdp: string): void {
    this.#note(sdp)
    const description = { type: 'offer', sdp } as const
    this.#send(
      encode({ type: 'signal', description, candidates: [], sending: null, generation: null }),
    )
  }

  /** Its network breaks, and it comes back. */
  async drop(lobby: string): Promise<void> {
    const client = this.#client
    this.#client = undefined
    this.#lostAtMs = performance.now()
    client?.terminate()
    await client?.closed
    this.#received += client?.received ?? 0
    await this.connect(lobby)
  }

  async settled(): Promise<void> {
    await this.#client?.settled()
  }

  async leave(): Promise<void> {
    await this.#client?.leave()
  }

  #note(line: string): void {
    this.said.push(line)
    this.saidAtMs.push(performance.now())
  }

  #hear(line: string): void {
    this.heard.push(line)
    this.heardAtMs.push(performance.now())
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
        this.#hear(message.text)
        break
      case 'signal':
        this.#hear(message.description?.sdp ?? '')
        break
      case 'partner-left':
        if (this.isParting) break
        this.#onFault(`${this.#name} was left`)
        break
      case 'error':
        this.#onFault(`${this.#name} got ${JSON.stringify(message)}`)
        break
      default:
    }
  }

  #handleWelcome({ resumeToken, received }: MessageOf<'welcome'>): void {
    this.#token = resumeToken ?? ''
    if (received !== null) {
      this.#isResumed = true
      this.#frames = this.#frames.slice(received - this.#handled)
      this.#handled = received
    }
    this.#onWelcome()
  }
}

/**
 * Two people who mind their own business beside a load: all they say to each other has to arrive,
 * once, in order, and nothing else.
 */
export class Neighbours {
  readonly #lobby = randomUUID()
  readonly #one: Neighbour
  readonly #other: Neighbour
  readonly #onFault: (text: string) => void
  #timers: NodeJS.Timeout[] = []
  #turn = 0
  #dropping: Promise<void> = Promise.resolve()
  /** What one and the other had heard when {@link takeDelaysMs} was called last. */
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

  /** Two in a room, who begin to talk. */
  static async meet(
    url: string,
    { isDropping, localAddress }: NeighbourOptions,
    onFault: (text: string) => void,
  ): Promise<Neighbours> {
    const pair = new Neighbours(url, onFault, localAddress)
    await pair.#one.connect(pair.#lobby)
    await pair.#other.connect(pair.#lobby)
    await Promise.all([pair.#one.matched, pair.#other.matched])
    pair.#timers = [setInterval(() => pair.#talk(), signalEveryMs)]
    if (isDropping) {
      let times = 0
      const drop = (): void => {
        const who = times++ % 2 === 0 ? pair.#one : pair.#other
        pair.#dropping = pair.#dropping
          .then(() => who.drop(pair.#lobby))
          .catch((error: unknown) => onFault(`a neighbour could not come back: ${String(error)}`))
      }
      pair.#timers.push(setInterval(drop, dropEveryMs))
    }
    return pair
  }

  /** What was said and has to be heard, and how often one came back. */
  get figures(): { readonly said: number; readonly resumes: number } {
    const both = [this.#one, this.#other]
    return {
      said: both.reduce((sum, { said }) => sum + said.length, 0),
      resumes: both.reduce((sum, { resumes }) => sum + resumes, 0),
    }
  }

  /** Resolves with how long each message took that has arrived since the last call. */
  async takeDelaysMs(): Promise<readonly number[]> {
    await this.#delivered()
    const [one, other] = [this.#one, this.#other]
    const delaysMs = [
      ...other.heardAtMs.map((atMs, index) => atMs - one.saidAtMs[index]!).slice(this.#taken[1]),
      ...one.heardAtMs.map((atMs, index) => atMs - other.saidAtMs[index]!).slice(this.#taken[0]),
    ]
    this.#taken = [one.heard.length, other.heard.length]
    return delaysMs
  }

  /** Ends the talk and compares. Called once. */
  async part(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#dropping
    await this.#delivered()
    this.#compare(this.#one, this.#other)
    this.#compare(this.#other, this.#one)
    this.#one.isParting = true
    this.#other.isParting = true
    await this.#one.leave()
    await this.#other.leave()
  }

  /** Resolves once what was said so far has arrived: it is under way once it was handled. */
  async #delivered(): Promise<void> {
    for (let time = 1; time <= 2; time++) {
      await Promise.all([this.#one.settled(), this.#other.settled()])
    }
  }

  #talk(): void {
    const turn = this.#turn++
    for (const [neighbour, partner] of [
      [this.#one, this.#other],
      [this.#other, this.#one],
    ] as const) {
      if (neighbour.said.length - partner.heard.length > maxUnderWay) continue
      if (turn % signalsPerText === 0) neighbour.say(`text ${turn}`)
      else neighbour.signal(`signal ${turn}`)
    }
  }

  #compare({ said }: Neighbour, { heard }: Neighbour): void {
    const at = said.findIndex((line, index) => line !== heard[index])
    if (at >= 0) this.#onFault(`neighbours: said "${said[at]}", heard "${heard[at]}" (at ${at})`)
    else if (heard.length > said.length)
      this.#onFault(`neighbours: heard ${heard[said.length]} too`)
  }
}
