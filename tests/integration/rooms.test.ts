// Tests which messages clients receive for tickets, matches and rooms.
import { spawnSync } from 'node:child_process'
import { encode } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

test('sends session, cleaned name, heartbeat interval and ICE servers in welcome', async ({
  startServer,
}) => {
  const turn = { urls: ['turn:turn.example'], username: 'u', credential: 'c' }
  const { url } = await startServer({
    pingIntervalMs: 7000,
    iceServers: [{ urls: ['stun:stun.example'] }, turn],
  })
  const client = await RawClient.connect(url)
  client.sendHello({ name: '  An\u202ea\n ' })
  const welcome = await client.receive('welcome')
  expect(welcome).toMatchObject({
    name: 'An a',
    heartbeatMs: 7000,
    iceServers: [{ urls: ['stun:stun.example'], username: null, credential: null }, turn],
  })
  expect(welcome.session).toMatch(/^[\w-]{16}$/)
  // The server does not replace an empty name.
  const nameless = await RawClient.connect(url)
  nameless.sendHello({ name: ' \u200b ' })
  expect((await nameless.receive('welcome')).name).toBe('')
})

test('matches two compatible tickets at once, and sends each client its role, the partner’s name, and the common interests in its own spelling', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const ana = await RawClient.join(url, 'Ana')
  ana.enter({ interests: ['Jazz', 'chess', 'film'] })
  expect((await ana.receive('waiting')).online).toBe(1)
  const bob = await RawClient.join(url, 'Bob')
  bob.enter({ interests: ['CHESS', 'jazz', 'food'] })
  const [toAna, toBob] = await Promise.all([ana.receive('matched'), bob.receive('matched')])
  expect(toAna).toMatchObject({
    isPolite: true,
    partnerName: 'Bob',
    interests: ['Jazz', 'chess'],
  })
  expect(toBob).toMatchObject({
    isPolite: false,
    partnerName: 'Ana',
    interests: ['CHESS', 'jazz'],
  })
  expect(toAna.room).toBe(toBob.room)
  // A user who is matched at once receives no `waiting`.
  expect(bob.unread).toEqual([])
})

test('does not match tickets of different lobbies, modes or sites', async ({ startServer }) => {
  const { server, url } = await startServer({ sites: [{ key: 'b', allowedOrigins: ['*'] }] })
  const tickets = [
    { mode: 'video', lobby: '' },
    { mode: 'audio', lobby: '' },
    { mode: 'text', lobby: '' },
    { mode: 'video', lobby: 'b' },
    { mode: 'video', lobby: '","video"' },
  ] as const
  for (const ticket of tickets) {
    const client = await RawClient.join(url, ticket.lobby)
    client.enter(ticket)
    await client.receive('waiting')
  }
  const guest = await RawClient.connect(url)
  guest.sendHello({ site: 'b' })
  guest.enter()
  await guest.receive('waiting')
  expect(server.status()).toMatchObject({ waiting: 6, rooms: 0 })
})

test('relays frames unchanged and in order, to the partner only', async ({ startServer }) => {
  const { url } = await startServer()
  const others = await RawClient.pair(url, 'other lobby')
  const [one, other] = await RawClient.pair(url)
  const sent: Uint8Array[] = []
  for (let index = 0; index < 20; index++) {
    // Fields of a later version are relayed too, because the server does not decode the frame.
    const frame = encode({
      type: 'signal',
      description: null,
      candidates: [],
      sending: null,
      generation: null,
    })
    const longer = Uint8Array.from([0x96, ...frame.slice(1), index])
    sent.push(longer)
    one.sendRaw(longer)
  }
  for (const frame of sent) expect(await other.receiveFrame('signal')).toEqual(frame)
  for (const client of [one, ...others]) {
    await client.settled()
    expect(client.unread).toEqual([])
  }
})

/** Returns how many TCP segments with data the server has sent to `client`, counted by the kernel. */
function segmentsTo(client: RawClient, serverPort: string): number {
  const filter = `sport = :${serverPort} and dport = :${client.tcp.localPort}`
  const { stdout } = spawnSync('ss', ['-tinH', filter], { encoding: 'utf8' })
  return Number(/data_segs_out:(\d+)/.exec(stdout)?.[1])
}

