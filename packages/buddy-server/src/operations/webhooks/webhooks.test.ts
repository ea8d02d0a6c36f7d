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

/** A clock that the test advances. It also lets a test wait until a timer is set. */
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
    throw new Error('not implemented')
  }

  /** Resolves with the time until the next timer, as soon as there is one. */
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

/** A receiver that responds to a request when the test calls `answer`. */
class FakeReceiver {
  readonly requests: (PostRequest & { answer: (answer: PostResponse | Error) => void })[] = []

  readonly post: Post = (_, request) =>
    new Promise((resolve, reject) => {
      const answer = (given: PostResponse | Error): void =>
        given instanceof Error ? reject(given) : resolve(given)
      this.requests.push({ ...request, answer })
    })

  /** The number in the data of each request, in the order of arrival. */
  get numbers(): number[] {
    return this.requests.map(({ body }) => (JSON.parse(body) as { data: { no: number } }).data.no)
  }

  /** Responds to the request at `index`, and waits until the webhooks have handled the response. */
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
      (...line: unknown[]) => logged.push([level, ...line]),
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

describe('a request', () => {
  test('contains the event, its time, and its data at that time', async () => {
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

  test('is sent only for the configured events', () => {
    const webhooks = create({ events: ['ban', 'report'] })
    for (const event of ['match', 'leave', 'report', 'ban', 'capacity'] as const) {
      webhooks.send(event, {})
    }
    expect(receiver.requests.map(({ headers }) => headers['Buddy-Event'])).toEqual([
      'report',
      'ban',
    ])
  })

  test('has, if it is a retry, the same id and body, the next attempt number, and a new signature', async () => {
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

describe('a failed attempt', () => {
  test.for([408, 425, 429, 500, 502, 503, 504, 599])(
    'is repeated after status %d',
    async (status) => {
      create().send('ban', {})
      await receiver.answer(0, status)
      expect(outcomes).toEqual([])
      clock.advance(1000)
      await receiver.answer(1, 204)
      expect(outcomes).toEqual(['delivered'])
    },
  )

  test('is repeated if there was no response', async () => {
    create().send('ban', {})
    await receiver.answer(0, new TypeError('fetch failed'))
    clock.advance(1000)
    await receiver.answer(1, 200)
    expect(outcomes).toEqual(['delivered'])
  })

  test.for([301, 302, 304, 400, 401, 403, 404, 410, 413, 422])(
    'is not repeated after status %d',
    async (status) => {
      const webhooks = create()
      webhooks.send('ban', {})
      await receiver.answer(0, status)
      expect(clock.timers).toEqual([])
      expect(outcomes).toEqual(['failed'])
      expect(webhooks.stats).toEqual({ delivered: 0, failed: 1, dropped: 0, queued: 0 })
    },
  )

  test('is repeated up to six attempts in all, and the maximum delay doubles each time', async () => {
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

  test('is repeated after a random part of the maximum delay, which has an upper limit', async () => {
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

  test('is not repeated before the time of Retry-After, if that is not above the limit', async () => {
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

describe('with a receiver that hangs', () => {
  test('queues events beyond the allowed number of requests', () => {
    const webhooks = create({ concurrency: 3 })
    for (let no = 1; no <= 10; no++) webhooks.send('leave', { no })
    expect(receiver.numbers).toEqual([1, 2, 3])
    expect(webhooks.stats.queued).toBe(7)
  })

  test('delivers other events while one request hangs', async () => {
    const webhooks = create({ concurrency: 2 })
    for (let no = 1; no <= 4; no++) webhooks.send('leave', { no })
    await receiver.answer(1, 200)
    await receiver.answer(2, 200)
    await receiver.answer(3, 200)
    expect(receiver.numbers).toEqual([1, 2, 3, 4])
    expect(webhooks.stats).toEqual({ delivered: 3, failed: 0, dropped: 0, queued: 0 })
  })

  test('sends other events while one waits for its next attempt', async () => {
    const webhooks = create({ concurrency: 1 })
    webhooks.send('leave', { no: 1 })
    webhooks.send('leave', { no: 2 })
    await receiver.answer(0, 500)
    expect(receiver.numbers).toEqual([1, 2])
  })

  test('drops and counts the oldest queued events if there are too many', () => {
    const webhooks = create({ concurrency: 1, maxQueued: 3 })
    for (let no = 1; no <= 6; no++) webhooks.send('leave', { no })
    expect(webhooks.stats).toEqual({ delivered: 0, failed: 0, dropped: 2, queued: 3 })
    expect(outcomes).toEqual(['dropped', 'dropped'])
    return expect(rest(1)).resolves.toEqual([1, 4, 5, 6])
  })

  test('drops an event that waits for its next attempt, if it is the oldest, and cancels that attempt', async () => {
    const webhooks = create({ concurrency: 1, maxQueued: 2 })
    for (let no = 1; no <= 2; no++) webhooks.send('leave', { no })
    await receiver.answer(0, 500)
    for (let no = 3; no <= 4; no++) webhooks.send('leave', { no })
    expect(webhooks.stats).toMatchObject({ dropped: 1, queued: 2 })
    expect(clock.timers).toEqual([])
    expect(await rest(2)).toEqual([1, 2, 3, 4])
  })

  test('drops an event that would wait for its next attempt if the queue is full', async () => {
    const webhooks = create({ concurrency: 1, maxQueued: 1 })
    webhooks.send('leave', { no: 1 })
    webhooks.send('leave', { no: 2 })
    await receiver.answer(0, 500)
    webhooks.send('leave', { no: 3 })
    expect(webhooks.stats).toMatchObject({ dropped: 1, queued: 1 })
    expect(await rest(2)).toEqual([1, 2, 3])
  })

  /** Responds to all requests from index `from` on. Returns the numbers in the data of all requests. */
  async function rest(from: number): Promise<number[]> {
    for (let index = from - 1; index < receiver.requests.length; index++) {
      await receiver.answer(index, 200)
    }
    return receiver.numbers
  }
})

describe('during a flood of matches', () => {
  /** Sends as many `match` events as one lane holds, and a hundred more. */
  const flood = (webhooks: Webhooks): void => {
    for (let no = 1; no <= 1104; no++) webhooks.send(no % 2 ? 'match' : 'leave', { no: 0 })
  }

  test('sends reports, bans and capacity warnings at once', () => {
    const webhooks = create()
    flood(webhooks)
    for (const [index, event] of (['report', 'ban', 'capacity'] as const).entries()) {
      webhooks.send(event, { no: index + 1 })
    }
    expect(receiver.numbers).toEqual([0, 0, 0, 0, 1, 2, 3])
  })

  test('drops no report while the receiver hangs, and keeps the order of reports', async () => {
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

  test('neither delays nor drops bans during a flood of reports', () => {
    const webhooks = create({ maxQueued: 3 })
    for (let no = 1; no <= 2; no++) webhooks.send('ban', { no })
    for (let no = 1; no <= 20; no++) webhooks.send('report', { no: 0 })
    expect(receiver.numbers).toEqual([1, 2, 0, 0, 0, 0])
    expect(webhooks.stats).toEqual({ delivered: 0, failed: 0, dropped: 13, queued: 3 })
  })
})

test('counts an event as failed if JSON cannot hold its data, and does not throw', () => {
  const webhooks = create()
  webhooks.send('match', { people: 2n })
  expect(outcomes).toEqual(['failed'])
  expect(logged).toEqual([
    ['warn', { origin: 'https://hooks.example', reason: 'TypeError' }, 'webhooks fail'],
  ])
})

test('the constructor throws without a secret or a valid URL', () => {
  expect(() => create({ secret: '' })).toThrow(/need a secret/)
  expect(() => create({ url: 'hooks.example' })).toThrow(TypeError)
})

describe('the log of webhooks', () => {
  const fails = ['warn', { origin: 'https://hooks.example', reason: 'status 503' }, 'webhooks fail']
  const again = ['info', { origin: 'https://hooks.example' }, 'webhooks are delivered again']

  test('has one line when deliveries begin to fail, and one after a minute without a failure', async () => {
    const webhooks = create({ attempts: 1 })
    const sendAndAnswer = async (status: number): Promise<void> => {
      webhooks.send('report', { secretStory: 'text' })
      await receiver.answer(-1, status)
    }
    await sendAndAnswer(200)
    expect(logged).toEqual([])
    await sendAndAnswer(503)
    await sendAndAnswer(500)
    // A delivered event between failures causes no line.
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

  test('the log line of a failed webhook has the reason, and neither the content nor the full URL', async () => {
    create().send('report', { text: 'private' })
    const error = new TypeError(`fetch of https://hooks.example/a-token-in-the-path ${secret}`)
    await receiver.answer(0, Object.assign(error, { cause: { code: 'ECONNREFUSED' } }))
    expect(logged).toEqual([
      ['warn', { origin: 'https://hooks.example', reason: 'ECONNREFUSED' }, 'webhooks fail'],
    ])
    expect(JSON.stringify(logged)).not.toMatch(/private|token|secret|abc/)
  })

  test('has a line if events are dropped because the queue is full', () => {
    const webhooks = create({ concurrency: 1, maxQueued: 1 })
    for (let no = 1; no <= 4; no++) webhooks.send('leave', { no })
    expect(logged).toEqual([
      ['warn', { origin: 'https://hooks.example', reason: 'queue full' }, 'webhooks fail'],
    ])
  })
})

describe('drain()', () => {
  test('resolves at once if there is no event', async () => {
    await create().drain(5000)
    expect(clock.timers).toEqual([])
  })

  test('resolves when all events are delivered, including those sent meanwhile', async () => {
    const webhooks = create({ concurrency: 1 })
    for (let no = 1; no <= 2; no++) webhooks.send('leave', { no })
    let isDone = false
    const drained = webhooks.drain(5000).then(() => (isDone = true))
    expect(webhooks.drain(1)).toBeInstanceOf(Promise)
    webhooks.send('leave', { no: 3 })
    await receiver.answer(0, 200)
    await receiver.answer(1, 200)
    expect(isDone).toBe(false)
    await receiver.answer(2, 200)
    await drained
    expect(receiver.numbers).toEqual([1, 2, 3])
    expect(clock.timers).toEqual([])
    expect(webhooks.stats).toEqual({ delivered: 3, failed: 0, dropped: 0, queued: 0 })
  })

  test('attempts waiting events at once, and retries no event', async () => {
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

  test('resolves when the queues of all lanes are empty', async () => {
    const webhooks = create({ concurrency: 1 })
    for (let no = 1; no <= 2; no++) webhooks.send('match', { no })
    for (let no = 3; no <= 4; no++) webhooks.send('report', { no })
    webhooks.send('ban', { no: 5 })
    let isDone = false
    const drained = webhooks.drain(5000).then(() => (isDone = true))
    for (let index = 0; index < 4; index++) await receiver.answer(index, 200)
    expect(isDone).toBe(false)
    await receiver.answer(4, 200)
    await drained
    expect(webhooks.stats).toEqual({ delivered: 5, failed: 0, dropped: 0, queued: 0 })
    expect(clock.timers).toEqual([])
  })

  test('drops the remaining events after the timeout, and every later event', async () => {
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
    // An event whose request is in progress may still be delivered.
    await receiver.answer(0, 200)
    expect(receiver.numbers).toEqual([1])
    expect(webhooks.stats).toEqual({ delivered: 1, failed: 0, dropped: 3, queued: 0 })
  })
})

describe('webhooks over HTTP', () => {
  interface Received {
    readonly headers: IncomingHttpHeaders
    readonly body: Buffer
  }

  /**
   * Starts a receiver that responds with each status in turn, then always with the last one. For the status 0
   * it does not respond.
   */
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

  /** Creates webhooks that send real requests. `ended` resolves when `count` events have an outcome. */
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

  test('delivers a request that the receiver can verify', async () => {
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

  test('retries after 503, with the same id', async () => {
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

  test('retries after 429 at the time of Retry-After', async () => {
    const { url } = await listen([429, 200], { 'Retry-After': '17' })
    const { webhooks, ended } = createReal(url)
    webhooks.send('ban', {})
    expect(await clock.delayMs()).toBe(17_000)
    clock.advance(17_000)
    expect(await ended(1)).toEqual(['delivered'])
  })

  test.for([400, 302])('does not retry after %d', async (status) => {
    const { url, received } = await listen([status], { Location: 'http://127.0.0.1:9/' })
    const { webhooks, ended } = createReal(url)
    webhooks.send('ban', {})
    expect(await ended(1)).toEqual(['failed'])
    expect(clock.timers).toEqual([])
    expect(received.length).toBe(1)
  })

  test('retries after a timeout', async () => {
    const { url, received } = await listen([0, 200])
    // This is long enough for the second response to arrive on a busy machine.
    const { webhooks, ended } = createReal(url, { timeoutMs: 1000 })
    webhooks.send('capacity', {})
    clock.advance(await clock.delayMs())
    expect(await ended(1)).toEqual(['delivered'])
    expect(received.length).toBe(2)
  })

  test('delivers a hundred events, four at a time', async () => {
    const { url, received } = await listen([204])
    const { webhooks, ended } = createReal(url)
    for (let no = 0; no < 100; no++) webhooks.send('leave', { no })
    await webhooks.drain(60_000)
    expect(new Set(await ended(100))).toEqual(new Set(['delivered']))
    expect(new Set(received.map(({ headers }) => headers['buddy-delivery'])).size).toBe(100)
  })
})
