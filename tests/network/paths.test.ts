// Two homes behind routers, and a server between them. A call finds a path, or reports why there is
// none.
import { expect } from 'vitest'
import {
  describeOnNetwork,
  otherBrowser,
  test,
  turnByTcp,
  turnByUdp,
  waitForNoPath,
  withTurn,
} from './fixtures.ts'
import { pathOf } from './path-in-use.ts'
import { serverAddress } from './virtual-network.ts'

describeOnNetwork('paths of a call behind routers', () => {
  test('a call connects directly through two port-preserving routers with STUN', async ({
    startCall,
  }) => {
    const settings = { ICE_SERVERS: `stun:${serverAddress}:3478` }
    const { ana } = await startCall({ settings })
    expect((await pathOf(ana)).local).not.toBe('relay')
  })

  test('a call connects through the TURN server if the homes cannot reach each other', async ({
    startCall,
  }) => {
    const { ana } = await startCall({ prepareHome: (home) => home.allowOnlyServer() })
    const { local, remote } = await pathOf(ana)
    expect([local, remote]).toContain('relay')
  })

  test('a call connects through the TURN server behind two symmetric routers', async ({
    startCall,
  }) => {
    const { ana } = await startCall({ mapping: 'symmetric' })
    const { local, remote } = await pathOf(ana)
    expect([local, remote]).toContain('relay')
  })

  test(`a call between Chromium and ${otherBrowser} connects through TURN over TCP if UDP is blocked`, async ({
    startCall,
  }) => {
    const { ana } = await startCall({
      settings: withTurn(`${turnByUdp},${turnByTcp}`),
      prepareHome: (home) => home.blockUdp(),
      browser: otherBrowser,
    })
    expect((await pathOf(ana)).protocol).toBe('tcp')
  })

  test('both visitors see that no connection was possible if coturn rejects the credentials', async ({
    openPages,
  }) => {
    const { ana, bob } = await openPages({
      turnSecret: 'another secret than the server has',
      prepareHome: (home) => home.allowOnlyServer(),
    })
    await Promise.all([ana.press('start-button'), bob.press('start-button')])
    await waitForNoPath(ana, bob)
  })
})
