// Tests when each hook of an embedding program is called, with which arguments, and what happens if it
// fails. A hook that fails must not disturb other users.
import type { BuddyServerHooks } from '@buddy-chat/server'
import { describe, expect, vi } from 'vitest'
import { test } from '../server-fixture.ts'
import { createRecordedLog } from './recorded-log.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

type Given<Name extends keyof BuddyServerHooks> = Parameters<NonNullable<BuddyServerHooks[Name]>>

/** Records the calls of a hook in order. */
class Calls<T> {
  readonly #calls: T[] = []
  readonly #waiting: ((call: T) => void)[] = []

  add(call: T): void {
    const next = this.#waiting.shift()
    if (next) next(call)
    else this.#calls.push(call)
  }

  /** Takes the oldest unread call, or waits for the next. */
  next(): Promise<T> {
    const [call] = this.#calls.splice(0, 1)
    return call === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(call)
  }

  get unread(): number {
    return this.#calls.length
  }
}

/** Joins, and resolves with the client, its session id and its name according to the server. */
async function join(url: string, name: string): Promise<[RawClient, string, string]> {
  const client = await RawClient.connect(url)
  client.sendHello({ name })
  const welcome = await client.receive('welcome')
  return [client, welcome.session, welcome.name]
}

/** Matches two clients, and resolves with the id of their room. */
async function match(one: RawClient, other: RawClient, lobby = ''): Promise<string> {
  one.enter({ lobby })
  await one.receive('waiting')
  other.enter({ lobby })
  const [{ room }] = await Promise.all([one.receive('matched'), other.receive('matched')])
  return room
}

async function expectRefused(client: RawClient): Promise<void> {
  expect(await client.receive('error')).toMatchObject({ code: 'refused', retryAfterMs: null })
  expect(await client.closed()).toEqual({ code: 4511, reason: 'refused' })
}

const ana = { site: '', name: 'Ana', subject: undefined }

describe('onUpgrade', () => {
  test('receives origin and address before the hello; the connection is refused with 4511 if it returns false', async ({
    startServer,
  }) => {
    const calls = new Calls<Given<'onUpgrade'>[0]>()
    const onUpgrade = (visitor: Given<'onUpgrade'>[0]): boolean => {
      calls.add(visitor)
      return visitor.origin !== 'https://unwanted.example'
    }
    const hooks = { onUpgrade }
    const { url, server } = await startServer({ trustedProxyHops: 1 }, { hooks })
    const unwanted = await RawClient.connect(url, {
      origin: 'https://unwanted.example',
      headers: { 'X-Forwarded-For': '203.0.113.7' },
    })
    await expectRefused(unwanted)
    expect(await calls.next()).toEqual({
      origin: 'https://unwanted.example',
      address: '203.0.113.7',
    })
    await RawClient.join(url, 'Ana')
    expect((await calls.next()).origin).toBeUndefined()
    expect(server.status().users).toBe(1)
  })

  test('does not count a refused connection towards the limit of the address', async ({
    startServer,
  }) => {
    const hooks: BuddyServerHooks = { onUpgrade: ({ origin }) => origin !== 'https://no.example' }
    const { url } = await startServer({ maxConnectionsPerAddress: 1 }, { hooks })
    await expectRefused(await RawClient.connect(url, { origin: 'https://no.example' }))
    await RawClient.join(url, 'Ana')
  })

  test.for<[string, NonNullable<BuddyServerHooks['onUpgrade']>]>([
    [
      'throws',
      () => {
        throw new Error('of the program')
      },
    ],
    // A program in JavaScript can return a promise, although the type forbids it.
    ['returns a promise', (() => Promise.resolve(true)) as never],
    ['rejects', (() => Promise.reject(new Error('of the program'))) as never],
  ])('refuses every connection and logs an error if it %s', async ([, hook], { startServer }) => {
    const { log, line } = createRecordedLog()
    const { url, server } = await startServer({}, { log, hooks: { onUpgrade: hook } })
    await expectRefused(await RawClient.connect(url))
    expect((await line(({ level }) => level === 'error')).fields['err']).toBeInstanceOf(Error)
    expect(server.status().users).toBe(0)
  })
})

