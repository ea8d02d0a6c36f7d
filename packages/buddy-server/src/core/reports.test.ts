// A report is about the partner in the room that it names, also if the user has had other partners since.
import { messages } from '@buddy-chat/protocol'
import { expect, test } from 'vitest'
import type { TestClient } from './core.fixture.ts'
import { MemoryStore } from '../safety/memory-store.ts'
import { TestServer } from './core.fixture.ts'

const hourMs = 3_600_000

/** Matches two clients with each other, in a lobby of their own. Returns the id of their room. */
function meet(one: TestClient, other: TestClient): string {
  const lobby = `${one.session.id} ${other.session.id}`
  for (const client of [one, other]) client.enter({ lobby })
  return one.session.participant.room!.id
}

const report = (client: TestClient, room: string | null): void =>
  client.send({ type: 'report', reason: 'spam', room })

/** Returns the reports that the server has emitted so far. */
const reported = ({ events }: TestServer): unknown[] =>
  events.flatMap(([name, event]) => {
    if (name !== 'reported') return []
    const { session, aboutId, roomId } = event as {
      session: { id: string }
      aboutId: string
      roomId: string
    }
    return [{ from: session.id, about: aboutId, room: roomId }]
  })

/** Returns the bans that the server has emitted so far. */
const banned = ({ events }: TestServer): unknown[] =>
  events.flatMap(([name, event]) =>
    name === 'banned' ? [(event as { sessionId: string }).sessionId] : [],
  )

test('reports the partner of the named room, also after another match', async () => {
  const server = new TestServer()
  const [ana, bob, cleo] = [await server.join(), await server.join(), await server.join()]
  const room = meet(ana, bob)
  const later = meet(ana, cleo)
  report(ana, room)
  expect(reported(server)).toEqual([{ from: ana.session.id, about: bob.session.id, room }])
  report(ana, later)
  expect(reported(server)[1]).toMatchObject({ about: cleo.session.id, room: later })
})

test('reports the latest partner if the client names no room, as clients of earlier versions do', async () => {
  const server = new TestServer()
  const [ana, bob, cleo] = [await server.join(), await server.join(), await server.join()]
  meet(ana, bob)
  const room = meet(ana, cleo)
  ana.sendFrame(Uint8Array.of(0x92, messages.report.number, 4))
  expect(reported(server)).toMatchObject([{ about: cleo.session.id, room }])
})

test('reports each partner once, regardless of the number and order of rooms', async () => {
  const server = new TestServer({ rematchDelayMs: 0 })
  const ana = await server.join()
  const others: TestClient[] = []
  for (let count = 1; count <= 12; count++) others.push(await server.join())
  // The user has more rooms than the server keeps. Users meet twice, because after a report they cannot.
  for (const other of others) {
    meet(ana, other)
    server.clock.advance(1000)
  }
  const rooms: string[] = []
  for (const other of others) {
    rooms.push(meet(ana, other))
    for (const room of [null, ...rooms.slice(-3)]) {
      report(ana, room)
      server.clock.advance(1000)
    }
  }
  expect(reported(server)).toMatchObject(
    others.map(({ session }, index) => ({ about: session.id, room: rooms[index] })),
  )
  // A reported partner can still report.
  report(others[1]!, null)
  expect(reported(server)).toHaveLength(13)
})

test('reports a partner whose session has ended, and can ban that partner while the report is kept', async () => {
  const server = new TestServer({ retentionDays: 2 })
  server.core.openStore(new MemoryStore())
  const [ana, bob] = [await server.join('192.0.2.1'), await server.join('192.0.2.2')]
  const room = meet(ana, bob)
  bob.disconnect()
  const moved = await server.join('192.0.2.3', { resume: bob.resume })
  const { id } = moved.session
  server.core.sessions.end(moved.session, 'left')
  report(ana, room)
  expect(reported(server)).toMatchObject([{ about: id }])
  server.clock.advance(48 * hourMs)
  expect(server.core.safety.ban(id, hourMs)).toBe(true)
  expect(banned(server)).toEqual([id])
  server.clock.advance(hourMs)
  expect(server.core.safety.ban(id, hourMs)).toBe(false)
})

