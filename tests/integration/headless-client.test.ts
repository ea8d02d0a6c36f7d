// The client in text mode, which needs no browser, against a real server.
import type { ClientEvents } from '@buddy-chat/client'
import { BuddyClient } from '@buddy-chat/client'
import type { BuddyServerHooks } from '@buddy-chat/server'
import { expect, vi } from 'vitest'
import { test as base } from '../server-fixture.ts'
import type { BreakableNetwork } from '../breakable-network.ts'
import { createBreakableNetwork } from '../breakable-network.ts'
import { RawClient } from './raw-client.ts'

const test = base.extend<{
  join: (url: string, name: string) => BuddyClient
  breakable: (url: string) => Promise<BreakableNetwork>
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  breakable: async ({}, use) => {
    const networks: BreakableNetwork[] = []
    await use(async (url) => {
      const network = await createBreakableNetwork(url)
      networks.push(network)
      return network
    })
    for (const network of networks) network.close()
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  join: async ({}, use) => {
    const clients: BuddyClient[] = []
    await use((server, name) => {
      const client = new BuddyClient({ server, name, mode: 'text', languages: ['en'] })
      clients.push(client)
      return client
    })
    for (const client of clients) client.stop()
  },
})

/** Resolves with the next event of this name. */
function once<Name extends keyof ClientEvents>(
  client: BuddyClient,
  name: Name,
): Promise<ClientEvents[Name]> {
  return new Promise((resolve) => {
    const unsubscribe = client.on(name, (detail) => {
      unsubscribe()
      resolve(detail)
    })
  })
}

test('emits match, typing, message and leave in a text call', async ({ startServer, join }) => {
  const { server, url } = await startServer()
  const [ana, bob] = [join(url, 'Ana'), join(url, 'Bob')]
  await ana.start()
  expect(ana.state).toBe('waiting')
  const matches = [once(ana, 'match'), once(bob, 'match')]
  await bob.start()
  expect((await Promise.all(matches)).map(({ partner }) => partner.name)).toEqual(['Bob', 'Ana'])
  expect([ana.state, ana.partner]).toEqual(['connected', { name: 'Bob', room: expect.any(String) }])

  const typing = once(bob, 'typing')
  ana.notifyTyping()
  expect(await typing).toEqual({ isTyping: true })
  const message = once(bob, 'message')
  ana.send('Hello')
  expect(await message).toEqual({ text: 'Hello', from: 'partner' })

  const leave = once(bob, 'leave')
  ana.stop()
  expect(await leave).toMatchObject({ reason: 'partner-left' })
  expect([ana.state, ana.partner]).toEqual(['idle', undefined])
  await vi.waitFor(() => expect(server.status()).toMatchObject({ users: 1, waiting: 1 }))
  expect(() => ana.send('too late')).toThrow(expect.objectContaining({ code: 'not-in-call' }))
})

test('emits the same text at both clients if it contains lone surrogates or a byte order mark', async ({
  startServer,
  join,
}) => {
  const { url } = await startServer()
  const [ana, bob] = [join(url, 'A\ud83dna'), join(url, 'Bob')]
  await ana.start()
  const matches = [once(ana, 'match'), once(bob, 'match')]
  await bob.start()
  expect((await Promise.all(matches)).map(({ partner }) => partner.name)).toEqual([
    'Bob',
    'A\ufffdna',
  ])
  // The last text begins with a byte order mark, which many decoders drop.
  for (const text of ['\ud800', `${'long '.repeat(40)}\udc4b`, `\ufeff${'long '.repeat(40)}`]) {
    const views = [once(ana, 'message'), once(bob, 'message')]
    ana.send(text)
    const [own, theirs] = (await Promise.all(views)).map((message) => message.text)
    expect(own).toBe(theirs)
    expect(own).not.toMatch(/\p{Surrogate}/u)
  }
})

test('is matched again after a delay if it calls next() faster than the rate limit allows', async ({
  startServer,
  join,
}) => {
  const { url } = await startServer({ rematchDelayMs: 0 })
  const [ana, bob] = [join(url, 'Ana'), join(url, 'Bob')]
  let matches = 0
  ana.on('match', () => {
    matches++
    ana.next()
  })
  await Promise.all([ana.start(), bob.start()])
  await vi.waitFor(() => expect(matches).toBeGreaterThan(13), { timeout: 10_000 })
})

test('reconnects after a server restart and returns to the queue', async ({
  startServer,
  join,
}) => {
  const first = await startServer()
  const { port } = new URL(first.url)
  const ana = join(first.url, 'Ana')
  await ana.start()
  const retry = once(ana, 'retry')
  await first.server.close()
  expect((await retry).error.code).toBe('going-away')
  expect(ana.state).toBe('reconnecting')
  const waiting = once(ana, 'waiting')
  await vi.waitFor(() => startServer({ port: Number(port) }), { timeout: 10_000, interval: 200 })
  ana.retryNow()
  await waiting
  expect(ana.state).toBe('waiting')
})

