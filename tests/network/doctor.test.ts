// The connection doctor on networks with a known fault. It must report this fault and no other.
import { expect } from 'vitest'
import type { Visitor } from '../e2e/visitor.ts'
import { isFullBrowserRun } from '../full-browser-run.ts'
import {
  describeOnNetwork,
  test,
  turnByTcp,
  turnByUdp,
  waitForNoPath,
  withTurn,
} from './fixtures.ts'

const udpAndTcp = withTurn(`${turnByUdp},${turnByTcp}`)
const browsers =
  process.env['BUDDY_FIREFOX'] && isFullBrowserRun
    ? (['chromium', 'firefox'] as const)
    : (['chromium'] as const)

/**
 * Runs the connection doctor of the element. Resolves with the result codes of the checks of the
 * network.
 */
async function runDoctor({ page }: Visitor): Promise<Readonly<Record<string, string>>> {
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

/** Returns how many reports with this reason the server has counted in its metrics. */
async function countReports({ page }: Visitor, reason: string): Promise<number> {
  const text = await page.evaluate(async () => (await fetch('/metrics')).text())
  const [, count] =
    new RegExp(`buddy_call_failures_total{reason="${reason}"} (\\d+)`).exec(text) ?? []
  return Number(count ?? 0)
}

describeOnNetwork('the connection doctor', () => {
  for (const browser of browsers) {
    test(`${browser}: finds no fault on a working network, and sends no report`, async ({
      network,
      startTurn,
      startServer,
      visit,
    }) => {
      await startTurn()
      const ana = await visit(network.addHome('ana'), await startServer(udpAndTcp), browser)
      expect(await runDoctor(ana)).toEqual({
        server: 'ok',
        clock: 'ok',
        udp: 'ok',
        'turn-udp': 'ok',
        'turn-tcp': 'ok',
      })
      expect(await countReports(ana, 'udp-blocked')).toBe(0)
    })

    test(`${browser}: reports that UDP is blocked and that the relay answers over TCP`, async ({
      network,
      startTurn,
      startServer,
      visit,
    }) => {
      await startTurn()
      const home = network.addHome('ana')
      home.blockUdp()
      const ana = await visit(home, await startServer(udpAndTcp), browser)
      expect(await runDoctor(ana)).toEqual({
        server: 'ok',
        clock: 'ok',
        udp: 'udp-blocked',
        'turn-udp': 'turn-unreachable',
        'turn-tcp': 'ok',
      })
      await ana.waitForText('No answer came back over UDP')
      expect(await countReports(ana, 'udp-blocked')).toBe(1)
    })

    test(`${browser}: reports rejected credentials if the TURN server has another secret than the server`, async ({
      network,
      startTurn,
      startServer,
      visit,
    }) => {
      await startTurn('another secret than the server has')
      const ana = await visit(network.addHome('ana'), await startServer(udpAndTcp), browser)
      expect(await runDoctor(ana)).toMatchObject({
        udp: 'ok',
        'turn-udp': 'turn-credentials',
        'turn-tcp': 'turn-credentials',
      })
      await ana.waitForText('its secret or its clock differs from the server’s')
      expect(await countReports(ana, 'turn-credentials')).toBe(1)
    })
  }

  test('is offered by the element after a call that found no network path, which is reported to the server', async ({
    openPages,
  }) => {
    const { ana, bob } = await openPages({
      turnSecret: 'another secret than the server has',
      settings: udpAndTcp,
      query: '&relayonly',
    })
    await Promise.all([ana.press('start-button'), bob.press('start-button')])
    const visitor = await waitForNoPath(ana, bob)
    expect(await countReports(visitor, 'no-path')).toBeGreaterThan(0)
    await visitor.press('doctor-button')
    await visitor.waitForText('its secret or its clock differs from the server’s')
  })

  test('reports that a TURN server is unreachable, not that it rejects credentials, if it does not run', async ({
    network,
    startServer,
    visit,
  }) => {
    const ana = await visit(network.addHome('ana'), await startServer(udpAndTcp))
    expect(await runDoctor(ana)).toMatchObject({
      server: 'ok',
      'turn-udp': 'turn-unreachable',
      'turn-tcp': 'turn-unreachable',
    })
  })

  test('reports that the server is unreachable, and skips the later checks', async ({
    network,
    startServer,
    visit,
  }) => {
    const home = network.addHome('ana')
    const ana = await visit(home, await startServer(udpAndTcp))
    home.dropAll()
    expect(await runDoctor(ana)).toEqual({
      server: 'server-unreachable',
      clock: 'not-reached',
      udp: 'not-reached',
      'turn-udp': 'not-reached',
      'turn-tcp': 'not-reached',
    })
    await ana.waitForText('Check your connection.')
  })
})
