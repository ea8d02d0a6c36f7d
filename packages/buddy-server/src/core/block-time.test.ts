// How long a block keeps two users apart is a setting.
import { expect, test } from 'vitest'
import { TestServer } from './core.fixture.ts'

const hourMs = 3_600_000

test('a blocked pair meets again only after the time of the setting', async () => {
  const server = new TestServer({
    blockMs: 2 * hourMs,
    userTimeoutMs: 0,
    rematchDelayMs: 0,
    avoidRecentMs: 0,
  })
  const [ana, bob] = [await server.join('192.0.2.1'), await server.join('192.0.2.2')]
  let count = 0
  const search = (): boolean => {
    const lobby = String(++count)
    for (const client of [ana, bob]) client.enter({ lobby })
    return ana.session.participant.room !== undefined
  }
  expect(search()).toBe(true)
  ana.send({ type: 'block', room: ana.session.participant.room!.id })
  expect(search()).toBe(false)
  server.clock.advance(2 * hourMs - 1000)
  expect(search()).toBe(false)
  server.clock.advance(1000)
  expect(search()).toBe(true)
})