describe('onConnect', () => {
  test('receives the user who sent hello; if it returns false, the connection is refused with 4511 and no session begins', async ({
    startServer,
  }) => {
    const calls = new Calls<Given<'onConnect'>[0]>()
    const ended = new Calls<string>()
    const { url, server } = await startServer(
      {},
      {
        hooks: {
          onConnect: (person) => {
            calls.add(person)
            return person.name !== 'Mallory'
          },
          onDisconnect: ({ name }) => ended.add(name),
        },
      },
    )
    const mallory = await RawClient.connect(url, { origin: 'https://page.example' })
    mallory.sendHello({ name: '  Mallory ' })
    await expectRefused(mallory)
    expect(await calls.next()).toEqual({
      ...ana,
      name: 'Mallory',
      origin: 'https://page.example',
      address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
      proof: undefined,
      isNewVisitor: true,
      isRestored: false,
    })
    const client = await RawClient.join(url, 'Ana')
    expect(server.status().users).toBe(1)
    await client.leave()
    expect(await ended.next()).toBe('Ana')
  })

  test.for<[string, Given<'onConnect'>[0]['name'] | undefined, string]>([
    ['a new name', 'Guest', 'Guest'],
    ['a new name without its control characters', '  two\u0000  words ', 'two words'],
    ['the old name if it returns an empty one', ' ', 'Ana'],
    ['a new name cut to the maximum length', `${'é'.repeat(63)}x€uro`, `${'é'.repeat(63)}x`],
    ['the old name if it returns none', undefined, 'Ana'],
  ])('gives the user and the partner %s', async ([, given, seen], { startServer }) => {
    const onConnect: BuddyServerHooks['onConnect'] = ({ name }) =>
      name === 'Ana' && given !== undefined ? { name: given } : undefined
    const { url } = await startServer({}, { hooks: { onConnect } })
    const [client, , name] = await join(url, 'Ana')
    expect(name).toBe(seen)
    const partner = await RawClient.join(url, 'Partner')
    client.enter()
    await client.receive('waiting')
    partner.enter()
    expect(await partner.receive('matched')).toMatchObject({ partnerName: seen })
  })

  test('delays the welcome until its promise resolves, without delaying other users', async ({
    startServer,
  }) => {
    let admit: (name: { name: string }) => void = () => undefined
    const answer = new Promise<{ name: string }>((resolve) => (admit = resolve))
    const onConnect: BuddyServerHooks['onConnect'] = ({ name }) => name !== 'Slow' || answer
    const { url } = await startServer({}, { hooks: { onConnect } })
    const slow = await RawClient.connect(url)
    slow.sendHello({ name: 'Slow' })
    await expectTextsRelayed(...(await RawClient.pair(url)))
    expect(slow.unread).toEqual([])
    admit({ name: 'Patient' })
    expect(await slow.receive('welcome')).toMatchObject({ name: 'Patient' })
  })

  test('no session begins if the client disconnects before the promise resolves', async ({
    startServer,
  }) => {
    const asked = new Calls<string>()
    let admit: (isAdmitted: boolean) => void = () => undefined
    const answer = new Promise<boolean>((resolve) => (admit = resolve))
    const ended = new Calls<string>()
    const hooks: BuddyServerHooks = {
      onConnect: ({ name }) => {
        asked.add(name)
        return name !== 'Slow' || answer
      },
      onDisconnect: ({ name }) => ended.add(name),
    }
    const { url, server } = await startServer({ maxUsers: 1 }, { hooks })
    const slow = await RawClient.connect(url)
    slow.sendHello({ name: 'Slow' })
    await asked.next()
    await slow.leave()
    admit(true)
    await RawClient.join(url, 'Ana')
    expect([server.status().users, ended.unread]).toEqual([1, 0])
  })

  test('receives the proof and whether the visitor is new; `proof-required` refuses by that name', async ({
    startServer,
  }) => {
    const calls = new Calls<Given<'onConnect'>[0]>()
    const onConnect: BuddyServerHooks['onConnect'] = (arrival) => {
      calls.add(arrival)
      return arrival.proof === 'right' || 'proof-required'
    }
    const { url } = await startServer({ newVisitorMs: 60_000 }, { hooks: { onConnect } })
    const wrong = await RawClient.connect(url)
    wrong.sendHello({ proof: 'wrong' })
    expect(await wrong.receive('error')).toMatchObject({ code: 'proof-required' })
    expect(await wrong.closed()).toEqual({ code: 4511, reason: 'refused' })
    const right = await RawClient.connect(url)
    right.sendHello({ proof: 'right' })
    await right.receive('welcome')
    expect(await calls.next()).toMatchObject({ proof: 'wrong', isNewVisitor: true })
  })

  test('is not called when a session is resumed', async ({ startServer }) => {
    const calls = new Calls<string>()
    const hooks: BuddyServerHooks = { onConnect: ({ name }) => calls.add(name) }
    const { url } = await startServer({}, { hooks })
    const first = await RawClient.connect(url)
    first.sendHello()
    const welcome = await first.receive('welcome')
    await calls.next()
    first.tcp.destroy()
    await first.closed()
    const [, resumed] = await RawClient.resume(url, welcome, first.received)
    expect([resumed.session, calls.unread]).toEqual([welcome.session, 0])
  })

  test.for<[string, NonNullable<BuddyServerHooks['onConnect']>]>([
    [
      'throws',
      ({ name }) => {
        if (name === 'Ana') throw new Error('of the program')
      },
    ],
    [
      'rejects',
      ({ name }) =>
        name === 'Ana' ? Promise.reject(new Error('of the program')) : Promise.resolve(),
    ],
    ['returns an invalid name', ({ name }) => (name === 'Ana' ? { name: 7 as never } : true)],
    ['returns null', ({ name }) => (name === 'Ana' ? (null as never) : true)],
  ])('refuses only this user and logs an error if it %s', async ([, hook], { startServer }) => {
    const { log, line } = createRecordedLog()
    const { url } = await startServer({}, { log, hooks: { onConnect: hook } })
    const pair = await RawClient.pair(url)
    const client = await RawClient.connect(url)
    client.sendHello({ name: 'Ana' })
    await expectRefused(client)
    expect((await line(({ level }) => level === 'error')).fields['err']).toBeInstanceOf(Error)
    await expectTextsRelayed(...pair)
  })
})

