// Two homes, two routers, one server between them: the call finds its way, or says why not.
import { describe, expect } from 'vitest'
import {
  otherBrowser,
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
    startCall,
  }) => {
    const settings = { ICE_SERVERS: `stun:${serverAddress}:3478` }
    const { ana } = await startCall({ settings })
    expect((await pathOf(ana)).local).not.toBe('relay')
  })

  test('only the TURN server between them: through that', async ({ startCall }) => {
    const { ana } = await startCall({ trouble: (home) => home.allowOnlyServer() })
    const { local, remote } = await pathOf(ana)
    expect([local, remote]).toContain('relay')
  })

  test('symmetric routers on both sides, which no hole can be punched through: by TURN', async ({
    startCall,
  }) => {
    const { ana } = await startCall({ translation: 'symmetric' })
    const { local, remote } = await pathOf(ana)
    expect([local, remote]).toContain('relay')
  })

  test('UDP is blocked: by TURN over TCP; Chromium with Firefox', async ({ startCall }) => {
    const { ana } = await startCall({
      settings: withTurn(`${turnByUdp},${turnByTcp}`),
      trouble: (home) => home.blockUdp(),
      browser: otherBrowser,
    })
    expect((await pathOf(ana)).protocol).toBe('tcp')
  })

  test('credentials by another secret are refused by coturn: no path, and the element says so', async ({
    bringTogether,
  }) => {
    const { ana, bob } = await bringTogether({
      turnSecret: 'another secret than the server has',
      trouble: (home) => home.allowOnlyServer(),
    })
    await Promise.all([ana.press('start-button'), bob.press('start-button')])
    await whoFindsNoPath(ana, bob)
  })
})
