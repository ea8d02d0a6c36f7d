// Tests what clients do when the server process is killed and restarted. They use text mode, which
// needs no browser.
import type { BuddyClientOptions, ClientEvents } from '@buddy-chat/client'
import { BuddyClient } from '@buddy-chat/client'
import { test as base, expect, vi } from 'vitest'
import type { ServerProcess } from '../server-process.ts'
import { prepareServerProcess } from '../server-process.ts'

/** The clients wait up to several seconds between two attempts to reconnect. */
const reconnectTimeout = { timeout: 15_000 }

const test = base.extend<{
  readonly prepare: typeof prepareServerProcess
  readonly join: (url: string, options: BuddyClientOptions) => RecordedClient
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  prepare: async ({}, use) => {
    const servers: ServerProcess[] = []
    await use(async (settings) => {
      const server = await prepareServerProcess(settings)
      servers.push(server)
      await server.start()
      return server
    })
    await Promise.all(servers.map((server) => server.kill()))
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  join: async ({}, use) => {
    const recorded: RecordedClient[] = []
    await use((server, options) => {
      const one = new RecordedClient({ server, mode: 'text', ...options })
      recorded.push(one)
      return one
    })
    for (const { client } of recorded) client.stop()
  },
})

/** A client that records its events and the texts of its partners. */
class RecordedClient {
  readonly client: BuddyClient
  readonly events: string[] = []
  readonly texts: string[] = []

  constructor(options: BuddyClientOptions) {
    this.client = new BuddyClient(options)
    const record = <Name extends keyof ClientEvents>(
      name: Name,
      summarize: (detail: ClientEvents[Name]) => unknown,
    ): void => {
      this.client.on(name, (detail) => this.events.push(`${name} ${String(summarize(detail))}`))
    }
    record('match', ({ partner }) => partner.name)
    record('leave', ({ reason }) => reason)
    record('welcome', ({ isResumed }) => (isResumed ? 'resumed' : 'new'))
    record('partner-away', ({ isAway }) => isAway)
    record('error', ({ code }) => code)
    this.client.on('message', ({ from, text }) => from === 'partner' && this.texts.push(text))
  }

  /** Resolves with the next `retry` event, which the client emits when it has lost the server. */
  get lostServer(): Promise<unknown> {
    return new Promise((resolve) => this.client.on('retry', resolve))
  }
}

/** Starts both clients, waits until they are in a call, and clears their events. */
async function connect(one: RecordedClient, other: RecordedClient): Promise<void> {
  await Promise.all([one.client.start(), other.client.start()])
  await vi.waitFor(() => {
    expect([one.client.state, other.client.state]).toEqual(['connected', 'connected'])
  }, reconnectTimeout)
  one.events.length = other.events.length = 0
}

const status = async (url: string): Promise<unknown> => (await fetch(`${url}/status`)).json()

test('keeps a call when the server is killed and restarted, and delivers each text sent in between exactly once', async ({
  prepare,
  join,
}) => {
  const server = await prepare()
  const [ana, bob] = [join(server.url, { name: 'Ana' }), join(server.url, { name: 'Bob' })]
  await connect(ana, bob)
  ana.client.send('before')
  await vi.waitFor(() => expect(bob.texts).toEqual(['before']))

  const sent: string[] = []
  for (const round of ['first', 'second']) {
    const lost = Promise.all([ana.lostServer, bob.lostServer])
    await server.kill()
    await lost
    for (const text of ['one', 'two']) {
      ana.client.send(`${round} ${text}`)
      bob.client.send(`${round} ${text}`)
    }
    expect([ana.client.state, bob.client.state]).toEqual(['connected', 'connected'])
    await server.start()
    ana.client.retryNow()
    bob.client.retryNow()
    await vi.waitFor(() => {
      expect(ana.events.at(-1)).toBe('partner-away false')
      expect(bob.events.at(-1)).toBe('partner-away false')
    }, reconnectTimeout)
    ana.client.send(`${round} after`)
    bob.client.send(`${round} after`)
    // No text was in flight when the server was killed; such a text would be lost.
    sent.push(...['one', 'two', 'after'].map((text) => `${round} ${text}`))
    await vi.waitFor(() => {
      expect(bob.texts).toEqual(['before', ...sent])
      expect(ana.texts).toEqual(sent)
    }, reconnectTimeout)
  }
  const events = [...new Set([...ana.events, ...bob.events])].sort()
  expect(events).toEqual(['partner-away false', 'partner-away true', 'welcome resumed'])
  expect(await status(server.url)).toMatchObject({ users: 2, rooms: 1, waiting: 0, matches: 0 })
}, 40_000)

