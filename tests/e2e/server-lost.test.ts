// A lost socket is not a lost call: media runs from browser to browser, and the session waits.
import { expect } from 'vitest'
import { createBreakableNetwork } from '../breakable-network.ts'
import { test } from './fixtures.ts'

test('the way to the server breaks in a call: the picture goes on, words say so, and text typed meanwhile arrives once', async ({
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
    await Promise.all([ana.press('start-button'), bob.press('start-button')])
    await Promise.all([ana.is('connected'), bob.is('connected')])
    await Promise.all([ana.receivesMedia(), bob.receivesMedia()])

    network.breakDown()
    await ana.sees('The server is out of reach. Your call goes on.')
    await bob.sees('Ana’s connection is interrupted…')
    await Promise.all([ana.receivesMedia(20), bob.receivesMedia(20)])
    await ana.types('text-input', 'typed meanwhile')
    await ana.press('send-button')

    network.mend()
    await bob.sees('typed meanwhile')
    expect((await bob.text()).match(/typed meanwhile/g)).toHaveLength(1)
    await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
    await expect.poll(() => ana.text()).not.toContain('out of reach')
    expect(await bob.text()).not.toContain('interrupted')
    expect(server.status()).toMatchObject({ users: 2, away: 0, rooms: 1, matches: 1 })
    expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
  } finally {
    network.close()
  }
})
