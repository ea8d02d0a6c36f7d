// The connection doctor at visitors whose network is broken in a known way: it says that, and nothing else.
import { describe, expect } from 'vitest'
import type { Visitor } from '../e2e/visitor.ts'
import {
  removeLeftovers,
  test,
  turnByTcp,
  turnByUdp,
  whoFindsNoPath,
  withTurn,
} from './fixtures.ts'
import { missingNetworkSentence } from './virtual-network.ts'

const missing = missingNetworkSentence()
if (missing) console.log(`Skipped: the doctor on virtual networks (${missing}).`)
else removeLeftovers()

const bothWays = withTurn(`${turnByUdp},${turnByTcp}`)
const browsers = process.env['BUDDY_FIREFOX']
  ? (['chromium', 'firefox'] as const)
  : (['chromium'] as const)

/** Has the element look, up to its end. Returns the codes of what it shows about the network. */
async function examine({ page }: Visitor): Promise<Readonly<Record<string, string>>> {
  return page.$eval('buddy-chat', async (element) => {
    const chat = element as unknown as {
      showDoctor(): Promise<void>
      updateComplete: Promise<void>
    }
    await chat.showDoctor()
    await chat.updateComplete
    const rows = element.shadowRoot?.querySelectorAll<HTMLElement>('[part~="check"]') ?? []
    const codes = [...rows].map((row): [string, string] => [
      row.part[1]?.replace('check-', '') ?? '',
      row.dataset['code'] ?? '',
    ])
    const network = new Set(['server', 'clock', 'udp', 'turn-udp', 'turn-tcp'])
    return Object.fromEntries(codes.filter(([name]) => network.has(name)))
  })
}

/** How often the server's metrics have this reason. */
async function told({ page }: Visitor, reason: string): Promise<number> {
  const text = await page.evaluate(async () => (await fetch('/metrics')).text())
  const [, count] =
    new RegExp(`buddy_call_failures_total{reason="${reason}"} (\\d+)`).exec(text) ?? []
  return Number(count ?? 0)
}

describe.skipIf(missing)('the connection doctor', () => {
  for (const browser of browsers) {
    test(`${browser}, all is well: it finds nothing, and nothing is told`, async ({
      network,
      startTurn,
      startServer,
      visit,
    }) => {
      await startTurn()
      const ana = await visit(network.addHome('ana'), await startServer(bothWays), browser)
      expect(await examine(ana)).toEqual({
        server: 'ok',
        clock: 'ok',
        udp: 'ok',
        'turn-udp': 'ok',
        'turn-tcp': 'ok',
      })
      expect(await told(ana, 'udp-blocked')).toBe(0)
    })

    test(`${browser}, UDP is blocked: it says so, and that the relay answers by TCP`, async ({
      network,
      startTurn,
      startServer,
      visit,
    }) => {
      await startTurn()
      const home = network.addHome('ana')
      home.blockUdp()
      const ana = await visit(home, await startServer(bothWays), browser)
      expect(await examine(ana)).toEqual({
        server: 'ok',
        clock: 'ok',
        udp: 'udp-blocked',
        'turn-udp': 'turn-unreachable',
        'turn-tcp': 'ok',
      })
      await ana.waitForText('Nothing came back by UDP')
      expect(await told(ana, 'udp-blocked')).toBe(1)
    })

    test(`${browser}, credentials by another secret than the TURN server’s: it says so`, async ({
      network,
      startTurn,
      startServer,
      visit,
    }) => {
      await startTurn('another secret than the server has')
      const ana = await visit(network.addHome('ana'), await startServer(bothWays), browser)
      expect(await examine(ana)).toMatchObject({
        udp: 'ok',
        'turn-udp': 'turn-credentials',
        'turn-tcp': 'turn-credentials',
      })
      await ana.waitForText('its secret or its clock is not the server’s')
      expect(await told(ana, 'turn-credentials')).toBe(1)
    })
  }

  test('a call finds no path: that is told, and the doctor is offered', async ({
    bringTogether,
  }) => {
    const { ana, bob } = await bringTogether({
      turnSecret: 'another secret than the server has',
      settings: bothWays,
      query: '&relayonly',
    })
    await Promise.all([ana.press('start-button'), bob.press('start-button')])
    const visitor = await whoFindsNoPath(ana, bob)
    expect(await told(visitor, 'no-path')).toBeGreaterThan(0)
    await visitor.press('doctor-button')
    await visitor.waitForText('its secret or its clock is not the server’s')
  })

  test('the TURN server is down: it is not mistaken for a refusal', async ({
    network,
    startServer,
    visit,
  }) => {
    const ana = await visit(network.addHome('ana'), await startServer(bothWays))
    expect(await examine(ana)).toMatchObject({
      server: 'ok',
      'turn-udp': 'turn-unreachable',
      'turn-tcp': 'turn-unreachable',
    })
  })

  test('the server is out of reach: it says so, and does not guess at what comes after', async ({
    network,
    startServer,
    visit,
  }) => {
    const home = network.addHome('ana')
    const ana = await visit(home, await startServer(bothWays))
    home.dropAll()
    expect(await examine(ana)).toEqual({
      server: 'server-unreachable',
      clock: 'not-reached',
      udp: 'not-reached',
      'turn-udp': 'not-reached',
      'turn-tcp': 'not-reached',
    })
    await ana.waitForText('Check your connection.')
  })
})
