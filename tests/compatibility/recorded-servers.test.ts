// The client of today works with the servers of released versions, and with partners that use their clients: it
// receives the frames that a client of that version has received, and does what that client has done.
import { BuddyClient } from '@buddy-chat/client'
import { peekNumber } from '@buddy-chat/protocol'
import { describe, expect, test } from 'vitest'
import { describeEvents } from './describe-events.ts'
import { createFakePage } from './fake-browser.ts'
import type { Line } from './recording.ts'
import { formatLine, frameOf, readRecordings } from './recording.ts'
import { VirtualClock } from './virtual-clock.ts'

/** The longest delay that a client is given to do something, in the time of its clock. */
const limitMs = 10_000

/** A WebSocket to a server that is no more than its recorded frames. */
class ReplayedSocket extends EventTarget {
  binaryType = 'blob'
  readyState = 0
  readonly #did: (verb: Line['verb'], detail: string) => void

  constructor(did: (verb: Line['verb'], detail: string) => void) {
    super()
    this.#did = did
  }

  send(frame: Uint8Array): void {
    this.#did('sends', Buffer.from(frame).toString('hex'))
  }

  close(code: number): void {
    if (this.readyState === 1) this.#did('closes', String(code))
    this.readyState = 3
  }

  open(): void {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  receive(frame: Uint8Array): void {
    const data = frame.slice().buffer
    this.dispatchEvent(new MessageEvent('message', { data }))
  }

  end(code: number): void {
    this.readyState = 3
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '' }))
  }
}

/** Lets everything happen that needs no time to pass. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

class Replay {
  readonly #time = new VirtualClock()
  readonly #page = createFakePage({
    clock: this.#time.clock,
    random: () => 0.5,
    createSocket: () => {
      this.#socket = new ReplayedSocket((verb, detail) => this.#note(verb, detail))
      return this.#socket as unknown as WebSocket
    },
  })
  /** What the client has done and no line has asked for yet. */
  readonly #done: Line[] = []
  #client: BuddyClient | undefined
  #socket: ReplayedSocket | undefined

  async act(line: Line): Promise<void> {
    const { verb, detail } = line
    switch (verb) {
      case 'has':
        this.#begin(detail)
        return
      case 'does':
        this.#call(detail)
        return
      case 'page':
        this.#page.handle(detail as 'freeze' | 'wake')
        return
      case 'opens':
        await this.#until(line, () => this.#socket?.readyState === 0)
        this.#socket?.open()
        return
      case 'gets':
        this.#socket?.receive(frameOf(line))
        return
      case 'is-closed':
        this.#socket?.end(Number(detail))
        return
      case 'loses':
        this.#socket?.end(1006)
        return
      default:
        await this.#until(line, () => this.#takeDone(line))
    }
  }

  /** What the client did besides: states, errors and closed connections that were not recorded. */
  async unexpected(): Promise<readonly string[]> {
    await settle()
    return this.#done
      .filter(
        ({ verb, detail }) => verb === 'is' || verb === 'closes' || detail.startsWith('error'),
      )
      .map(formatLine)
  }

  stop(): void {
    this.#client?.stop()
  }

  #begin(options: string): void {
    const server = 'https://server.example'
    this.#client = new BuddyClient({ ...JSON.parse(options), server }, this.#page.environment)
    describeEvents(this.#client, (verb, detail) => this.#note(verb, detail))
  }

  #call(detail: string): void {
    const [, method = '', args = ''] = /^(\S+) (.*)$/.exec(detail) ?? []
    const client = this.#client as unknown as Record<string, (...list: unknown[]) => unknown>
    void Promise.resolve(client[method]!(...(JSON.parse(args) as unknown[]))).catch(() => undefined)
  }

  #note(verb: Line['verb'], detail: string): void {
    this.#done.push({ who: '', verb, detail })
  }

  /** Waits until `isReached`, and lets time pass if the client waits for that. */
  async #until(line: Line, isReached: () => boolean): Promise<void> {
    for (;;) {
      await settle()
      if (isReached()) return
      if (!this.#time.fireNext(limitMs)) {
        const done = this.#done.map(formatLine).join('\n')
        throw new Error(`did not happen: ${formatLine(line)}\ninstead the client did:\n${done}`)
      }
    }
  }

  /** Takes what `line` asks for, if the client has done it. */
  #takeDone(line: Line): boolean {
    const index = this.#done.findIndex(
      ({ verb, detail }) => verb === line.verb && isSame(line, detail),
    )
    if (index >= 0) this.#done.splice(index, 1)
    return index >= 0
  }
}

const leftByNext = 'leave {"reason":"next","isSearching":true}'
const leftByReport = 'leave {"reason":"report","isSearching":true}'

/** A later client may send other fields, but it sends the same messages. Its events may have more fields. */
function isSame({ verb, detail }: Line, present: string): boolean {
  if (verb === 'sends') {
    const [then, now] = [detail, present].map((hex) => peekNumber(Buffer.from(hex, 'hex')))
    return then === now
  }
  if (verb !== 'emits') return detail === present
  // In 0.1.0 a user left by `next()` after a report. Since then a report ends the call itself.
  if (detail === leftByNext && present === leftByReport) return true
  const [then, now] = [detail, present].map((text) => /^(\S+) (.*)$/.exec(text))
  if (then?.[1] !== now?.[1]) return false
  const [recorded, emitted] = [then, now].map((match) => JSON.parse(match![2]!) as unknown)
  if (recorded === null || typeof recorded !== 'object') return recorded === emitted
  return Object.entries(recorded).every(
    ([key, value]) => JSON.stringify(value) === JSON.stringify((emitted as never)[key]),
  )
}

describe.for(readRecordings())(
  'with the server of $version in the conversation $name',
  ({ lines }) => {
    const names = [...new Set(lines.map(({ who }) => who))].filter((who) => who !== 'server')

    test.for(names)('the client of today does what %s did', async (name) => {
      const replay = new Replay()
      try {
        for (const line of lines) if (line.who === name) await replay.act(line)
        expect(await replay.unexpected()).toEqual([])
      } finally {
        replay.stop()
      }
    })
  },
)