test('emits retry with `server-full` while start() is pending on a full server, then connects', async ({
  startServer,
  join,
}) => {
  const { url } = await startServer({ maxUsers: 1 })
  const first = await RawClient.join(url, 'First')
  const ana = join(url, 'Ana')
  const retry = once(ana, 'retry')
  const started = ana.start()
  expect((await retry).error).toMatchObject({ code: 'server-full', retryAfterMs: 10_000 })
  await first.leave()
  ana.retryNow()
  await started
  expect(ana.state).toBe('waiting')
})

test('start() rejects with `aborted` if stop() is called, and no session remains on the server', async ({
  startServer,
  join,
}) => {
  const { server, url } = await startServer()
  const ana = join(url, 'Ana')
  const started = ana.start()
  ana.stop()
  await expect(started).rejects.toMatchObject({ code: 'aborted' })
  await vi.waitFor(() => expect(server.status().users).toBe(0))
})

test('start() rejects with `invalid-options` if the name is too long, without connecting', async ({
  startServer,
  join,
}) => {
  const { server, url } = await startServer()
  const ana = join(url, 'A'.repeat(129))
  await expect(ana.start()).rejects.toMatchObject({
    code: 'invalid-options',
    message: expect.stringContaining('hello.name'),
  })
  expect([ana.state, server.status().users]).toEqual(['idle', 0])
})

/** Starts two clients; resolves once both have emitted `match`. */
async function match(one: BuddyClient, other: BuddyClient): Promise<void> {
  const matches = [once(one, 'match'), once(other, 'match')]
  await Promise.all([one.start(), other.start()])
  await Promise.all(matches)
}

test('keeps a call while the network is down, and delivers each text sent meanwhile exactly once', async ({
  startServer,
  join,
  breakable,
}) => {
  const { server, url } = await startServer()
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  const received: string[] = []
  bob.on('message', ({ from, text }) => from === 'partner' && received.push(text))
  await match(ana, bob)
  ana.send('before')
  await vi.waitFor(() => expect(received).toEqual(['before']))

  const [retry, away] = [once(ana, 'retry'), once(bob, 'partner-away')]
  network.disconnect()
  expect(await retry).toMatchObject({ mayResume: true })
  expect(await away).toEqual({ isAway: true })
  expect([ana.state, bob.state]).toEqual(['connected', 'connected'])
  ana.send('while the network was down')
  // The first message is Ana's own, the second is Bob's.
  const messages = once(ana, 'message').then(() => once(ana, 'message'))
  bob.send('are you there?')

  const [welcome, back] = [once(ana, 'welcome'), once(bob, 'partner-away')]
  network.restore()
  ana.retryNow()
  expect(await welcome).toEqual({ isResumed: true, allowsText: true })
  expect(await back).toEqual({ isAway: false })
  ana.send('after')
  await messages
  await vi.waitFor(() =>
    expect(received).toEqual(['before', 'while the network was down', 'after']),
  )
  expect(server.status()).toMatchObject({ users: 2, away: 0, rooms: 1, matches: 1 })
})

test('delivers each text exactly once if the network fails while more texts are sent than the rate limit allows', async ({
  startServer,
  join,
  breakable,
}) => {
  const { url } = await startServer()
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  const received: string[] = []
  bob.on('message', ({ from, text }) => from === 'partner' && received.push(text))
  const errors: string[] = []
  ana.on('error', ({ code }) => errors.push(code))
  await match(ana, bob)
  const texts = Array.from({ length: 15 }, (_, index) => `text ${index}`)
  ana.send(texts[0]!)
  await vi.waitFor(() => expect(received).toHaveLength(1))

  // These texts are in flight when the network fails; the others are sent while it is down.
  network.holdUpstream()
  for (const text of texts.slice(1, 6)) ana.send(text)
  const retry = once(ana, 'retry')
  network.disconnect()
  await retry
  for (const text of texts.slice(6)) ana.send(text)
  const welcome = once(ana, 'welcome')
  network.restore()
  ana.retryNow()
  expect(await welcome).toMatchObject({ isResumed: true })
  await vi.waitFor(() => expect(received).toHaveLength(texts.length), 10_000)
  expect([received, errors]).toEqual([texts, []])
})

test('returns to the queue in the same session when the network fails and recovers', async ({
  startServer,
  join,
  breakable,
}) => {
  const { server, url } = await startServer()
  const network = await breakable(url)
  const ana = join(network.url, 'Ana')
  await ana.start()
  const retry = once(ana, 'retry')
  network.disconnect()
  await retry
  expect(ana.state).toBe('reconnecting')
  const waiting = once(ana, 'waiting')
  network.restore()
  ana.retryNow()
  await waiting
  expect([ana.state, server.status().users]).toEqual(['waiting', 1])
})