test.each(['before', 'after'])(
  'bans the latest address of a partner who was reported, changed the address %s the room ended, and left',
  async (when) => {
    const server = new TestServer()
    const [ana, bob] = [await server.join('192.0.2.1'), await server.join('192.0.2.2')]
    const room = meet(ana, bob)
    report(ana, room)
    if (when === 'after') ana.send({ type: 'leave' })
    bob.disconnect()
    const moved = await server.join('192.0.2.3', { resume: bob.resume })
    const { id } = moved.session
    server.core.sessions.end(moved.session, 'left')
    expect(server.core.safety.ban(id, hourMs)).toBe(true)
    const refused = async (address: string): Promise<unknown[]> =>
      (await server.join(address)).of('error').map(({ code }) => code)
    expect(await refused('192.0.2.3')).toEqual(['banned'])
    expect(await refused('192.0.2.2')).toEqual([])
  },
)

test('answers `unknown-room` to a report of a room of other users, or of no existing room', async () => {
  const server = new TestServer()
  const [ana, bob] = [await server.join(), await server.join()]
  const [cleo, dan] = [await server.join(), await server.join()]
  meet(ana, bob)
  const room = meet(cleo, dan)
  for (const wrong of [room, 'no room', '']) report(ana, wrong)
  expect(ana.of('error').map(({ code }) => code)).toEqual(Array(3).fill('unknown-room'))
  expect(reported(server)).toEqual([])
})

test('remembers the last ten rooms, each for an hour', async () => {
  const server = new TestServer()
  const ana = await server.join()
  const others: TestClient[] = []
  const rooms: string[] = []
  for (let count = 1; count <= 11; count++) {
    server.clock.advance(1000)
    const other = await server.join()
    others.push(other)
    rooms.push(meet(ana, other))
  }
  ana.send({ type: 'leave' })
  report(ana, rooms[0]!)
  expect(ana.of('error')).toMatchObject([{ code: 'unknown-room' }])
  report(ana, rooms[1]!)
  expect(reported(server)).toMatchObject([{ about: others[1]!.session.id }])
  // The third room ended 7 s ago.
  server.clock.advance(hourMs - 7000)
  report(ana, rooms[2]!)
  expect(reported(server)).toHaveLength(2)
  server.clock.advance(1001)
  report(ana, rooms[3]!)
  report(ana, null)
  expect(reported(server)[2]).toMatchObject({ about: others[10]!.session.id })
  server.clock.advance(hourMs)
  report(ana, null)
  expect(ana.of('error').map(({ code }) => code)).toEqual([
    'unknown-room',
    'unknown-room',
    'not-in-room',
  ])
  expect(reported(server)).toHaveLength(3)
})

test('reports the partner of a room that lasts hours, during the room and after it', async () => {
  const server = new TestServer()
  const [ana, bob] = [await server.join(), await server.join()]
  const room = meet(ana, bob)
  server.clock.advance(5 * hourMs)
  bob.send({ type: 'leave' })
  report(ana, room)
  report(bob, room)
  expect(reported(server)).toMatchObject([{ about: bob.session.id }, { about: ana.session.id }])
})

test('keeps a report for a person who has not come back after a restart', async () => {
  const former = new TestServer()
  const [ana, bob] = [await former.join('192.0.2.1'), await former.join('192.0.2.2')]
  const room = meet(ana, bob)
  const { roomToken } = ana.of('matched')[0]!
  const server = new TestServer()
  const again = await server.join('192.0.2.1', { resume: { ...ana.resume, sent: 1, roomToken } })
  report(again, room)
  const { moderation } = server.core.safety
  expect(moderation.reports()).toMatchObject([
    { personId: bob.session.personKey, isOnline: false, total: 1 },
  ])
  const back = await server.join('192.0.2.7', { resume: { ...bob.resume, sent: 0 } })
  expect(moderation.reports()).toMatchObject([{ isOnline: true }])
  const ban = { kind: 'ban', reason: 'spam', durationMs: hourMs } as const
  moderation.decide(bob.session.personKey, ban, 'kim')
  expect(back.closeReason).toBe('banned')
  const refused = await server.join('192.0.2.7')
  expect(refused.of('measure')).toHaveLength(1)
})

test('reports the partner of a claimed room after a restart, before the partner is back', async () => {
  const former = new TestServer()
  const [ana, bob] = [await former.join(), await former.join()]
  const room = meet(ana, bob)
  const { roomToken } = ana.of('matched')[0]!
  const server = new TestServer()
  const again = await server.join('192.0.2.1', { resume: { ...ana.resume, sent: 1, roomToken } })
  report(again, room)
  expect(reported(server)).toEqual([{ from: ana.session.id, about: bob.session.id, room }])
})
