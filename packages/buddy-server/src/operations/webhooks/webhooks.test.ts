import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../clock.ts'
import type { Log } from '../log/create-log.ts'
import type { Post, PostRequest, PostResponse } from './post-by-fetch.ts'
import type { WebhookOutcome } from './lane.ts'
import type { WebhooksOptions } from './webhooks.ts'
import { Webhooks } from './webhooks.ts'
import { verifySignature } from './signature.ts'

const secret = 'a secret of at least thirty-two characters'
const startMs = Date.parse('2026-11-24T12:00:00.500Z')

/** A clock that is moved by hand; a test can wait until somebody has set a timer. */
class ManualClock implements Clock {
  #now = 0
  readonly timers: { atMs: number; callback: () => void }[] = []
  readonly #waiters: (() => void)[] = []

  now(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#now + delayMs, callback }
    this.timers.push(timer)
    for (const wake of this.#waiters.splice(0)) wake()
    return () => {
      const index = this.timers.indexOf(timer)
      if (index >= 0) this.timers.splice(index, 1)
    }
  }

  every(): () => void {
    throw new Error('not used here')
  }

  /** How far away the next timer is, as soon as there is one. */
  async delayMs(): Promise<number> {
    while (this.timers.length === 0) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
    return Math.min(...this.timers.map(({ atMs }) => atMs)) - this.#now
  }

  advance(byMs: number): void {
    this.#now += byMs
    const due = this.timers.filter(({ atMs }) => atMs <= this.#now)
    for (const timer of due) {
      this.timers.splice(this.timers.indexOf(timer), 1)
      timer.callback()
    }
  }
}

/** A receiver under the test's control: a request is answered when the test says so. */
class FakeReceiver {
  readonly requests: (PostRequest & { answer: (answer: PostResponse | Error) => void })[] = []

  readonly post: Post = (_, request) =>
    new Promise((resolve, reject) => {
      const answer = (given: PostResponse | Error): void =>
        given instanceof Error ? reject(given) : resolve(given)
      this.requests.push({ ...request, answer })
    })

  /** What the requests were about, in the order of their arrival. */
  get numbers(): number[] {
    return this.requests.map(({ body }) => (JSON.parse(body) as { data: { no: number } }).data.no)
  }

  /** Answers the request at `index`, and lets everything happen that follows at once. */
  async answer(index: number, given: PostResponse | Error | number): Promise<void> {
    this.requests.at(index)!.answer(typeof given === 'number' ? { status: given } : given)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

let clock: ManualClock
let receiver: FakeReceiver
let logged: unknown[][]
let outcomes: WebhookOutcome[]

beforeEach(() => {
  clock = new ManualClock()
  receiver = new FakeReceiver()
  logged = []
  outcomes = []
})

function create(options: Partial<WebhooksOptions> = {}): Webhooks {
  const log = Object.fromEntries(
    ['info', 'warn', 'error'].map((level) => [
      level,
      (...said: unknown[]) => logged.push([level, ...said]),
    ]),
  ) as unknown as Log
  return new Webhooks({
    url: 'https://hooks.example/a-token-in-the-path?key=abc',
    secret,
    version: '1.2.3',
    clock,
    log,
    post: receiver.post,
    random: () => 1,
    now: () => startMs + clock.now(),
    onOutcome: (outcome) => outcomes.push(outcome),
    ...options,
  })
}

describe('what is sent', () => {
  test('the event, when it was, and its data as they were', async () => {
    const webhooks = create()
    const data = { room: 'r1' }
    webhooks.send('match', data)
    data.room = 'another'
    const [request] = receiver.requests
    expect(JSON.parse(request!.body)).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      event: 'match',
      at: '2026-11-24T12:00:00.500Z',
      data: { room: 'r1' },
    })
    const { id } = JSON.parse(request!.body) as { id: string }
    expect(request!.headers).toEqual({
      'Content-Type': 'application/json',
      'User-Agent': 'buddy-server/1.2.3',
      'Buddy-Event': 'match',
      'Buddy-Delivery': id,
      'Buddy-Attempt': '1',
      'Buddy-Signature': expect.stringMatching(/^t=1795521600,v1=[\da-f]{64}$/),
    })
    expect(request!.timeoutMs).toBe(10_000)
  })

  test('only the events that are asked for', () => {
    const webhooks = create({ events: ['ban', 'report'] })
    for (const event of ['match', 'leave', 'report', 'ban', 'capacity'] as const) {
      webhooks.send(event, {})
    }
    expect(receiver.requests.map(({ headers }) => headers['Buddy-Event'])).toEqual([
      'report',
      'ban',
    ])
  })

  test('a retry: the same id, body and time of the event, the next number, signed anew', async () => {
    const webhooks = create()
    webhooks.send('report', { no: 1 })
    await receiver.answer(0, 503)
    clock.advance(1000)
    const [first, second] = receiver.requests
    expect(second!.body).toBe(first!.body)
    const { 'Buddy-Attempt': attempt, 'Buddy-Signature': signature, ...same } = second!.headers
    expect(first!.headers).toMatchObject(same)
    expect(attempt).toBe('2')
    expect(signature).not.toBe(first!.headers['Buddy-Signature'])
    const { body } = second!
    expect(
      verifySignature({ secret, header: signature, body, nowMs: startMs + 1000, toleranceMs: 999 }),
    ).toBe(true)
  })
})

describe('what is tried again', () => {
  test.for([408, 425, 429, 500, 502, 503, 504, 599])('%d is', async (status) => {
    create().send('ban', {})
    await receiver.answer(0, status)
    expect(outcomes).toEqual([])
    clock.advance(1000)
    await receiver.answer(1, 204)
    expect(outcomes).toEqual(['delivered'])
  })

  test('no answer is', async () => {
    create().send('ban', {})
    await receiver.answer(0, new TypeError('fetch failed'))
    clock.advance(1000)
    await receiver.answer(1, 200)
    expect(outcomes).toEqual(['delivered'])
  })

  test.for([301, 302, 304, 400, 401, 403, 404, 410, 413, 422])('%d is not', async (status) => {
    const webhooks = create()
    webhooks.send('ban', {})
    await receiver.answer(0, status)
    expect(clock.timers).toEqual([])
    expect(outcomes).toEqual(['failed'])
    expect(webhooks.stats).toEqual({ delivered: 0, failed: 1, dropped: 0, queued: 0 })
  })

  test('six times at most, with up to twice the delay each time', async () => {
    create().send('ban', {})
    const delays: number[] = []
    for (let attempt = 1; attempt < 6; attempt++) {
      await receiver.answer(-1, 500)
      const delayMs = await clock.delayMs()
      delays.push(delayMs)
      clock.advance(delayMs)
    }
    await receiver.answer(-1, 500)
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000])
    expect(receiver.requests.length).toBe(6)
    expect(outcomes).toEqual(['failed'])
    expect(clock.timers).toEqual([])
  })

  test('after any part of that delay, by chance, and never after more than the limit', async () => {
    const chances = [0.25, 1, 0]
    create({ random: () => chances.shift()!, baseDelayMs: 40_000, maxDelayMs: 60_000 }).send(
      'ban',
      {},
    )
    for (const expectedMs of [10_000, 60_000, 0]) {
      await receiver.answer(-1, 500)
      expect(await clock.delayMs()).toBe(expectedMs)
      clock.advance(expectedMs)
    }
  })

  test('not before the receiver wants it, within the limit', async () => {
    create({ random: () => 0 }).send('ban', {})
    for (const [retryAfterMs, expectedMs] of [
      [5000, 5000],
      [3_600_000, 60_000],
    ] as const) {
      await receiver.answer(-1, { status: 429, retryAfterMs })
      expect(await clock.delayMs()).toBe(expectedMs)
      clock.advance(expectedMs)
    }
  })
})

