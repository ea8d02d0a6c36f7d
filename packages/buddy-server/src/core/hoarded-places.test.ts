// Sessions that are away hold a place for a while. One address cannot hold all places that way.
import { expect, test } from 'vitest'
import { TestServer } from './core.fixture.ts'

test('an address has so many sessions, those away in a room included; the refusal says when to retry', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 2 })
  const hoarders = await server.pair('192.0.2.1', '192.0.2.1')
  for (const hoarder of hoarders) hoarder.disconnect()
  const refused = await server.join('192.0.2.1')
  expect(refused.messages).toEqual([
    expect.objectContaining({ code: 'too-many-connections', retryAfterMs: 10_000 }),
  ])
  expect(refused.closeReason).toBe('too-many-connections')
  expect((await server.join('192.0.2.2')).of('welcome')).toHaveLength(1)
  // Their places are free again when the sessions have ended.
  server.clock.advance(server.settings.resumeGraceMs)
  expect((await server.join('192.0.2.1')).of('welcome')).toHaveLength(1)
})

test('outside a room, the session of the address that is away for the longest time gives way', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 2 })
  const elsewhere = await server.join('192.0.2.2')
  const first = await server.join('192.0.2.1')
  const second = await server.join('192.0.2.1')
  const ids = [elsewhere, first, second].map(({ session }) => session.id)
  for (const guest of [elsewhere, first, second]) guest.disconnect()
  expect((await server.join('192.0.2.1')).of('welcome')).toHaveLength(1)
  const isThere = ids.map((id) => server.core.sessions.find(id) !== undefined)
  expect(isThere).toEqual([true, false, true])
})

test('a session that resumes is not refused because of itself', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 1 })
  const guest = await server.join('192.0.2.1')
  const { id } = guest.session
  const again = await server.join('192.0.2.1', { resume: guest.resume })
  expect(again.session.id).toBe(id)
})

test('a session counts for the address of its latest connection', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 1 })
  const guest = await server.join('192.0.2.1')
  const moved = await server.join('192.0.2.2', { resume: guest.resume })
  expect(moved.session.addressKey).toBe('192.0.2.2')
  // The address it came from has a free place; the address it is at has none.
  expect((await server.join('192.0.2.1')).of('welcome')).toHaveLength(1)
  expect((await server.join('192.0.2.2')).of('error')).toMatchObject([
    { code: 'too-many-connections' },
  ])
})

test('an address that is full takes no session of another address by a resume; the session waits', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 1 })
  const resident = await server.join('192.0.2.2')
  const guest = await server.join('192.0.2.1')
  const { id } = guest.session
  guest.disconnect()
  const refused = await server.join('192.0.2.2', { resume: guest.resume })
  expect(refused.of('error')).toMatchObject([
    { code: 'too-many-connections', retryAfterMs: 10_000 },
  ])
  resident.disconnect()
  const again = await server.join('192.0.2.2', { resume: guest.resume })
  expect(again.session.id).toBe(id)
})

test('a session that takes the place of its own partner learns that the partner is gone', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 1 })
  const [ana, bob] = await server.pair('192.0.2.1', '192.0.2.2')
  ana.disconnect()
  bob.disconnect()
  server.clock.advance(5000)
  const again = await server.join('192.0.2.2', { resume: ana.resume })
  expect(again.session.participant.room).toBeUndefined()
  expect(again.of('partner-left')).toEqual([{ type: 'partner-left', reason: 'lost' }])
  expect(ana.received + again.received).toBe(again.session.sent)
})

test('a site keeps its cap: its people who are away hold their places', async () => {
  const sites = [{ key: 'shop', allowedOrigins: ['*'], maxUsers: 1 }]
  const server = new TestServer({ sites })
  const guest = await server.join('192.0.2.1', { site: 'shop' })
  const { id } = guest.session
  guest.disconnect()
  const refused = await server.join('192.0.2.2', { site: 'shop' })
  expect(refused.of('error')).toMatchObject([{ code: 'server-full' }])
  const again = await server.join('192.0.2.2', { site: 'shop', resume: guest.resume })
  expect(again.session.id).toBe(id)
})

test('people who wait get the room that was empty first, after some seconds; both members learn it', async () => {
  const server = new TestServer({ maxRooms: 2 })
  const early = await server.pair('192.0.2.1', '192.0.2.2')
  const late = await server.pair('192.0.2.3', '192.0.2.4')
  const earlyRoom = early[0].session.participant.room
  const lateRoom = late[0].session.participant.room
  for (const guest of [...early, ...late]) {
    server.clock.advance(1)
    guest.disconnect()
  }
  const waiting = await server.pair('192.0.2.5', '192.0.2.6')
  server.clock.advance(4990)
  expect(waiting[0].session.participant.room).toBeUndefined()
  server.clock.advance(10)
  expect(waiting[0].session.participant.room).toBeDefined()
  const ended = server.events.flatMap(([name, event]) =>
    name === 'parted' ? [(event as { room: unknown }).room] : [],
  )
  expect(ended).toEqual([earlyRoom])
  expect(ended).not.toContain(lateRoom)
  expect(server.core.counts().rooms).toBe(2)
  for (const guest of early) {
    const again = await server.join('192.0.2.7', { resume: guest.resume })
    expect(again.of('partner-left')).toEqual([{ type: 'partner-left', reason: 'lost' }])
  }
})

test('people who come later find an empty room at once', async () => {
  const server = new TestServer({ maxRooms: 1 })
  for (const guest of await server.pair()) guest.disconnect()
  server.clock.advance(5000)
  expect(server.core.counts().rooms).toBe(1)
  const [newcomer] = await server.pair('192.0.2.3', '192.0.2.4')
  expect([newcomer.session.participant.room !== undefined, server.core.counts().rooms]).toEqual([
    true,
    1,
  ])
})

test('a room with a member who is back stays, however scarce rooms are', async () => {
  const server = new TestServer({ maxRooms: 1 })
  const [ana, bob] = await server.pair()
  ana.disconnect()
  bob.disconnect()
  server.clock.advance(5000)
  const again = await server.join('192.0.2.1', { resume: ana.resume })
  const [waiting] = await server.pair('192.0.2.3', '192.0.2.4')
  server.clock.advance(5000)
  expect(waiting.session.participant.room).toBeUndefined()
  expect(again.session.participant.room).toBeDefined()
})

test('at a full server newcomers take the places of people in a room that is empty', async () => {
  const server = new TestServer({ maxUsers: 2 })
  for (const guest of await server.pair()) guest.disconnect()
  expect((await server.join('192.0.2.3')).of('error')).toMatchObject([{ code: 'server-full' }])
  server.clock.advance(5000)
  expect((await server.join('192.0.2.3')).of('welcome')).toHaveLength(1)
  expect(server.core.counts().rooms).toBe(0)
})

test('when the server of a call restarts, a session counts for the address it comes back from', async () => {
  const former = new TestServer()
  const guest = await former.join('192.0.2.1')
  const resume = { ...guest.resume, sent: 0 }
  const server = new TestServer({ maxSessionsPerAddress: 1 })
  const restored = await server.join('192.0.2.2', { resume })
  expect(restored.of('welcome')).toMatchObject([{ isRestored: true }])
  expect((await server.join('192.0.2.1')).of('welcome')).toHaveLength(1)
  expect((await server.join('192.0.2.2')).of('welcome')).toHaveLength(0)
})