test.skipIf(spawnSync('ss', ['-V']).error)(
  'sends the frames of one turn of the event loop in one TCP segment, in order (skipped if `ss` is not installed)',
  async ({ startServer }) => {
    const { url } = await startServer()
    const [one, other] = await RawClient.pair(url)
    const { port } = new URL(url)
    const before = segmentsTo(other, port)
    // The three frames reach the server in one segment, so it must relay them in one segment.
    one.tcp.cork()
    for (const text of ['1', '2', '3']) one.send({ type: 'text', text })
    one.tcp.uncork()
    for (const text of ['1', '2', '3']) expect((await other.receive('text')).text).toBe(text)
    expect(segmentsTo(other, port) - before).toBe(1)
  },
)

test('ends the room on next, and does not match the same two users within the rematch delay', async ({
  startServer,
}) => {
  const { url } = await startServer({ rematchDelayMs: 60_000 })
  const [one, other] = await RawClient.pair(url)
  one.send({ type: 'next', offer: null })
  expect((await other.receive('partner-left')).reason).toBe('next')
  await one.receive('waiting')
  other.send({ type: 'next', offer: null })
  await other.receive('waiting')
  const third = await RawClient.join(url, 'Third')
  third.enter()
  // The ticket that has waited longest is matched first.
  expect((await third.receive('matched')).partnerName).toBe('One')
})

test('matches the same two users again after the rematch delay', async ({ startServer }) => {
  const { url } = await startServer({ rematchDelayMs: 150 })
  const [one, other] = await RawClient.pair(url)
  one.send({ type: 'next', offer: null })
  await other.receive('partner-left')
  other.send({ type: 'next', offer: null })
  const [again] = await Promise.all([one.receive('matched'), other.receive('matched')])
  expect(again.partnerName).toBe('Other')
})

test('queues both users once if both send next at the same time', async ({ startServer }) => {
  const { server, url } = await startServer({ rematchDelayMs: 60_000 })
  const [one, other] = await RawClient.pair(url)
  one.send({ type: 'next', offer: null })
  other.send({ type: 'next', offer: null })
  await Promise.all([one.receive('waiting'), other.receive('waiting')])
  await Promise.all([one.settled(), other.settled()])
  expect([...one.unread, ...other.unread]).toEqual(['partner-left'])
  expect(server.status()).toMatchObject({ users: 2, waiting: 2, rooms: 0 })
})

test('leave ends the room and withdraws the ticket; a new ticket is matched again', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ rematchDelayMs: 0 })
  const [one, other] = await RawClient.pair(url)
  one.send({ type: 'leave' })
  expect((await other.receive('partner-left')).reason).toBe('left')
  expect(server.status()).toMatchObject({ users: 2, waiting: 0, rooms: 0 })
  other.send({ type: 'next', offer: null })
  await other.receive('waiting')
  other.send({ type: 'leave' })
  await other.settled()
  expect(server.status()).toMatchObject({ users: 2, waiting: 0, rooms: 0 })
  other.enter()
  one.enter()
  await Promise.all([one.receive('matched'), other.receive('matched')])
  await expectTextsRelayed(one, other)
})

test('a ticket sent in a room ends the room; a ticket sent in the queue replaces the earlier one', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const [one, other] = await RawClient.pair(url)
  one.enter({ lobby: 'quiet' })
  expect((await other.receive('partner-left')).reason).toBe('next')
  await one.receive('waiting')
  one.enter({ lobby: 'loud' })
  await one.receive('waiting')
  expect(server.status()).toMatchObject({ waiting: 1, rooms: 0 })
  other.enter({ lobby: 'quiet' })
  await other.receive('waiting')
  const third = await RawClient.join(url, 'Third')
  third.enter({ lobby: 'loud' })
  expect((await third.receive('matched')).partnerName).toBe('One')
})

