// In many video chats, the remote video of the second call stays black until the page is reloaded.
// Buddy must not have this fault.
import { expect } from 'vitest'
import { test } from './fixtures.ts'

test('each of five calls in a row has moving video and audio', async ({ startServer, visit }) => {
  const { server, url } = await startServer({ rematchDelayMs: 50 })
  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  for (let call = 1; call <= 5; call++) {
    await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
    expect(server.status().matches).toBe(call)
    await Promise.all([ana.waitForMovement(), bob.waitForMovement()])
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    if (call === 5) break
    const [leaving, staying] = call % 2 === 0 ? [ana, bob] : [bob, ana]
    await leaving.press('next-button')
    await Promise.all([leaving.waitForMatches(call + 1), staying.waitForMatches(call + 1)])
  }
  expect([...ana.errors, ...bob.errors]).toEqual([])
})
