// The network changes, fails or becomes slow during a call. Media continues, or recovers.
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Call } from './fixtures.ts'
import { describeOnNetwork, test, withTurn } from './fixtures.ts'
import { recordSent, sentMessages, signalsOf } from './sent-frames.ts'
import { serverAddress } from './virtual-network.ts'

/** Waits until both visitors receive new frames, and prints how long that took. */
async function expectRecovery(what: string, { ana, bob }: Call): Promise<void> {
  const startedAt = performance.now()
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  console.log(`${what}: frames on both sides after ${Math.round(performance.now() - startedAt)} ms`)
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
}

describeOnNetwork('network trouble during a call', () => {
  test('a call moves to a new path when the IP address changes', async ({ startCall }) => {
    const running = await startCall()
    running.home.changeAddress()
    await expectRecovery('another address', running)
  })

  for (const newcomer of ['ana', 'bob'] as const) {
    const offerer = { ana: 'Chromium', bob: 'Firefox' }[newcomer]
    test(`Chromium and Firefox, offers from ${offerer}: the client restarts ICE after an address change, and creates a new connection if a restart fails`, async ({
      startCall,
    }) => {
      const running = await startCall({ browser: 'firefox', newcomer })
      const { ana, bob, home } = running
      const connections = async (): Promise<number> => {
        const sent = [...(await sentMessages(ana)), ...(await sentMessages(bob))]
        return Math.max(...signalsOf(sent).map(({ generation }) => generation ?? 0))
      }
      await Promise.all([recordSent(ana), recordSent(bob)])
      home.changeAddress()
      await expectRecovery('another address', running)
      for (const visitor of [ana, bob]) {
        await expect.poll(() => visitor.text()).not.toContain('interrupted')
      }
      expect(await connections()).toBe(0)

      home.blockUdp()
      await ana.waitForText('Still interrupted')
      home.restore()
      await expectRecovery('UDP blocked for a while', running)
      expect(await connections()).toBe(1)
    })
  }

  for (const seconds of [2, 20]) {
    test(`a call recovers after an outage of ${seconds} s`, async ({ startCall }) => {
      const running = await startCall()
      running.home.dropAll()
      await wait(seconds * 1000)
      running.home.restore()
      await expectRecovery(`an outage of ${seconds} s`, running)
    })
  }

  test('media keeps flowing at a packet loss of 5 %', async ({ startCall }) => {
    const running = await startCall()
    running.home.dropPackets(5)
    await expectRecovery('5 % loss', running)
    await expectRecovery('5 % loss, later', running)
  })

  test('media keeps flowing on an uplink of 250 kbit/s', async ({ startCall }) => {
    const running = await startCall()
    running.home.limitUpload(250)
    await expectRecovery('250 kbit/s', running)
    await expectRecovery('250 kbit/s, later', running)
  })

  test('a call connects and media keeps flowing with a round-trip time of 200 ms to the relay', async ({
    startCall,
    startDelayedTurn,
  }) => {
    const port = await startDelayedTurn(200)
    const settings = withTurn(`turn:${serverAddress}:${port}?transport=udp`)
    const running = await startCall({ settings, query: '&relayonly' })
    await expectRecovery('200 ms', running)
  })
})