test('a next() called while the network is down takes effect once the network has recovered', async ({
  startServer,
  join,
  breakable,
}) => {
  const { url } = await startServer()
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  await match(ana, bob)
  const retry = once(ana, 'retry')
  network.disconnect()
  await retry
  ana.next()
  expect(ana.state).toBe('reconnecting')
  const leave = once(bob, 'leave')
  network.restore()
  ana.retryNow()
  expect(await leave).toMatchObject({ reason: 'partner-next' })
  await vi.waitFor(() => expect([ana.state, bob.state]).toEqual(['connected', 'connected']))
})

test('emits leave with `server-lost` if the session expired while the network was down, and searches again', async ({
  startServer,
  join,
  breakable,
}) => {
  const { url } = await startServer({ resumeGraceMs: 50 })
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  await match(ana, bob)
  const [lost, leave] = [once(bob, 'leave'), once(ana, 'leave')]
  network.disconnect()
  expect(await lost).toMatchObject({ reason: 'partner-lost' })
  expect(ana.state).toBe('connected')
  network.restore()
  ana.retryNow()
  expect(await leave).toMatchObject({ reason: 'server-lost' })
  await vi.waitFor(() => expect([ana.state, bob.state]).toEqual(['connected', 'connected']))
})

test('start() rejects with `not-permitted` if the site does not allow the mode', async ({
  startServer,
  join,
}) => {
  const { url } = await startServer({
    sites: [{ key: 'silent', allowedOrigins: ['*'], isTextAllowed: false }],
  })
  const ana = join(url, 'Ana')
  await expect(ana.start({ site: 'silent' })).rejects.toMatchObject({ code: 'not-permitted' })
  expect(ana.state).toBe('closed')
  await expect(ana.start({ site: 'none' })).rejects.toMatchObject({ code: 'unknown-site' })
})

test('sends a report made without a connection once the session is resumed', async ({
  startServer,
  join,
  breakable,
}) => {
  const reports: unknown[] = []
  const hooks: BuddyServerHooks = { onReport: ({ room, reason }) => reports.push({ room, reason }) }
  const { url } = await startServer({}, { hooks })
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  await match(ana, bob)
  const { room } = ana.partner!
  const retry = once(ana, 'retry')
  network.disconnect()
  await retry
  ana.report('minor')
  expect(reports).toEqual([])
  network.restore()
  ana.retryNow()
  await vi.waitFor(() => expect(reports).toEqual([{ room, reason: 'minor' }]))
})

test('emits an error for a pending report if the session has expired', async ({
  startServer,
  join,
  breakable,
}) => {
  const { url } = await startServer({ resumeGraceMs: 50 })
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  await match(ana, bob)
  const [retry, lost] = [once(ana, 'retry'), once(bob, 'leave')]
  network.disconnect()
  await retry
  ana.report('minor')
  await lost
  const error = once(ana, 'error')
  network.restore()
  ana.retryNow()
  expect(await error).toMatchObject({ code: 'server-unreachable', message: /report/ })
})

test('report() throws `server-unreachable` without a connection if the session cannot be resumed', async ({
  startServer,
  join,
  breakable,
}) => {
  const { url } = await startServer({ resumeGraceMs: 0 })
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  await match(ana, bob)
  const retry = once(ana, 'retry')
  network.disconnect()
  await retry
  expect(() => ana.report('minor')).toThrow(expect.objectContaining({ code: 'server-unreachable' }))
})

test('report() reports the present partner or the partner of a given room, and emits an error for an unknown room', async ({
  startServer,
  join,
}) => {
  const reports: unknown[] = []
  const hooks: BuddyServerHooks = { onReport: ({ room }) => reports.push(room) }
  const { url } = await startServer({}, { hooks })
  const [ana, bob] = [join(url, 'Ana'), join(url, 'Bob')]
  await match(ana, bob)
  const first = ana.partner!.room
  const left = once(ana, 'leave')
  bob.stop()
  await left
  const cleo = join(url, 'Cleo')
  await match(ana, cleo)
  const second = ana.partner!.room
  ana.report('spam', first)
  ana.report('spam')
  const error = once(ana, 'error')
  ana.report('spam', 'no room')
  expect(await error).toMatchObject({ code: 'not-in-call' })
  expect(reports).toEqual([first, second])
  expect(() => ana.report('spam', 'x'.repeat(65))).toThrow(
    expect.objectContaining({ code: 'invalid-options' }),
  )
})

test('report() needs a partner, and ends the call at once for both', async ({
  startServer,
  join,
}) => {
  const { url } = await startServer()
  const [ana, bob] = [join(url, 'Ana'), join(url, 'Bob')]
  expect(() => ana.report('spam')).toThrow(expect.objectContaining({ code: 'not-in-call' }))
  await ana.start()
  expect(() => ana.report('spam')).toThrow(expect.objectContaining({ code: 'not-in-call' }))
  await match(ana, bob)
  const left = [once(ana, 'leave'), once(bob, 'leave')]
  ana.report('harassment')
  // The partner receives nothing about the report.
  expect(await Promise.all(left)).toEqual([
    { reason: 'report', isSearching: true },
    { reason: 'partner-left', isSearching: true },
  ])
})
