// The network changes or fails during a call. Media recovers.
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { isFullBrowserRun } from '../full-browser-run.ts'
import { describeOnNetwork, test } from './fixtures.ts'
import { expectRecovery } from './recovery.ts'
import { recordSent, sentMessages, signalsOf } from './sent-frames.ts'

describeOnNetwork('network trouble during a call', () => {
  if (isFullBrowserRun) {
    test('two Chromiums: a call moves to a new path when the IP address changes', async ({
      startCall,
    }) => {
      const running = await startCall()
      running.home.changeAddress()
      await expectRecovery('another address', running)
    })
  }

  for (const newcomer of isFullBrowserRun ? (['ana', 'bob'] as const) : (['bob'] as const)) {
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

  for (const seconds of isFullBrowserRun ? [2, 20] : [20]) {
    test(`a call recovers after an outage of ${seconds} s`, async ({ startCall }) => {
      const running = await startCall()
      running.home.dropAll()
      await wait(seconds * 1000)
      running.home.restore()
      await expectRecovery(`an outage of ${seconds} s`, running)
    })
  }
})
