// Clients of released versions work with the server of today: the frames that they have sent are sent again,
// and the server answers as it did then.
import { isDeepStrictEqual } from 'node:util'
import type { WireValue } from '@buddy-chat/protocol'
import { messages, msgpack, peekNumber } from '@buddy-chat/protocol'
import type { BuddyServerOptions } from '@buddy-chat/server'
import { describe, expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { differenceOf } from './difference.ts'
import { PlayedClient } from './played-client.ts'
import type { Line, Recording } from './recording.ts'
import { firstDetail, formatLine, frameOf, readRecordings } from './recording.ts'

/** Frames that the server sends at any time. A recorded client accepts them wherever they come. */
const unprompted: ReadonlySet<number> = new Set([
  messages.stats.number,
  messages['ice-servers'].number,
])

/** Plays the client's side of a recording. */
class Play {
  readonly #clients = new Map<string, PlayedClient>()
  /** Numbers of the messages that the recorded version knows. It ignores all others. */
  readonly #known: ReadonlySet<number>
  /** What has taken the place of recorded ids and tokens. */
  readonly #present = new Map<string, string>()

  constructor({ lines }: Recording) {
    this.#known = new Set(firstDetail(lines, 'knows').split(' ').map(Number))
  }

  async act(line: Line, url: string): Promise<void> {
    const { who, verb, detail } = line
    const client = this.#clients.get(who)
    switch (verb) {
      case 'opens': {
        const received = client?.received ?? 0
        this.#clients.set(who, await PlayedClient.open(url, received))
        return
      }
      case 'sends':
        client?.send(this.#sent(line, client))
        return
      case 'gets':
        await this.#receive(line, client!)
        return
      case 'closes':
        await client?.close(Number(detail))
        return
      case 'loses':
        client?.lose()
        return
      case 'is-closed':
        expect(await client?.closed(), formatLine(line)).toBe(Number(detail))
        return
      default:
    }
  }

  clear(): void {
    for (const client of this.#clients.values()) client.lose()
  }

  /** Returns a recorded frame, in which present ids, tokens and counts take the place of recorded ones. */
  #sent(line: Line, client: PlayedClient): Uint8Array {
    const frame = frameOf(line)
    const recorded = msgpack.unpack(frame)
    const replace = (value: unknown): unknown =>
      Array.isArray(value) ? value.map(replace) : (this.#present.get(value as string) ?? value)
    const values = recorded.map(replace)
    const resume = values[5]
    if (peekNumber(frame) === messages.hello.number && Array.isArray(resume)) {
      const [token, , ...rest] = resume as unknown[]
      values[5] = [token, client.received, ...rest]
    }
    return isDeepStrictEqual(values, recorded) ? frame : msgpack.pack(values as WireValue[])
  }

  async #receive(line: Line, client: PlayedClient): Promise<void> {
    const recorded = frameOf(line)
    const number = peekNumber(recorded)!
    const isIgnored = (other: number): boolean =>
      !this.#known.has(other) || (unprompted.has(other) && other !== number)
    const answer = await client.receive(isIgnored)
    if (!answer) throw new Error(`nothing came instead of: ${formatLine(line).slice(0, 60)}`)
    const difference = differenceOf(recorded, answer, (then, now) => this.#present.set(then, now))
    expect(difference, formatLine(line)).toBeUndefined()
  }
}

const isReport = (line: Line): boolean =>
  line.verb === 'sends' && peekNumber(frameOf(line)) === messages.report.number

describe.for(readRecordings())('the clients of $version in the conversation $name', (recording) => {
  test('are answered as they were by the server of their version', async ({ startServer }) => {
    const recorded = JSON.parse(firstDetail(recording.lines, 'has', 'server')) as BuddyServerOptions
    // The server of 0.1.0 did not compare interests and languages.
    const settings = { widenInterestsMs: 0, widenLanguagesMs: 0, ...recorded }
    const play = new Play(recording)
    let running = await startServer(settings)
    let stopped: Promise<void> | undefined
    const [, ...later] = recording.lines.filter(({ verb }) => verb === 'starts')
    for (const line of recording.lines) {
      if (line.verb === 'stops') stopped = running.server.close()
      else if (later.includes(line)) {
        await stopped
        running = await startServer(settings)
      } else await play.act(line, running.url)
      // The server of 0.1.0 matched two users again after a report. Later ones never do.
      if (isReport(line)) break
    }
    play.clear()
  })
})
