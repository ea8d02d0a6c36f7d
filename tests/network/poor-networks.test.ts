// The network loses packets, or is slow. Media continues. quality.test.ts checks the same on two of these networks,
// which are therefore left out here by npm test.
import { isFullBrowserRun } from '../full-browser-run.ts'
import { describeOnNetwork, test, withTurn } from './fixtures.ts'
import { expectRecovery } from './recovery.ts'
import { serverAddress } from './virtual-network.ts'

describeOnNetwork('calls over poor networks', () => {
  if (isFullBrowserRun) {
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
  }

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
