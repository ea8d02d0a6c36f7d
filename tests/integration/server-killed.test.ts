// The client in a call (without a browser: text mode), and a server process that is killed in it.
import type { BuddyClientOptions, ClientEvents } from '@buddy-chat/client'
import { BuddyClient } from '@buddy-chat/client'
import { test as base, expect, vi } from 'vitest'
import type { ServerProcess } from '../server-process.ts'
import { prepareServerProcess } from '../server-process.ts'

/** The server and the two take their time to come back: by backoff, up to seconds. */
const patience = { timeout: 15_000 }

const test = base.extend<{
  readonly prepare: typeof prepareServerProcess
  readonly join: (url: string, options: BuddyClientOptions) => Witness
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
    const witnesses: Witness[] = []
    await use((server, options) => {
      const witness = new Witness({ server, mode: 'text', ...options })
      witnesses.push(witness)
      return witness
    })
    for (const { client } of witnesses) client.stop()
  },
})

/** A client, and everything it has told. */
class Witness {
  readonly client: BuddyClient
  readonly events: string[] = []
  readonly heard: string[] = []

  constructor(options: BuddyClientOptions) {
    this.client = new BuddyClient(options)
    const note = <Name extends keyof ClientEvents>(
      name: Name,
      about: (detail: ClientEvents[Name]) => unknown,
    ): void => {
      this.client.on(name, (detail) => this.events.push(`${name} ${String(about(detail))}`))
    }
    note('match', ({ partner }) => partner.name)
    note('leave', ({ reason }) => reason)
    note('welcome', ({ isResumed }) => (isResumed ? 'resumed' : 'new'))
    note('partner-away', ({ isAway }) => isAway)
    note('error', ({ code }) => code)
    this.client.on('message', ({ from, text }) => from === 'partner' && this.heard.push(text))
  }

  get hasLostServer(): Promise<unknown> {
    return new Promise((resolve) => this.client.on('retry', resolve))
  }
}

async function meet(one: Witness, other: Witness): Promise<void> {
  await Promise.all([one.client.start(), other.client.start()])
  await vi.waitFor(() => {
    expect([one.client.state, other.client.state]).toEqual(['connected', 'connected'])
  }, patience)
  one.events.length = other.events.length = 0
}

const status = async (url: string): Promise<unknown> => (await fetch(`${url}/status`)).json()

test('killed and started again in a call: it goes on, and what was typed meanwhile arrives once', async ({
  prepare,
  join,
}) => {
  const server = await prepare()
  const [ana, bob] = [join(server.url, { name: 'Ana' }), join(server.url, { name: 'Bob' })]
  await meet(ana, bob)
  ana.client.send('before')
  await vi.waitFor(() => expect(bob.heard).toEqual(['before']))

  const said: string[] = []
  for (const round of ['first', 'second']) {
    const lost = Promise.all([ana.hasLostServer, bob.hasLostServer])
    await server.kill()
    await lost
    for (const line of ['one', 'two']) {
      ana.client.send(`${round} ${line}`)
      bob.client.send(`${round} ${line}`)
    }
    expect([ana.client.state, bob.client.state]).toEqual(['connected', 'connected'])
    await server.start()
    ana.client.retryNow()
    bob.client.retryNow()
    await vi.waitFor(() => {
      expect(ana.events.at(-1)).toBe('partner-away false')
      expect(bob.events.at(-1)).toBe('partner-away false')
    }, patience)
    ana.client.send(`${round} after`)
    bob.client.send(`${round} after`)
    // What is under way when a server dies is lost with it.
    said.push(...['one', 'two', 'after'].map((line) => `${round} ${line}`))
    await vi.waitFor(() => {
      expect(bob.heard).toEqual(['before', ...said])
      expect(ana.heard).toEqual(said)
    }, patience)
  }
  const told = [...new Set([...ana.events, ...bob.events])].sort()
  expect(told).toEqual(['partner-away false', 'partner-away true', 'welcome resumed'])
  expect(await status(server.url)).toMatchObject({ users: 2, rooms: 1, waiting: 0, matches: 0 })
}, 40_000)

test('killed in the queue: back in it, in the same session', async ({ prepare, join }) => {
  const server = await prepare()
  const ana = join(server.url, { name: 'Ana', interests: ['jazz'] })
  await ana.client.start()
  await server.kill()
  await vi.waitFor(() => expect(ana.client.state).toBe('reconnecting'))
  await server.start()
  ana.client.retryNow()
  await vi.waitFor(() => expect(ana.client.state).toBe('waiting'), patience)
  const bob = join(server.url, { name: 'Bob', interests: ['jazz'] })
  const interests = new Promise((resolve) =>
    ana.client.on('match', (match) => resolve(match.interests)),
  )
  await bob.client.start()
  expect(await interests).toEqual(['jazz'])
  expect(ana.events).toEqual(['welcome new', 'welcome resumed', 'match Bob'])
})

test('Next while the server is dead: the partner is told so, each finds somebody, with the interests it has', async ({
  prepare,
  join,
}) => {
  const server = await prepare()
  const interests = ['jazz']
  const [ana, bob] = ['Ana', 'Bob'].map((name) => join(server.url, { name, interests })) as [
    Witness,
    Witness,
  ]
  await meet(ana, bob)
  const lost = Promise.all([ana.hasLostServer, bob.hasLostServer])
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
  await vi.waitFor(() => expect(bob.events).toContain('match Ana'), patience)
  expect(ana.events).toEqual(['leave next', 'welcome resumed', 'match Bob'])
  expect(bob.events).toEqual(
    expect.arrayContaining(['welcome resumed', 'leave partner-next', 'match Ana']),
  )
  expect(await status(server.url)).toMatchObject({ users: 2, rooms: 1, matches: 1 })
}, 40_000)

test('the partner does not come back: the call is over when it cannot any more, and the search goes on', async ({
  prepare,
  join,
}) => {
  const server = await prepare({ RESUME_GRACE_SECONDS: '3' })
  const [ana, bob] = [join(server.url, { name: 'Ana' }), join(server.url, { name: 'Bob' })]
  await meet(ana, bob)
  const lost = Promise.all([ana.hasLostServer, bob.hasLostServer])
  await server.kill()
  await lost
  bob.client.stop()
  await server.start()
  ana.client.retryNow()
  await vi.waitFor(() => expect(ana.client.state).toBe('waiting'), patience)
  expect(ana.events).toEqual(['welcome resumed', 'partner-away true', 'leave partner-lost'])
}, 40_000)

test('another key: everybody begins anew, and nobody is left in a call with nobody', async ({
  prepare,
  join,
}) => {
  const server = await prepare()
  const [ana, bob] = [join(server.url, { name: 'Ana' }), join(server.url, { name: 'Bob' })]
  await meet(ana, bob)
  const lost = Promise.all([ana.hasLostServer, bob.hasLostServer])
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
  }, patience)
}, 40_000)
