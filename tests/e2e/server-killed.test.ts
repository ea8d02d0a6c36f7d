// The server dies in the middle of a call, and is started again. Nobody on the call needs to notice.
import { expect } from 'vitest'
import type { ServerProcess } from '../server-process.ts'
import { prepareServerProcess } from '../server-process.ts'
import { test as base } from './fixtures.ts'
import type { Person } from './person.ts'

const test = base.extend<{ readonly server: ServerProcess }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  server: async ({}, use) => {
    const server = await prepareServerProcess()
    await server.start()
    await use(server)
    await server.kill()
  },
})

const occurrences = async (person: Person, line: string): Promise<number> =>
  (await person.text()).split(line).length - 1

test('killed and started again in a call: frames never stop, the session goes on, text typed meanwhile arrives once, and Next still works', async ({
  server,
  visit,
}) => {
  const [ana, bob] = await Promise.all([
    visit(`${server.url}/?name=Ana`),
    visit(`${server.url}/?name=Bob`),
  ])
  const both = [ana, bob]
  await Promise.all(both.map((person) => person.press('start-button')))
  await Promise.all(both.map((person) => person.is('connected')))
  await Promise.all(both.map((person) => person.receivesMedia()))
  const before = await Promise.all(both.map((person) => person.received()))

  await server.kill()
  await Promise.all(
    both.map((person) => person.sees('The server is out of reach. Your call goes on.')),
  )
  await Promise.all(both.map((person) => person.receivesMedia(20)))
  for (const [person, line] of [
    [ana, 'Ana typed meanwhile'],
    [bob, 'Bob typed meanwhile'],
  ] as const) {
    await person.types('text-input', line)
    await person.press('send-button')
  }
  const during = await Promise.all(both.map((person) => person.received()))

  await server.start()
  await Promise.all([ana.sees('Bob typed meanwhile'), bob.sees('Ana typed meanwhile')])
  for (const person of both) {
    await expect.poll(() => person.text(), { timeout: 20_000 }).not.toContain('out of reach')
    await expect.poll(() => person.text()).not.toContain('interrupted')
  }
  await Promise.all(both.map((person) => person.receivesMedia(20)))
  const after = await Promise.all(both.map((person) => person.received()))
  for (const [index, person] of both.entries()) {
    // One connection throughout: the counts of another would begin at nothing.
    const frames = [before, during, after].map((at) => at[index]!.framesDecoded)
    expect(frames[1]! - frames[0]!).toBeGreaterThanOrEqual(20)
    expect(frames[2]! - frames[1]!).toBeGreaterThanOrEqual(20)
    expect(await person.state()).toBe('connected')
    const { events } = await person.record()
    expect(events.map(({ name }) => name)).toEqual(['match'])
    for (const line of ['Ana typed meanwhile', 'Bob typed meanwhile']) {
      expect(await occurrences(person, line)).toBe(1)
    }
  }
  const status = await (await fetch(`${server.url}/status`)).json()
  expect(status).toMatchObject({ users: 2, away: 0, waiting: 0, rooms: 1, matches: 0 })

  await ana.press('next-button')
  await Promise.all(both.map((person) => person.matches(2)))
  await Promise.all(both.map((person) => person.is('connected')))
  await Promise.all(both.map((person) => person.receivesMedia()))
  expect((await bob.record()).events.map(({ about }) => about)).toEqual([
    'Ana',
    'partner-next',
    'Ana',
  ])
})
