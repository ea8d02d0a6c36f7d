// The server process is killed during a call and started again. The call must continue.
import { expect } from 'vitest'
import type { ServerProcess } from '../server-process.ts'
import { prepareServerProcess } from '../server-process.ts'
import { test as base } from './fixtures.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

const test = base.extend<{ readonly server: ServerProcess }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  server: async ({}, use) => {
    const server = await prepareServerProcess()
    await server.start()
    await use(server)
    await server.kill()
  },
})

const occurrences = async (visitor: Visitor, text: string): Promise<number> =>
  (await visitor.text()).split(text).length - 1

test('a call survives a killed and restarted server: media flows, both sessions are restored, each text arrives once, and Next works', async ({
  server,
  visit,
}) => {
  const [ana, bob] = await Promise.all([
    visit(`${server.url}/?name=Ana`),
    visit(`${server.url}/?name=Bob`),
  ])
  const both = [ana, bob]
  await meet(ana, bob)
  await Promise.all(both.map((visitor) => visitor.waitForMedia()))
  const before = await Promise.all(both.map((visitor) => visitor.receivedMedia()))

  await server.kill()
  await Promise.all(
    both.map((visitor) => visitor.waitForText('The server is out of reach. Your call goes on.')),
  )
  await Promise.all(both.map((visitor) => visitor.waitForMedia(20)))
  for (const [visitor, text] of [
    [ana, 'Ana typed meanwhile'],
    [bob, 'Bob typed meanwhile'],
  ] as const) {
    await visitor.type('text-input', text)
    await visitor.press('send-button')
  }
  const during = await Promise.all(both.map((visitor) => visitor.receivedMedia()))

  await server.start()
  await Promise.all([
    ana.waitForText('Bob typed meanwhile'),
    bob.waitForText('Ana typed meanwhile'),
  ])
  for (const visitor of both) {
    await expect.poll(() => visitor.text(), { timeout: 20_000 }).not.toContain('out of reach')
    await expect.poll(() => visitor.text()).not.toContain('interrupted')
  }
  await Promise.all(both.map((visitor) => visitor.waitForMedia(20)))
  const after = await Promise.all(both.map((visitor) => visitor.receivedMedia()))
  for (const [index, visitor] of both.entries()) {
    // The differences also show that the peer connection is the same, because the count of a new
    // one starts at 0.
    const frames = [before, during, after].map((at) => at[index]!.framesDecoded)
    expect(frames[1]! - frames[0]!).toBeGreaterThanOrEqual(20)
    expect(frames[2]! - frames[1]!).toBeGreaterThanOrEqual(20)
    expect(await visitor.state()).toBe('connected')
    const { events } = await visitor.record()
    expect(events.map(({ name }) => name)).toEqual(['match'])
    for (const text of ['Ana typed meanwhile', 'Bob typed meanwhile']) {
      expect(await occurrences(visitor, text)).toBe(1)
    }
  }
  const status = await (await fetch(`${server.url}/status`)).json()
  expect(status).toMatchObject({ users: 2, away: 0, waiting: 0, rooms: 1, matches: 0 })

  await ana.press('next-button')
  await Promise.all(both.map((visitor) => visitor.waitForMatches(2)))
  await Promise.all(both.map((visitor) => visitor.waitForState('connected')))
  await Promise.all(both.map((visitor) => visitor.waitForMedia()))
  expect((await bob.record()).events.map(({ about }) => about)).toEqual([
    'Ana',
    'partner-next',
    'Ana',
  ])
})