test.for([
  [1000, 'left'],
  [1001, 'left'],
  [1005, 'left'],
  [4321, 'lost'],
  [undefined, 'lost'],
] as const)(
  'if a connection closes with %s, sends partner-left with "%s" to the partner',
  async (end, { startServer }) => {
    const [code, reason] = end
    const { server, url } = await startServer({ resumeGraceMs: 0 })
    const [one, other] = await RawClient.pair(url)
    if (code === undefined) one.socket.terminate()
    else if (code === 1005) one.socket.close()
    else one.socket.close(code)
    expect((await other.receive('partner-left')).reason).toBe(reason)
    expect(server.status()).toMatchObject({ users: 1, rooms: 0 })
  },
)

test('answers a text to a partner who has left with `not-in-room`, and does not deliver it', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const [one, other] = await RawClient.pair(url)
  const third = await RawClient.join(url, 'Third')
  third.enter()
  await third.receive('waiting')
  one.send({ type: 'next', offer: null })
  await one.receive('matched')
  other.send({ type: 'text', text: 'for One only' })
  expect(await other.errorCode()).toBe('not-in-room')
  await third.settled()
  expect(third.unread).toEqual(['matched'])
})

test('matches waiting users at once when a reload raises maxRooms', async ({ startServer }) => {
  const { server, url } = await startServer({ maxRooms: 1 })
  await RawClient.pair(url, 'taken')
  const waiting: RawClient[] = []
  for (const lobby of ['a', 'b', 'c']) {
    for (const name of ['One', 'Other']) {
      const client = await RawClient.join(url, name)
      client.enter({ lobby })
      await client.receive('waiting')
      waiting.push(client)
    }
  }
  server.reload({ maxRooms: 3, shutdownTimeoutMs: 0 })
  // The users who have waited longest are matched first; the third pair remains in the queue.
  await Promise.all(waiting.slice(0, 4).map((client) => client.receive('matched')))
  expect(server.status()).toMatchObject({ rooms: 3, waiting: 2 })
  server.reload({ maxRooms: 300, shutdownTimeoutMs: 0 })
  await Promise.all(waiting.slice(4).map((client) => client.receive('matched')))
})

test.for([
  ['at once', 0],
  ['after the new delay', 50],
] as const)(
  'a reload with a shorter rematch delay matches two waiting former partners %s',
  async ([, rematchDelayMs], { startServer }) => {
    const { server, url } = await startServer({ rematchDelayMs: 60_000 })
    const [one, other] = await RawClient.pair(url)
    one.send({ type: 'next', offer: null })
    await one.receive('waiting')
    other.send({ type: 'next', offer: null })
    await other.receive('waiting')
    server.reload({ rematchDelayMs, shutdownTimeoutMs: 0 })
    await Promise.all([one.receive('matched'), other.receive('matched')])
  },
)

test('delivers texts only within the room', async ({ startServer }) => {
  const { url } = await startServer()
  const pairs = await Promise.all(['a', 'b', 'c'].map((lobby) => RawClient.pair(url, lobby)))
  await Promise.all(pairs.map(([one, other]) => expectTextsRelayed(one, other)))
  for (const client of pairs.flat()) {
    await client.settled()
    expect(client.unread).toEqual([])
  }
})

test('sends stats to every client within each heartbeat interval', async ({ startServer }) => {
  const { url } = await startServer({ pingIntervalMs: 100 })
  const [one, other] = await RawClient.pair(url)
  for (let beat = 1; beat <= 3; beat++) {
    expect(await one.receive('stats')).toMatchObject({ online: 2, waiting: 0, rooms: 1 })
    await other.receive('stats')
  }
})

test('sends partner-left with `lost` if the partner answers no ping', async ({ startServer }) => {
  const { server, url } = await startServer({
    pingIntervalMs: 100,
    pingTimeoutMs: 100,
    resumeGraceMs: 0,
  })
  const [one, other] = await RawClient.pair(url)
  // Simulates a phone that has lost its network: the socket is open, but nothing reads from it.
  one.socket.pause()
  expect((await other.receive('partner-left')).reason).toBe('lost')
  expect(server.status().users).toBe(1)
})
