// Losing the connection to the server does not end a call, because media is peer to peer. The
// session is resumed later.
import { expect } from 'vitest'
import { createBreakableNetwork } from '../breakable-network.ts'
import { test } from './fixtures.ts'
import { meet } from './visitor.ts'

test('while the server is unreachable, media flows and a notice is shown; a text typed meanwhile is delivered once afterwards', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const network = await createBreakableNetwork(url)
  try {
    const [ana, bob] = await Promise.all([
      visit(`${network.url}/?name=Ana`),
      visit(`${url}/?name=Bob`),
    ])
    await meet(ana, bob)
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])

    network.disconnect()
    await ana.waitForText('The server is out of reach. Your call goes on.')
    await bob.waitForText('Ana’s connection is interrupted…')
    await Promise.all([ana.waitForMedia(20), bob.waitForMedia(20)])
    await ana.type('text-input', 'typed meanwhile')
    await ana.press('send-button')

    network.restore()
    await bob.waitForText('typed meanwhile')
    expect((await bob.text()).match(/typed meanwhile/g)).toHaveLength(1)
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    await expect.poll(() => ana.text()).not.toContain('out of reach')
    expect(await bob.text()).not.toContain('interrupted')
    expect(server.status()).toMatchObject({ users: 2, away: 0, rooms: 1, matches: 1 })
    expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
  } finally {
    network.close()
  }
})