describe('onMatch, onReport and onDisconnect', () => {
  test('a reported user can be banned after leaving', async ({ startServer }) => {
    const reports = new Calls<Given<'onReport'>[0]>()
    const hooks: BuddyServerHooks = { onReport: (report) => reports.add(report) }
    const { server, url } = await startServer({ trustedProxyHops: 1 }, { hooks })
    const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } })
    const one = await RawClient.join(url, 'Ana', from('192.0.2.1'))
    const other = await RawClient.join(url, 'Bob', from('192.0.2.2'))
    const room = await match(one, other)
    await other.leave()
    await one.receive('partner-left')
    one.send({ type: 'report', reason: 'nudity', room })
    const { aboutId } = await reports.next()
    expect(server.status().users).toBe(1)
    expect(server.ban(aboutId, 60_000)).toBe(true)
    const banned = await RawClient.connect(url, from('192.0.2.2'))
    banned.sendHello()
    expect(await banned.errorCode()).toBe('banned')
    await RawClient.join(url, 'Cem', from('192.0.2.3'))
  })

  test('receive matches, reports and ended sessions, with the users concerned', async ({
    startServer,
  }) => {
    const matches = new Calls<Given<'onMatch'>[0]>()
    const reports = new Calls<Given<'onReport'>[0]>()
    const ends = new Calls<Given<'onDisconnect'>>()
    const hooks: BuddyServerHooks = {
      onMatch: (match) => matches.add(match),
      onReport: (report) => reports.add(report),
      onDisconnect: (...end) => ends.add(end),
    }
    const { url } = await startServer({}, { hooks })
    const [one, oneId] = await join(url, 'Ana')
    const [other, otherId] = await join(url, 'Bob')
    const people = [
      { ...ana, sessionId: oneId },
      { ...ana, sessionId: otherId, name: 'Bob' },
    ] as const
    const room = await match(one, other)
    const { waitsMs, ...matched } = await matches.next()
    expect(matched).toEqual({ room, people })
    expect(waitsMs).toEqual([expect.any(Number), expect.any(Number)])
    // The user who entered first has waited longer.
    expect(waitsMs[0]).toBeGreaterThanOrEqual(waitsMs[1])

    for (const reason of ['spam', 'nudity'] as const)
      other.send({ type: 'report', reason, room: null })
    const about = { personId: expect.any(String), reportId: expect.any(String) }
    const report = { from: people[1], room, aboutId: oneId, reason: 'spam', ...about }
    expect(await reports.next()).toEqual({ ...report, note: null, hasStill: false })
    await other.settled()
    expect(reports.unread).toBe(0)
    await one.leave()
    expect(await ends.next()).toEqual([people[0], 'left'])
  })

  test.for<[Given<'onDisconnect'>[1], object]>([
    ['lost', { resumeGraceMs: 20 }],
    ['idle', { userTimeoutMs: 20, cleanupIntervalMs: 20 }],
    ['banned', {}],
    ['stopped', {}],
  ])(
    'onDisconnect is called once for a session that ends as %s',
    async ([reason, options], { startServer }) => {
      const ends = new Calls<Given<'onDisconnect'>[1]>()
      const hooks: BuddyServerHooks = { onDisconnect: (_user, endReason) => ends.add(endReason) }
      const { url, server } = await startServer(options, { hooks })
      const [client, session] = await join(url, 'Ana')
      if (reason === 'lost') client.tcp.destroy()
      if (reason === 'banned') server.ban(session, 1000)
      if (reason === 'stopped') await server.close()
      expect(await ends.next()).toBe(reason)
      await server.close()
      expect(ends.unread).toBe(0)
    },
  )

  test.for<[string, () => never]>([
    [
      'throw',
      () => {
        throw new Error('of the program')
      },
    ],
    ['reject', (() => Promise.reject(new Error('of the program'))) as never],
  ])(
    'if they %s, each error is logged and the users are not disturbed',
    async ([, hook], { startServer }) => {
      const { log, line, lines } = createRecordedLog()
      const hooks = { onMatch: hook, onReport: hook, onDisconnect: hook }
      const { url } = await startServer({}, { log, hooks })
      const [one, other] = await RawClient.pair(url)
      one.send({ type: 'report', reason: 'spam', room: null })
      await expectTextsRelayed(one, other)
      await one.leave()
      await other.receive('partner-left')
      await line(({ message }) => message === 'session ended')
      await other.settled()
      const errors = lines.filter(({ level }) => level === 'error')
      expect(errors.map(({ fields }) => String(fields['err']))).toEqual(
        Array(3).fill('Error: of the program'),
      )
    },
  )
})