describe('a receiver that hangs', () => {
  test('keeps nobody waiting, and no more requests than are allowed', () => {
    const webhooks = create({ concurrency: 3 })
    for (let no = 1; no <= 10; no++) webhooks.send('leave', { no })
    expect(receiver.numbers).toEqual([1, 2, 3])
    expect(webhooks.stats.queued).toBe(7)
  })

  test('with one request does not hold up the others', async () => {
    const webhooks = create({ concurrency: 2 })
    for (let no = 1; no <= 4; no++) webhooks.send('leave', { no })
    await receiver.answer(1, 200)
    await receiver.answer(2, 200)
    await receiver.answer(3, 200)
    expect(receiver.numbers).toEqual([1, 2, 3, 4])
    expect(webhooks.stats).toEqual({ delivered: 3, failed: 0, dropped: 0, queued: 0 })
  })

  test('an event that waits for its next attempt takes nobody’s place', async () => {
    const webhooks = create({ concurrency: 1 })
    webhooks.send('leave', { no: 1 })
    webhooks.send('leave', { no: 2 })
    await receiver.answer(0, 500)
    expect(receiver.numbers).toEqual([1, 2])
  })

  test('loses the oldest that wait, counted, as soon as there are too many', () => {
    const webhooks = create({ concurrency: 1, maxQueued: 3 })
    for (let no = 1; no <= 6; no++) webhooks.send('leave', { no })
    expect(webhooks.stats).toEqual({ delivered: 0, failed: 0, dropped: 2, queued: 3 })
    expect(outcomes).toEqual(['dropped', 'dropped'])
    return expect(rest(1)).resolves.toEqual([1, 4, 5, 6])
  })

  test('the oldest may be one that waits for its next attempt: it is not sent again', async () => {
    const webhooks = create({ concurrency: 1, maxQueued: 2 })
    for (let no = 1; no <= 2; no++) webhooks.send('leave', { no })
    await receiver.answer(0, 500)
    for (let no = 3; no <= 4; no++) webhooks.send('leave', { no })
    expect(webhooks.stats).toMatchObject({ dropped: 1, queued: 2 })
    expect(clock.timers).toEqual([])
    expect(await rest(2)).toEqual([1, 2, 3, 4])
  })

  test('what comes back to wait finds room or is the oldest', async () => {
    const webhooks = create({ concurrency: 1, maxQueued: 1 })
    webhooks.send('leave', { no: 1 })
    webhooks.send('leave', { no: 2 })
    await receiver.answer(0, 500)
    webhooks.send('leave', { no: 3 })
    expect(webhooks.stats).toMatchObject({ dropped: 1, queued: 1 })
    expect(await rest(2)).toEqual([1, 2, 3])
  })

  /** Answers whatever comes from here on, and says what came in all. */
  async function rest(from: number): Promise<number[]> {
    for (let index = from - 1; index < receiver.requests.length; index++) {
      await receiver.answer(index, 200)
    }
    return receiver.numbers
  }
})

