// TURN credentials expire. A call that lasts longer must still be able to allocate a relay.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { RecordedPage } from './peer-connections.ts'
import { recordConnections } from './peer-connections.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

/**
 * Resolves when the connection of the running call and the one prepared for the next call both have the
 * same TURN user name, and it differs from `before`. The name begins with its expiry time.
 */
async function userName({ page }: Visitor, before = ''): Promise<string> {
  const handle = await page.waitForFunction(
    (old) => {
      const names = (
        state: 'connectionState' | 'signalingState',
        wanted: string,
      ): (string | undefined)[] =>
        (window as unknown as RecordedPage).connections
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

test('sets renewed TURN credentials on the running connection and on the one prepared for Next', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({
    // Nothing listens there: this test looks at the credentials only.
    turnUrls: ['turn:127.0.0.1:9'],
    turnSecret: 'shared with coturn',
    turnTtlMs: 3000,
  })
  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  await Promise.all([recordConnections(ana), recordConnections(bob)])
  await meet(ana, bob)
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  // Check both sides, because the offerer and the answerer create their connections differently.
  await Promise.all(
    [ana, bob].map(async (visitor) => {
      const before = await userName(visitor)
      const after = await userName(visitor, before)
      expect(parseInt(after)).toBeGreaterThan(parseInt(before))
    }),
  )
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  expect((await ana.record()).events).toEqual([{ name: 'match', about: 'Bob' }])
})