test('returns a waiting client to the queue, in the same session, when the server is restarted', async ({
  prepare,
  join,
}) => {
  const server = await prepare()
  const ana = join(server.url, { name: 'Ana', interests: ['jazz'] })
  await ana.client.start()
  await server.kill()
  await vi.waitFor(() => expect(ana.client.state).toBe('reconnecting'))
  await server.start()
  ana.client.retryNow()
  await vi.waitFor(() => expect(ana.client.state).toBe('waiting'), reconnectTimeout)
  const bob = join(server.url, { name: 'Bob', interests: ['jazz'] })
  const interests = new Promise((resolve) =>
    ana.client.on('match', (match) => resolve(match.interests)),
  )
  await bob.client.start()
  expect(await interests).toEqual(['jazz'])
  expect(ana.events).toEqual(['welcome new', 'welcome resumed', 'match Bob'])
})

test('a next() called while the server is down takes effect after the restart, with the client’s interests', async ({
  prepare,
  join,
}) => {
  const server = await prepare()
  const interests = ['jazz']
  const [ana, bob] = ['Ana', 'Bob'].map((name) => join(server.url, { name, interests })) as [
    RecordedClient,
    RecordedClient,
  ]
  await connect(ana, bob)
  const lost = Promise.all([ana.lostServer, bob.lostServer])
  await server.kill()
  await lost
  ana.client.next()
  expect(ana.client.state).toBe('reconnecting')
  const matched = new Promise((resolve) =>
    ana.client.on('match', (match) => resolve(match.interests)),
  )
  await server.start()
  ana.client.retryNow()
  bob.client.retryNow()
  expect(await matched).toEqual(['jazz'])
  await vi.waitFor(() => expect(bob.events).toContain('match Ana'), reconnectTimeout)
  expect(ana.events).toEqual(['leave next', 'welcome resumed', 'match Bob'])
  expect(bob.events).toEqual(
    expect.arrayContaining(['welcome resumed', 'leave partner-next', 'match Ana']),
  )
  expect(await status(server.url)).toMatchObject({ users: 2, rooms: 1, matches: 1 })
}, 40_000)

test('emits leave with `partner-lost` after the grace time if the partner does not return, and searches again', async ({
  prepare,
  join,
}) => {
  const server = await prepare({ RESUME_GRACE_SECONDS: '3' })
  const [ana, bob] = [join(server.url, { name: 'Ana' }), join(server.url, { name: 'Bob' })]
  await connect(ana, bob)
  const lost = Promise.all([ana.lostServer, bob.lostServer])
  await server.kill()
  await lost
  bob.client.stop()
  await server.start()
  ana.client.retryNow()
  await vi.waitFor(() => expect(ana.client.state).toBe('waiting'), reconnectTimeout)
  expect(ana.events).toEqual(['welcome resumed', 'partner-away true', 'leave partner-lost'])
}, 40_000)

test('emits leave with `server-lost` and begins a new session if the server restarts with another key', async ({
  prepare,
  join,
}) => {
  const server = await prepare()
  const [ana, bob] = [join(server.url, { name: 'Ana' }), join(server.url, { name: 'Bob' })]
  await connect(ana, bob)
  const lost = Promise.all([ana.lostServer, bob.lostServer])
  await server.kill()
  await lost
  await server.start({ SECRET_KEY: 'Zk9Wq4Lx7Tn2Rb5Vc8Hd1Jm6Pf3Gs0Ya' })
  ana.client.retryNow()
  bob.client.retryNow()
  await vi.waitFor(() => {
    for (const { events } of [ana, bob]) {
      expect(events.slice(0, 2)).toEqual(['leave server-lost', 'welcome new'])
      expect(events[2]).toMatch(/^match /)
    }
  }, reconnectTimeout)
}, 40_000)
