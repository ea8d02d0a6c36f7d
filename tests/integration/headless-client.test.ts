// The client without a browser around it (text mode needs none), against a real server.
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

test('two meet, write, and part', async ({ startServer, join }) => {
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

test('both ends show the same text, also of what UTF-8 cannot carry', async ({
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
  // The last begins with a byte order mark, which decoders tend to drop.
  for (const text of ['\ud800', `${'long '.repeat(40)}\udc4b`, `\ufeff${'long '.repeat(40)}`]) {
    const views = [once(ana, 'message'), once(bob, 'message')]
    ana.send(text)
    const [own, theirs] = (await Promise.all(views)).map((message) => message.text)
    expect(own).toBe(theirs)
    expect(own).not.toMatch(/\p{Surrogate}/u)
  }
})

test('whoever presses Next faster than the server allows is slowed down, not stranded', async ({
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

test('a server that restarts: reconnecting, then back in the queue by itself', async ({
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

test('a server that is full: start() stays pending, retry says why, and one gets in', async ({
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

test('stop() before it began: aborted, and nothing is left', async ({ startServer, join }) => {
  const { server, url } = await startServer()
  const ana = join(url, 'Ana')
  const started = ana.start()
  ana.stop()
  await expect(started).rejects.toMatchObject({ code: 'aborted' })
  await vi.waitFor(() => expect(server.status().users).toBe(0))
})

test('a name too long is refused by name before anything is opened', async ({
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

/** Brings two together; resolves when both know. */
async function meet(one: BuddyClient, other: BuddyClient): Promise<void> {
  const matches = [once(one, 'match'), once(other, 'match')]
  await Promise.all([one.start(), other.start()])
  await Promise.all(matches)
}

test('the network breaks in a call: it goes on, and what was written meanwhile arrives once', async ({
  startServer,
  join,
  breakable,
}) => {
  const { server, url } = await startServer()
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  const said: string[] = []
  bob.on('message', ({ from, text }) => from === 'partner' && said.push(text))
  await meet(ana, bob)
  ana.send('before')
  await vi.waitFor(() => expect(said).toEqual(['before']))

  const [retry, away] = [once(ana, 'retry'), once(bob, 'partner-away')]
  network.disconnect()
  expect(await retry).toMatchObject({ mayResume: true })
  expect(await away).toEqual({ isAway: true })
  expect([ana.state, bob.state]).toEqual(['connected', 'connected'])
  ana.send('while the network was down')
  const heard = once(ana, 'message').then(() => once(ana, 'message'))
  bob.send('are you there?')

  const [welcome, back] = [once(ana, 'welcome'), once(bob, 'partner-away')]
  network.restore()
  ana.retryNow()
  expect(await welcome).toEqual({ isResumed: true, allowsText: true })
  expect(await back).toEqual({ isAway: false })
  ana.send('after')
  await heard
  await vi.waitFor(() => expect(said).toEqual(['before', 'while the network was down', 'after']))
  expect(server.status()).toMatchObject({ users: 2, away: 0, rooms: 1, matches: 1 })
})

test('more lines than the server takes at once, some lost with the network and some typed without it: each arrives, once', async ({
  startServer,
  join,
  breakable,
}) => {
  const { url } = await startServer()
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  const said: string[] = []
  bob.on('message', ({ from, text }) => from === 'partner' && said.push(text))
  const errors: string[] = []
  ana.on('error', ({ code }) => errors.push(code))
  await meet(ana, bob)
  const lines = Array.from({ length: 15 }, (_, index) => `line ${index}`)
  ana.send(lines[0]!)
  await vi.waitFor(() => expect(said).toHaveLength(1))

  network.holdUpstream()
  for (const line of lines.slice(1, 6)) ana.send(line)
  const retry = once(ana, 'retry')
  network.disconnect()
  await retry
  for (const line of lines.slice(6)) ana.send(line)
  const welcome = once(ana, 'welcome')
  network.restore()
  ana.retryNow()
  expect(await welcome).toMatchObject({ isResumed: true })
  await vi.waitFor(() => expect(said).toHaveLength(lines.length), 10_000)
  expect([said, errors]).toEqual([lines, []])
})

test('the network breaks in the queue: reconnecting, then waiting, in the same session', async ({
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

test('Next while the network is down: done as soon as it is back', async ({
  startServer,
  join,
  breakable,
}) => {
  const { url } = await startServer()
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  await meet(ana, bob)
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

test('a server that has forgotten the session: the call is over, and the search begins anew', async ({
  startServer,
  join,
  breakable,
}) => {
  const { url } = await startServer({ resumeGraceMs: 50 })
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  await meet(ana, bob)
  const [lost, leave] = [once(bob, 'leave'), once(ana, 'leave')]
  network.disconnect()
  expect(await lost).toMatchObject({ reason: 'partner-lost' })
  expect(ana.state).toBe('connected')
  network.restore()
  ana.retryNow()
  expect(await leave).toMatchObject({ reason: 'server-lost' })
  await vi.waitFor(() => expect([ana.state, bob.state]).toEqual(['connected', 'connected']))
})

test('a site that does not allow the mode: start() rejects by name', async ({
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

test('a report while the connection is lost is kept, and arrives when the session is resumed', async ({
  startServer,
  join,
  breakable,
}) => {
  const reports: unknown[] = []
  const hooks: BuddyServerHooks = { onReport: ({ room, reason }) => reports.push({ room, reason }) }
  const { url } = await startServer({}, { hooks })
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  await meet(ana, bob)
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

test('a report that is kept for a session that is over is announced as not sent', async ({
  startServer,
  join,
  breakable,
}) => {
  const { url } = await startServer({ resumeGraceMs: 50 })
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  await meet(ana, bob)
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

test('a report that cannot be kept fails as unreachable, and does not claim that there was no partner', async ({
  startServer,
  join,
  breakable,
}) => {
  const { url } = await startServer({ resumeGraceMs: 0 })
  const network = await breakable(url)
  const [ana, bob] = [join(network.url, 'Ana'), join(url, 'Bob')]
  await meet(ana, bob)
  const retry = once(ana, 'retry')
  network.disconnect()
  await retry
  expect(() => ana.report('minor')).toThrow(expect.objectContaining({ code: 'server-unreachable' }))
})

test('a report names the partner of its time, and may name one of before; an unknown room is an error', async ({
  startServer,
  join,
}) => {
  const reports: unknown[] = []
  const hooks: BuddyServerHooks = { onReport: ({ room }) => reports.push(room) }
  const { url } = await startServer({}, { hooks })
  const [ana, bob] = [join(url, 'Ana'), join(url, 'Bob')]
  await meet(ana, bob)
  const first = ana.partner!.room
  const left = once(ana, 'leave')
  bob.stop()
  await left
  const cleo = join(url, 'Cleo')
  await meet(ana, cleo)
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

test('a partner can be reported; nobody but the server is told', async ({ startServer, join }) => {
  const { url } = await startServer()
  const [ana, bob] = [join(url, 'Ana'), join(url, 'Bob')]
  expect(() => ana.report('spam')).toThrow(expect.objectContaining({ code: 'not-in-call' }))
  await ana.start()
  expect(() => ana.report('spam')).toThrow(expect.objectContaining({ code: 'not-in-call' }))
  await meet(ana, bob)
  const typing = once(bob, 'typing')
  ana.report('harassment')
  ana.notifyTyping()
  await typing
  expect([ana.state, bob.state]).toEqual(['connected', 'connected'])
})
