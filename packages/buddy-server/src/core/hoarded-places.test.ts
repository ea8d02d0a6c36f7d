// A session that is away keeps its place at the server for the grace time. The clients of a single address
// cannot take all places that way.
import { expect, test } from 'vitest'
import { TestServer } from './core.fixture.ts'

test('counts sessions that are away in rooms for their address, and refuses others with a time to retry', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 2 })
  const pair = await server.pair('192.0.2.1', '192.0.2.1')
  for (const client of pair) client.disconnect()
  const refused = await server.join('192.0.2.1')
  expect(refused.messages).toEqual([
    expect.objectContaining({ code: 'too-many-connections', retryAfterMs: 10_000 }),
  ])
  expect(refused.closeReason).toBe('too-many-connections')
  expect((await server.join('192.0.2.2')).of('welcome')).toHaveLength(1)
  // The places become free when the sessions end after the grace time.
  server.clock.advance(server.settings.resumeGraceMs)
  expect((await server.join('192.0.2.1')).of('welcome')).toHaveLength(1)
})

test('if an address is full, ends its session that has been away longest, unless that is in a room', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 2 })
  const elsewhere = await server.join('192.0.2.2')
  const first = await server.join('192.0.2.1')
  const second = await server.join('192.0.2.1')
  const ids = [elsewhere, first, second].map(({ session }) => session.id)
  for (const client of [elsewhere, first, second]) client.disconnect()
  expect((await server.join('192.0.2.1')).of('welcome')).toHaveLength(1)
  const isThere = ids.map((id) => server.core.sessions.find(id) !== undefined)
  expect(isThere).toEqual([true, false, true])
})

test('resumes the only session of an address that may have one', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 1 })
  const client = await server.join('192.0.2.1')
  const { id } = client.session
  const again = await server.join('192.0.2.1', { resume: client.resume })
  expect(again.session.id).toBe(id)
})

test('counts a session for the address of its latest connection', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 1 })
  const client = await server.join('192.0.2.1')
  const moved = await server.join('192.0.2.2', { resume: client.resume })
  expect(moved.session.addressKey).toBe('192.0.2.2')
  // The previous address has a free place now, and the new address has none.
  expect((await server.join('192.0.2.1')).of('welcome')).toHaveLength(1)
  expect((await server.join('192.0.2.2')).of('error')).toMatchObject([
    { code: 'too-many-connections' },
  ])
})

test('refuses to resume a session from another address that is full, and keeps the session', async () => {
  const server = new TestServer({ maxSessionsPerAddress: 1 })
  const resident = await server.join('192.0.2.2')
  const client = await server.join('192.0.2.1')
  const { id } = client.session
  client.disconnect()
  const refused = await server.join('192.0.2.2', { resume: client.resume })
  expect(refused.of('error')).toMatchObject([
    { code: 'too-many-connections', retryAfterMs: 10_000 },
  ])
  resident.disconnect()
  const again = await server.join('192.0.2.2', { resume: client.resume })
  expect(again.session.id).toBe(id)
})

test('sends `partner-left` to a session whose resume ends the session of its own partner', async () => {
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

test('counts sessions that are away for the user limit of their site', async () => {
  const sites = [{ key: 'shop', allowedOrigins: ['*'], maxUsers: 1 }]
  const server = new TestServer({ sites })
  const client = await server.join('192.0.2.1', { site: 'shop' })
  const { id } = client.session
  client.disconnect()
  const refused = await server.join('192.0.2.2', { site: 'shop' })
  expect(refused.of('error')).toMatchObject([{ code: 'server-full' }])
  const again = await server.join('192.0.2.2', { site: 'shop', resume: client.resume })
  expect(again.session.id).toBe(id)
})

test('ends the room that was emptied first if waiting users need a room, and sends its sessions the end', async () => {
  const server = new TestServer({ maxRooms: 2 })
  const early = await server.pair('192.0.2.1', '192.0.2.2')
  const late = await server.pair('192.0.2.3', '192.0.2.4')
  const earlyRoom = early[0].session.participant.room
  const lateRoom = late[0].session.participant.room
  for (const client of [...early, ...late]) {
    server.clock.advance(1)
    client.disconnect()
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
  for (const client of early) {
    const again = await server.join('192.0.2.7', { resume: client.resume })
    expect(again.of('partner-left')).toEqual([{ type: 'partner-left', reason: 'lost' }])
  }
})

test('matches arriving users at once by ending an abandoned room', async () => {
  const server = new TestServer({ maxRooms: 1 })
  for (const client of await server.pair()) client.disconnect()
  server.clock.advance(5000)
  expect(server.core.counts().rooms).toBe(1)
  const [newcomer] = await server.pair('192.0.2.3', '192.0.2.4')
  expect([newcomer.session.participant.room !== undefined, server.core.counts().rooms]).toEqual([
    true,
    1,
  ])
})

test('does not end a room for waiting users if one of its sessions has come back', async () => {
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

test('ends the sessions of an abandoned room when a full server needs places for new users', async () => {
  const server = new TestServer({ maxUsers: 2 })
  for (const client of await server.pair()) client.disconnect()
  expect((await server.join('192.0.2.3')).of('error')).toMatchObject([{ code: 'server-full' }])
  server.clock.advance(5000)
  expect((await server.join('192.0.2.3')).of('welcome')).toHaveLength(1)
  expect(server.core.counts().rooms).toBe(0)
})

test('counts a restored session for the address from which its client comes back', async () => {
  const former = new TestServer()
  const client = await former.join('192.0.2.1')
  const resume = { ...client.resume, sent: 0 }
  const server = new TestServer({ maxSessionsPerAddress: 1 })
  const restored = await server.join('192.0.2.2', { resume })
  expect(restored.of('welcome')).toMatchObject([{ isRestored: true }])
  expect((await server.join('192.0.2.1')).of('welcome')).toHaveLength(1)
  expect((await server.join('192.0.2.2')).of('welcome')).toHaveLength(0)
})
