// TURN credentials end by themselves. A call that outlasts them has to find a relay all the same.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Person } from './person.ts'

interface Page {
  readonly connections: RTCPeerConnection[]
}

/** From now on: keeps every peer connection the page makes. */
async function observe({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    const { connections } = Object.assign(window, { connections: [] as RTCPeerConnection[] })
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        connections.push(this)
      }
    }
  })
}

/**
 * Resolves with the TURN user name that both the running call's connection and the one prepared for the
 * next have, once it is another than `before`. It begins with the time it ends at.
 */
async function userName({ page }: Person, before = ''): Promise<string> {
  const handle = await page.waitForFunction(
    (old) => {
      const names = (
        state: 'connectionState' | 'signalingState',
        wanted: string,
      ): (string | undefined)[] =>
        (window as unknown as Page).connections
          .filter((connection) => connection[state] === wanted)
          .map((connection) => connection.getConfiguration().iceServers?.[0]?.username)
      const [running] = names('connectionState', 'connected')
      const [prepared] = names('signalingState', 'have-local-offer')
      return running && running !== old && running === prepared ? running : undefined
    },
    { polling: 50 },
    before,
  )
  return String(await handle.jsonValue())
}

test('renewed in a call: the connection that runs has the new ones, and so has the one prepared for Next', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({
    // Nobody is there: who asks matters, not the answer.
    turnUrls: ['turn:127.0.0.1:9'],
    turnSecret: 'shared with coturn',
    turnTtlMs: 3000,
  })
  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  await Promise.all([observe(ana), observe(bob)])
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
  // Who made the offer and who answered it came by their connections in different ways.
  await Promise.all(
    [ana, bob].map(async (person) => {
      const before = await userName(person)
      const after = await userName(person, before)
      expect(parseInt(after)).toBeGreaterThan(parseInt(before))
    }),
  )
  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
  expect((await ana.record()).events).toEqual([{ name: 'match', about: 'Bob' }])
})
