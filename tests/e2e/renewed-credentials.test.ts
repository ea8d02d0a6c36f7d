// TURN credentials expire. A call that lasts longer must still be able to allocate a relay, for
// example to restore a lost path.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { RecordedPage } from './peer-connections.ts'
import { recordConnections } from './peer-connections.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

/**
 * Resolves with the TURN user name, which begins with its expiry time. Waits until the connection
 * of the call and the one prepared for the next call both have the same name, and until that name
 * differs from `before`.
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

test('renewed TURN credentials are set on the connection of the call and on the one prepared for the next call', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({
    // No TURN server listens there, because this test only looks at the credentials.
    turnUrls: ['turn:127.0.0.1:9'],
    turnSecret: 'shared with coturn',
    turnTtlMs: 3000,
  })
  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  await Promise.all([recordConnections(ana), recordConnections(bob)])
  await meet(ana, bob)
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  // Both users are checked, because offerer and answerer create their connections in different
  // ways.
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
