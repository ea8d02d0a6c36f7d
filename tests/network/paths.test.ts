// Two homes, two routers, one server between them: the call finds its way, or says why not.
import { describe, expect } from 'vitest'
import {
  meet,
  removeLeftovers,
  test,
  turnByTcp,
  turnByUdp,
  whoFindsNoPath,
  withTurn,
} from './fixtures.ts'
import { pathOf } from './path-in-use.ts'
import { missingNetworkSentence, serverAddress } from './virtual-network.ts'

const missing = missingNetworkSentence()
if (missing) console.log(`Skipped: tests on virtual networks (${missing}).`)
else removeLeftovers()

describe.skipIf(missing)('behind routers', () => {
  test('two ordinary homes: straight through both routers, with the server’s STUN', async ({
    network,
    startTurn,
    startServer,
    visit,
  }) => {
    await startTurn()
    const url = await startServer({ ICE_SERVERS: `stun:${serverAddress}:3478` })
    const [ana, bob] = await Promise.all([
      visit(network.addHome('ana'), `${url}/?name=Ana`),
      visit(network.addHome('bob'), `${url}/?name=Bob`),
    ])
    await meet(ana, bob)
    expect((await pathOf(ana)).local).not.toBe('relay')
  })

  test('only the TURN server between them: through that', async ({
    network,
    startTurn,
    startServer,
    visit,
  }) => {
    await startTurn()
    const url = await startServer(withTurn(turnByUdp))
    const homes = [network.addHome('ana'), network.addHome('bob')] as const
    for (const home of homes) home.allowOnlyServer()
    const [ana, bob] = await Promise.all([
      visit(homes[0], `${url}/?name=Ana`),
      visit(homes[1], `${url}/?name=Bob`),
    ])
    await meet(ana, bob)
    const { local, remote } = await pathOf(ana)
    expect([local, remote]).toContain('relay')
  })

  test('symmetric routers on both sides, which no hole can be punched through: by TURN', async ({
    network,
    startTurn,
    startServer,
    visit,
  }) => {
    await startTurn()
    const url = await startServer(withTurn(turnByUdp))
    const [ana, bob] = await Promise.all([
      visit(network.addHome('ana', 'symmetric'), `${url}/?name=Ana`),
      visit(network.addHome('bob', 'symmetric'), `${url}/?name=Bob`),
    ])
    await meet(ana, bob)
    const { local, remote } = await pathOf(ana)
    expect([local, remote]).toContain('relay')
  })

  test('UDP is blocked: by TURN over TCP; Chromium with Firefox', async ({
    network,
    startTurn,
    startServer,
    visit,
  }) => {
    await startTurn()
    const url = await startServer(withTurn(`${turnByUdp},${turnByTcp}`))
    const homes = [network.addHome('ana'), network.addHome('bob')] as const
    for (const home of homes) home.blockUdp()
    const [ana, bob] = await Promise.all([
      visit(homes[0], `${url}/?name=Ana`),
      visit(homes[1], `${url}/?name=Bob`, process.env['BUDDY_FIREFOX'] ? 'firefox' : 'chromium'),
    ])
    await meet(ana, bob)
    expect((await pathOf(ana)).protocol).toBe('tcp')
  })

  test('credentials by another secret are refused by coturn: no path, and the element says so', async ({
    network,
    startTurn,
    startServer,
    visit,
  }) => {
    await startTurn('another secret than the server has')
    const url = await startServer(withTurn(turnByUdp))
    const homes = [network.addHome('ana'), network.addHome('bob')] as const
    for (const home of homes) home.allowOnlyServer()
    const [ana, bob] = await Promise.all([
      visit(homes[0], `${url}/?name=Ana`),
      visit(homes[1], `${url}/?name=Bob`),
    ])
    await Promise.all([ana.press('start-button'), bob.press('start-button')])
    await whoFindsNoPath(ana, bob)
  })
})