describe('onText', () => {
  test('receives the text and both users; if it returns false, the text is dropped and its author receives `refused`', async ({
    startServer,
  }) => {
    const calls = new Calls<Given<'onText'>[0]>()
    const onText: BuddyServerHooks['onText'] = (call) => {
      calls.add(call)
      return call.text !== 'rude'
    }
    const { url } = await startServer({}, { hooks: { onText } })
    const [one, oneId] = await join(url, 'Ana')
    const [other, otherId] = await join(url, 'Bob')
    const room = await match(one, other)
    one.send({ type: 'text', text: 'rude' })
    expect(await one.receive('error')).toMatchObject({ code: 'refused' })
    expect(await calls.next()).toEqual({
      room,
      from: { ...ana, sessionId: oneId },
      to: { ...ana, sessionId: otherId, name: 'Bob' },
      text: 'rude',
    })
    one.send({ type: 'text', text: 'kind' })
    expect(await other.receive('text')).toMatchObject({ text: 'kind' })
    // The hook is not called for signals.
    one.send({ type: 'signal', description: null, candidates: [], sending: null, generation: null })
    await other.receive('signal')
    await calls.next()
    expect(calls.unread).toBe(0)
  })

  test('replaces the text for the partner by a text that it returns, cleaned', async ({
    startServer,
  }) => {
    const onText: BuddyServerHooks['onText'] = async ({ text }) => `${text.toUpperCase()}\u202e!`
    const { url } = await startServer({}, { hooks: { onText } })
    const [one, other] = await RawClient.pair(url)
    one.send({ type: 'text', text: 'hello' })
    expect(await other.receive('text')).toMatchObject({ text: 'HELLO!' })
  })

  test.for([
    ['an empty text', ''],
    ['a text without a visible character', '\u200b'],
    ['a text that is too long', 'x'.repeat(4097)],
  ])(
    'drops the text with `internal` and logs an error if it returns %s',
    async ([, text], { startServer }) => {
      const { log, line } = createRecordedLog()
      const { url } = await startServer({}, { log, hooks: { onText: () => text! } })
      const [one, other] = await RawClient.pair(url)
      one.send({ type: 'text', text: 'hello' })
      expect(await one.errorCode()).toBe('internal')
      expect((await line(({ level }) => level === 'error')).fields['err']).toBeInstanceOf(TypeError)
      expect(other.unread).not.toContain('text')
    },
  )

  test('keeps the order of a user’s texts if it is asynchronous', async ({ startServer }) => {
    const asked = new Calls<(isAllowed: boolean) => void>()
    const onText: BuddyServerHooks['onText'] = ({ text }) =>
      text.startsWith('slow') ? new Promise((resolve) => asked.add(resolve)) : text !== 'no'
    const { url } = await startServer({}, { hooks: { onText } })
    const [one, other] = await RawClient.pair(url)
    for (const text of ['slow 1', 'quick', 'no', 'slow 2', 'last']) one.send({ type: 'text', text })
    const answer = await asked.next()
    // The partner’s texts do not wait for this answer.
    other.send({ type: 'text', text: 'meanwhile' })
    expect(await one.receive('text')).toMatchObject({ text: 'meanwhile' })
    await other.settled()
    expect(other.unread).not.toContain('text')
    answer(true)
    ;(await asked.next())(true)
    const texts = []
    for (let count = 0; count < 4; count++) texts.push((await other.receive('text')).text)
    expect(texts).toEqual(['slow 1', 'quick', 'slow 2', 'last'])
    expect(await one.errorCode()).toBe('refused')
  })

  test('a text is dropped if the room ends before the hook answers', async ({ startServer }) => {
    const asked = new Calls<(isAllowed: boolean) => void>()
    const onText: BuddyServerHooks['onText'] = ({ text }) =>
      text === 'late' ? new Promise((resolve) => asked.add(resolve)) : true
    const { url } = await startServer({}, { hooks: { onText } })
    const [one, other] = await RawClient.pair(url)
    one.send({ type: 'text', text: 'late' })
    const answer = await asked.next()
    await other.leave()
    await one.receive('partner-left')
    const next = await RawClient.join(url, 'Next')
    one.send({ type: 'next', offer: null })
    await one.receive('waiting')
    next.enter()
    await Promise.all([one.receive('matched'), next.receive('matched')])
    answer(true)
    one.send({ type: 'text', text: 'hello' })
    expect(await next.receive('text')).toMatchObject({ text: 'hello' })
    expect(one.unread).not.toContain('error')
  })

  test('if it does not answer within 10 s, the text is dropped, its author receives `internal`, and an error is logged', async ({
    startServer,
  }) => {
    const asked = new Calls<string>()
    const onText: BuddyServerHooks['onText'] = ({ text }) => {
      asked.add(text)
      return text === 'unanswered' ? new Promise(() => undefined) : true
    }
    const { log, lines } = createRecordedLog()
    const { url } = await startServer({}, { log, hooks: { onText } })
    const [one, other] = await RawClient.pair(url)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      one.send({ type: 'text', text: 'unanswered' })
      await asked.next()
      vi.advanceTimersByTime(10_000)
    } finally {
      vi.useRealTimers()
    }
    expect(await one.errorCode()).toBe('internal')
    await expectTextsRelayed(one, other)
    expect(other.unread).not.toContain('text')
    const errors = lines.filter(({ level }) => level === 'error')
    expect(errors.map(({ fields }) => String(fields['err']))).toEqual([
      'Error: onText did not answer within 10 s',
    ])
  })

  test('if it rejects after the room has ended, an error is logged, but none is sent', async ({
    startServer,
  }) => {
    const asked = new Calls<(error: Error) => void>()
    const onText = (): Promise<boolean> => new Promise((_, reject) => asked.add(reject))
    const { log, line } = createRecordedLog()
    const { url } = await startServer({}, { log, hooks: { onText } })
    const [one, other] = await RawClient.pair(url)
    one.send({ type: 'text', text: 'late' })
    const fail = await asked.next()
    await other.leave()
    await one.receive('partner-left')
    fail(new Error('of the program'))
    await line(({ level }) => level === 'error')
    await one.settled()
    expect(one.unread).not.toContain('error')
  })

  test('is not called for an invalid text message, which is answered with `invalid-field`', async ({
    startServer,
  }) => {
    const asked = new Calls<string>()
    const hooks: BuddyServerHooks = { onText: ({ text }) => asked.add(text) }
    const { url } = await startServer({}, { hooks })
    const [one] = await RawClient.pair(url)
    one.sendRaw(Uint8Array.of(0x92, 0x11, 0x07))
    expect(await one.errorCode()).toBe('invalid-field')
    expect(asked.unread).toBe(0)
  })

  test.for<[string, NonNullable<BuddyServerHooks['onText']>]>([
    [
      'throws',
      ({ text }) => {
        if (text === 'bad') throw new Error('of the program')
      },
    ],
    [
      'rejects',
      ({ text }) =>
        text === 'bad' ? Promise.reject(new Error('of the program')) : Promise.resolve(),
    ],
  ])(
    'drops only this text and sends `internal` to its author if it %s',
    async ([, hook], { startServer }) => {
      const { log, line } = createRecordedLog()
      const { url } = await startServer({}, { log, hooks: { onText: hook } })
      const [one, other] = await RawClient.pair(url, 'a')
      const neighbours = await RawClient.pair(url, 'b')
      one.send({ type: 'text', text: 'bad' })
      expect(await one.errorCode()).toBe('internal')
      expect(String((await line(({ level }) => level === 'error')).fields['err'])).toBe(
        'Error: of the program',
      )
      await expectTextsRelayed(...neighbours)
      await expectTextsRelayed(one, other)
      expect(other.unread).not.toContain('text')
    },
  )
})
