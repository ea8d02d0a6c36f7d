// What happens to networks in the middle of a call: the picture goes on, or comes back.
import { setTimeout as last } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import type { Call } from './fixtures.ts'
import { removeLeftovers, test, withTurn } from './fixtures.ts'
import { recordSent, sentMessages, signalsOf } from './sent-frames.ts'
import { missingNetworkSentence, serverAddress } from './virtual-network.ts'

const missing = missingNetworkSentence()
if (missing) console.log(`Skipped: trouble on virtual networks (${missing}).`)
else removeLeftovers()

/** Resolves once both receive new frames; says how long that took. */
async function recovers(what: string, { ana, bob }: Call): Promise<void> {
  const startedAt = performance.now()
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  console.log(`${what}: frames on both sides after ${Math.round(performance.now() - startedAt)} ms`)
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
}

describe.skipIf(missing)('trouble in the middle of a call', () => {
  test('another address: the call goes on by a new path', async ({ startCall }) => {
    const running = await startCall()
    running.home.changeAddress()
    await recovers('another address', running)
  })

  for (const newcomer of ['ana', 'bob'] as const) {
    const offers = { ana: 'Chromium', bob: 'Firefox' }[newcomer]
    test(`Chromium and Firefox, ${offers} makes the offers: another address takes a restart, and where that does not help a new connection`, async ({
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
      await recovers('another address', running)
      for (const visitor of [ana, bob]) {
        await expect.poll(() => visitor.text()).not.toContain('interrupted')
      }
      expect(await connections()).toBe(0)

      home.blockUdp()
      await ana.waitForText('Still interrupted')
      home.restore()
      await recovers('UDP blocked for a while', running)
      expect(await connections()).toBe(1)
    })
  }

  for (const seconds of [2, 20]) {
    test(`nothing goes through for ${seconds} s: the call comes back`, async ({ startCall }) => {
      const running = await startCall()
      running.home.dropAll()
      await last(seconds * 1000)
      running.home.restore()
      await recovers(`an outage of ${seconds} s`, running)
    })
  }

  test('5 of 100 packets are lost: the picture goes on', async ({ startCall }) => {
    const running = await startCall()
    running.home.dropPackets(5)
    await recovers('5 % loss', running)
    await recovers('5 % loss, later', running)
  })

  test('a starved link of 250 kbit/s: the picture goes on', async ({ startCall }) => {
    const running = await startCall()
    running.home.limitUpload(250)
    await recovers('250 kbit/s', running)
    await recovers('250 kbit/s, later', running)
  })

  test('200 ms there and back: a call comes about, and goes on', async ({
    startCall,
    startDetour,
  }) => {
    const port = await startDetour(200)
    const settings = withTurn(`turn:${serverAddress}:${port}?transport=udp`)
    const running = await startCall({ settings, query: '&relayonly' })
    await recovers('200 ms', running)
  })
})