describe('a flood of matches', () => {
  /** As many matches as one lane takes, and a hundred more. */
  const flood = (webhooks: Webhooks): void => {
    for (let no = 1; no <= 1104; no++) webhooks.send(no % 2 ? 'match' : 'leave', { no: 0 })
  }

  test('delays no report, ban or warning of capacity: they are sent at once', () => {
    const webhooks = create()
    flood(webhooks)
    for (const [index, event] of (['report', 'ban', 'capacity'] as const).entries()) {
      webhooks.send(event, { no: index + 1 })
    }
    expect(receiver.numbers).toEqual([0, 0, 0, 0, 1, 2, 3])
  })

  test('drops none of them, though the receiver hangs; reports keep their order', async () => {
    const dropped: string[] = []
    const webhooks = create({
      onOutcome: (outcome, event) => outcome === 'dropped' && dropped.push(event),
    })
    for (let no = 1; no <= 20; no++) webhooks.send('report', { no })
    flood(webhooks)
    expect(new Set(dropped)).toEqual(new Set(['match', 'leave']))
    expect(dropped).toHaveLength(100)
    const reports = (): typeof receiver.requests =>
      receiver.requests.filter(({ headers }) => headers['Buddy-Event'] === 'report')
    for (let index = 0; index < 20; index++) {
      reports()[index]!.answer({ status: 200 })
      await new Promise((resolve) => setImmediate(resolve))
    }
    const numbers = reports().map(
      ({ body }) => (JSON.parse(body) as { data: { no: number } }).data.no,
    )
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  test('and a flood of reports leave bans alone', () => {
    const webhooks = create({ maxQueued: 3 })
    for (let no = 1; no <= 2; no++) webhooks.send('ban', { no })
    for (let no = 1; no <= 20; no++) webhooks.send('report', { no: 0 })
    expect(receiver.numbers).toEqual([1, 2, 0, 0, 0, 0])
    expect(webhooks.stats).toEqual({ delivered: 0, failed: 0, dropped: 13, queued: 3 })
  })
})

test('what JSON cannot hold is a failed event, not an exception', () => {
  const webhooks = create()
  webhooks.send('match', { people: 2n })
  expect(outcomes).toEqual(['failed'])
  expect(logged).toEqual([
    ['warn', { origin: 'https://hooks.example', reason: 'TypeError' }, 'webhooks fail'],
  ])
})

test('without a secret, or a URL, there is nothing to send to', () => {
  expect(() => create({ secret: '' })).toThrow(/without a secret/)
  expect(() => create({ url: 'hooks.example' })).toThrow(TypeError)
})

describe('the log', () => {
  const fails = ['warn', { origin: 'https://hooks.example', reason: 'status 503' }, 'webhooks fail']
  const again = ['info', { origin: 'https://hooks.example' }, 'webhooks are delivered again']

  test('has one line when it begins to fail and one when a minute went by without', async () => {
    const webhooks = create({ attempts: 1 })
    const sendAndAnswer = async (status: number): Promise<void> => {
      webhooks.send('report', { secretStory: 'text' })
      await receiver.answer(-1, status)
    }
    await sendAndAnswer(200)
    expect(logged).toEqual([])
    await sendAndAnswer(503)
    await sendAndAnswer(500)
    // One is refused, the next is not: still one line.
    await sendAndAnswer(200)
    clock.advance(59_999)
    await sendAndAnswer(503)
    clock.advance(60_000)
    expect(logged).toEqual([fails])
    await sendAndAnswer(200)
    clock.advance(30_000)
    await sendAndAnswer(200)
    clock.advance(30_000)
    expect(logged).toEqual([fails, again])
    await sendAndAnswer(503)
    expect(logged).toEqual([fails, again, fails])
  })

  test('says why there was no answer, and never what was sent or where to exactly', async () => {
    create().send('report', { text: 'private' })
    const error = new TypeError(`fetch of https://hooks.example/a-token-in-the-path ${secret}`)
    await receiver.answer(0, Object.assign(error, { cause: { code: 'ECONNREFUSED' } }))
    expect(logged).toEqual([
      ['warn', { origin: 'https://hooks.example', reason: 'ECONNREFUSED' }, 'webhooks fail'],
    ])
    expect(JSON.stringify(logged)).not.toMatch(/private|token|secret|abc/)
  })

  test('says that events are dropped though nothing fails', () => {
    const webhooks = create({ concurrency: 1, maxQueued: 1 })
    for (let no = 1; no <= 4; no++) webhooks.send('leave', { no })
    expect(logged).toEqual([
      ['warn', { origin: 'https://hooks.example', reason: 'queue full' }, 'webhooks fail'],
    ])
  })
})

describe('drain', () => {
  test('is over at once when there is nothing', async () => {
    await create().drain(5000)
    expect(clock.timers).toEqual([])
  })

  test('is over when all is delivered, also what comes in the meantime', async () => {
    const webhooks = create({ concurrency: 1 })
    for (let no = 1; no <= 2; no++) webhooks.send('leave', { no })
    let isOver = false
    const drained = webhooks.drain(5000).then(() => (isOver = true))
    expect(webhooks.drain(1)).toBeInstanceOf(Promise)
    webhooks.send('leave', { no: 3 })
    await receiver.answer(0, 200)
    await receiver.answer(1, 200)
    expect(isOver).toBe(false)
    await receiver.answer(2, 200)
    await drained
    expect(receiver.numbers).toEqual([1, 2, 3])
    expect(clock.timers).toEqual([])
    expect(webhooks.stats).toEqual({ delivered: 3, failed: 0, dropped: 0, queued: 0 })
  })

  test('tries at once what waits for its next attempt, and nothing again', async () => {
    const webhooks = create()
    webhooks.send('leave', { no: 1 })
    webhooks.send('leave', { no: 2 })
    await receiver.answer(0, 503)
    const drained = webhooks.drain(5000)
    expect(receiver.numbers).toEqual([1, 2, 1])
    await receiver.answer(2, 503)
    await receiver.answer(1, 503)
    await drained
    expect(webhooks.stats).toEqual({ delivered: 0, failed: 2, dropped: 0, queued: 0 })
  })

  test('covers every queue: it is over when all of them are empty', async () => {
    const webhooks = create({ concurrency: 1 })
    for (let no = 1; no <= 2; no++) webhooks.send('match', { no })
    for (let no = 3; no <= 4; no++) webhooks.send('report', { no })
    webhooks.send('ban', { no: 5 })
    let isOver = false
    const drained = webhooks.drain(5000).then(() => (isOver = true))
    for (let index = 0; index < 4; index++) await receiver.answer(index, 200)
    expect(isOver).toBe(false)
    await receiver.answer(4, 200)
    await drained
    expect(webhooks.stats).toEqual({ delivered: 5, failed: 0, dropped: 0, queued: 0 })
    expect(clock.timers).toEqual([])
  })

  test('drops what is left when the time is over, and every later event', async () => {
    const webhooks = create({ concurrency: 1 })
    for (let no = 1; no <= 3; no++) webhooks.send('leave', { no })
    const drained = webhooks.drain(5000)
    clock.advance(5000)
    await drained
    expect(webhooks.stats).toEqual({ delivered: 0, failed: 0, dropped: 2, queued: 0 })
    expect(logged).toEqual([
      ['warn', { queued: 2, underWay: 1 }, 'webhooks were not delivered in time'],
    ])
    webhooks.send('leave', { no: 4 })
    expect(webhooks.stats.dropped).toBe(3)
    // What was under way may still arrive.
    await receiver.answer(0, 200)
    expect(receiver.numbers).toEqual([1])
    expect(webhooks.stats).toEqual({ delivered: 1, failed: 0, dropped: 3, queued: 0 })
  })
})

describe('over HTTP', () => {
  interface Received {
    readonly headers: IncomingHttpHeaders
    readonly body: Buffer
  }

  /** A receiver that answers with the given statuses in turn (the last one for good; 0: never). */
  async function listen(
    statuses: readonly number[],
    answerHeaders: Readonly<Record<string, string>> = {},
  ): Promise<{ url: string; received: Received[] }> {
    const left = [...statuses]
    const received: Received[] = []
    const server = createServer(async (request, response) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of request) chunks.push(chunk as Uint8Array)
      received.push({ headers: request.headers, body: Buffer.concat(chunks) })
      const status = left.length > 1 ? left.shift()! : left[0]!
      if (status > 0) response.writeHead(status, answerHeaders).end('noted')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received }
  }

  /** Webhooks that really post, and a way to wait until so many have their outcome. */
  function createReal(
    url: string,
    options: Partial<WebhooksOptions> = {},
  ): { webhooks: Webhooks; ended: (count: number) => Promise<readonly WebhookOutcome[]> } {
    let onOutcome: () => void = () => undefined
    const { post: _, ...rest } = {
      url,
      secret,
      version: '1.2.3',
      clock,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined } as Log,
      post: undefined,
      onOutcome: (outcome: WebhookOutcome) => {
        outcomes.push(outcome)
        onOutcome()
      },
      ...options,
    }
    return {
      webhooks: new Webhooks(rest),
      ended: async (count) => {
        while (outcomes.length < count) await new Promise<void>((resolve) => (onOutcome = resolve))
        return outcomes
      },
    }
  }

  test('arrives, and the receiver can verify it', async () => {
    const { url, received } = await listen([200])
    const { webhooks, ended } = createReal(url)
    webhooks.send('match', { site: 'shop', people: ['Zoë', '李'] })
    expect(await ended(1)).toEqual(['delivered'])
    const [{ headers, body }] = received as [Received]
    const header = headers['buddy-signature'] as string
    expect(verifySignature({ secret, header, body, nowMs: Date.now() })).toBe(true)
    expect(verifySignature({ secret: 'guess', header, body, nowMs: Date.now() })).toBe(false)
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'buddy-server/1.2.3',
      'buddy-event': 'match',
      'buddy-attempt': '1',
    })
    expect(JSON.parse(body.toString())).toMatchObject({
      id: headers['buddy-delivery'],
      event: 'match',
      data: { site: 'shop', people: ['Zoë', '李'] },
    })
  })

  test('503 and then 200 is delivered, under the same id', async () => {
    const { url, received } = await listen([503, 200])
    const { webhooks, ended } = createReal(url)
    webhooks.send('report', {})
    clock.advance(await clock.delayMs())
    expect(await ended(1)).toEqual(['delivered'])
    const ids = received.map(({ headers }) => headers['buddy-delivery'])
    expect(ids.length).toBe(2)
    expect(new Set(ids).size).toBe(1)
    expect(received.map(({ headers }) => headers['buddy-attempt'])).toEqual(['1', '2'])
    expect(received[0]!.body).toEqual(received[1]!.body)
  })

  test('429 with Retry-After is tried again when the receiver said so', async () => {
    const { url } = await listen([429, 200], { 'Retry-After': '17' })
    const { webhooks, ended } = createReal(url)
    webhooks.send('ban', {})
    expect(await clock.delayMs()).toBe(17_000)
    clock.advance(17_000)
    expect(await ended(1)).toEqual(['delivered'])
  })

  test.for([400, 302])('%d is not tried again', async (status) => {
    const { url, received } = await listen([status], { Location: 'http://127.0.0.1:9/' })
    const { webhooks, ended } = createReal(url)
    webhooks.send('ban', {})
    expect(await ended(1)).toEqual(['failed'])
    expect(clock.timers).toEqual([])
    expect(received.length).toBe(1)
  })

  test('a receiver that hangs is given up in time and tried again', async () => {
    const { url, received } = await listen([0, 200])
    // Long enough for the second answer to come on a machine that has much else to do.
    const { webhooks, ended } = createReal(url, { timeoutMs: 1000 })
    webhooks.send('capacity', {})
    clock.advance(await clock.delayMs())
    expect(await ended(1)).toEqual(['delivered'])
    expect(received.length).toBe(2)
  })

  test('a hundred events at once arrive, four at a time', async () => {
    const { url, received } = await listen([204])
    const { webhooks, ended } = createReal(url)
    for (let no = 0; no < 100; no++) webhooks.send('leave', { no })
    await webhooks.drain(60_000)
    expect(new Set(await ended(100))).toEqual(new Set(['delivered']))
    expect(new Set(received.map(({ headers }) => headers['buddy-delivery'])).size).toBe(100)
  })
})
