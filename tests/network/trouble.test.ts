// What happens to networks in the middle of a call: the picture goes on, or comes back.
import { setTimeout as last } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import type { Person } from '../e2e/person.ts'
import { removeLeftovers, test, withTurn } from './fixtures.ts'
import type { Home } from './virtual-network.ts'
import { missingNetworkSentence, serverAddress } from './virtual-network.ts'

const missing = missingNetworkSentence()
if (missing) console.log(`Skipped: trouble on virtual networks (${missing}).`)
else removeLeftovers()

const turn = `turn:${serverAddress}:3478?transport=udp`

interface Call {
  readonly ana: Person
  readonly bob: Person
  readonly home: Home
}

interface Started {
  readonly network: import('./virtual-network.ts').VirtualNetwork
  readonly startTurn: () => Promise<void>
  readonly startServer: (settings?: Readonly<Record<string, string>>) => Promise<string>
  readonly visit: (home: Home, url: string, browser?: 'chromium' | 'firefox') => Promise<Person>
}

/** Ana, whose home is about to have trouble, and Bob, in a call. */
async function call(
  { network, startTurn, startServer, visit }: Started,
  { query = '', turnUrls = turn, browser = 'chromium' as 'chromium' | 'firefox' } = {},
): Promise<Call> {
  await startTurn()
  const url = await startServer(withTurn(turnUrls))
  const home = network.addHome('ana')
  const [ana, bob] = await Promise.all([
    visit(home, `${url}/?name=Ana${query}`),
    visit(network.addHome('bob'), `${url}/?name=Bob${query}`, browser),
  ])
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
  return { ana, bob, home }
}

/** Resolves once both receive new frames; says how long that took. */
async function recovers(what: string, { ana, bob }: Call): Promise<void> {
  const startedAt = performance.now()
  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
  console.log(`${what}: frames on both sides after ${Math.round(performance.now() - startedAt)} ms`)
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
}

describe.skipIf(missing)('trouble in the middle of a call', () => {
  for (const browser of ['chromium', 'firefox'] as const) {
    test(`another address, with ${browser} at the other end: the call goes on by a new path`, async (started) => {
      const running = await call(started, { browser })
      running.home.changeAddress()
      await recovers('another address', running)
    })
  }

  for (const seconds of [2, 20]) {
    test(`nothing goes through for ${seconds} s: the call comes back`, async (started) => {
      const running = await call(started)
      running.home.breakDown()
      await last(seconds * 1000)
      running.home.mend()
      await recovers(`an outage of ${seconds} s`, running)
    })
  }

  test('5 of 100 packets are lost: the picture goes on', async (started) => {
    const running = await call(started)
    running.home.losePackets(5)
    await recovers('5 % loss', running)
    await recovers('5 % loss, later', running)
  })

  test('a starved link of 250 kbit/s: the picture goes on', async (started) => {
    const running = await call(started)
    running.home.starve(250)
    await recovers('250 kbit/s', running)
    await recovers('250 kbit/s, later', running)
  })

  test('200 ms there and back: a call comes about, and goes on', async (started) => {
    const { startDetour } = started
    const port = await startDetour(200)
    const turnUrls = `turn:${serverAddress}:${port}?transport=udp`
    const running = await call(started, { turnUrls, query: '&relayonly' })
    await recovers('200 ms', running)
  })
})
