// Four people at once: two pairs, who change partners in every way there is.
import { expect, vi } from 'vitest'
import { test } from './fixtures.ts'
import { Person } from './person.ts'

interface Someone {
  readonly name: string
  readonly person: Person
}

/** Who sees whom, by name; fails unless everybody is in a call and it is mutual. */
async function pairs(people: readonly Someone[]): Promise<Map<string, string>> {
  await Promise.all(people.map(({ person }) => person.is('connected')))
  const seen = new Map<string, string>()
  for (const { name, person } of people) seen.set(name, await person.partnerName())
  for (const [name, partner] of seen) expect(seen.get(partner), `${name}’s partner`).toBe(name)
  return seen
}

/** A page opens a call only after the last has ended: `match`, `leave`, `match` and so on. */
async function expectNeverInTwoRooms(people: readonly Someone[]): Promise<void> {
  for (const { name, person } of people) {
    const { events } = await person.record()
    const order = events.map((event) => event.name)
    expect(order, name).toEqual(order.map((_, index) => (index % 2 === 0 ? 'match' : 'leave')))
  }
}

test('two pairs; both press Next at once, one closes the tab, one presses Stop: the others are told and go on', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const people = await Promise.all(
    ['Ana', 'Bob', 'Cem', 'Dua'].map(async (name) => ({
      name,
      person: await visit(`${url}/?name=${name}`),
    })),
  )
  const named = (name: string): Someone => people.find((someone) => someone.name === name)!

  // Two pairs, each with media both ways.
  await Promise.all(people.map(({ person }) => person.press('start-button')))
  let seen = await pairs(people)
  await Promise.all(people.map(({ person }) => person.receivesMedia()))
  expect(server.status()).toMatchObject({ users: 4, rooms: 2, waiting: 0 })

  // Both partners press Next at the same moment; the other pair does not notice.
  const matches = server.status().matches
  const others = people.filter(({ name }) => name !== 'Ana' && name !== seen.get('Ana'))
  const eventsBefore = await Promise.all(others.map(({ person }) => person.record()))
  await Person.pressTogether('next-button', [named('Ana').person, named(seen.get('Ana')!).person])
  await vi.waitFor(() => expect(server.status().matches).toBeGreaterThan(matches), 10_000)
  seen = await pairs(people)
  await Promise.all(people.map(({ person }) => person.receivesMedia()))
  expect(await Promise.all(others.map(({ person }) => person.record()))).toEqual(eventsBefore)
  expect(server.status()).toMatchObject({ users: 4, rooms: 2, waiting: 0 })

  // One closes the tab: the partner is told, and waits for the next.
  const closing = named('Ana')
  const left = named(seen.get('Ana')!)
  await closing.person.page.close()
  await left.person.sees('Ana left.')
  await left.person.is('waiting')
  expect(server.status()).toMatchObject({ users: 3, rooms: 1, waiting: 1 })

  // One of the other pair presses Stop: the camera goes out, the two who are left meet.
  const [stopping, staying] = others as [Someone, Someone]
  await stopping.person.press('stop-button')
  await stopping.person.isNotRecorded()
  await stopping.person.part('start-screen')
  const last = [left, staying]
  seen = await pairs(last)
  await Promise.all(last.map(({ person }) => person.receivesMedia()))
  expect((await staying.person.record()).events.at(-2)).toEqual({
    name: 'leave',
    about: 'partner-left',
  })
  expect(server.status()).toMatchObject({ users: 2, rooms: 1, waiting: 0 })

  // Stop is not the end: Start again, and one is back.
  await stopping.person.press('start-button')
  await stopping.person.is('waiting')

  await expectNeverInTwoRooms([left, stopping, staying])
  for (const { person } of [left, stopping, staying]) expect(person.complaints).toEqual([])
})
