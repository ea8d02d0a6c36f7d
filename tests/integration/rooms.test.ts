// From ticket to partner to the next, as the frames on the wire tell it.
import { spawnSync } from 'node:child_process'
import { encode } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

test('welcome gives a session, the name as others see it, the heartbeat and the ICE servers', async ({
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
  // The server adds no name of its own.
  const nameless = await RawClient.connect(url)
  nameless.sendHello({ name: ' \u200b ' })
  expect((await nameless.receive('welcome')).name).toBe('')
})

test('two tickets of a kind meet on arrival: one polite, names, and interests in one’s own words', async ({
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
  // Who is matched at once is not told to wait.
  expect(bob.unread).toEqual([])
})

test('only the same lobby, mode and site meet', async ({ startServer }) => {
  const { server, url } = await startServer({ sites: [{ key: 'b', allowedOrigins: ['*'] }] })
  const wishes = [
    { mode: 'video', lobby: '' },
    { mode: 'audio', lobby: '' },
    { mode: 'text', lobby: '' },
    { mode: 'video', lobby: 'b' },
    { mode: 'video', lobby: '","video"' },
  ] as const
  for (const wish of wishes) {
    const client = await RawClient.join(url, wish.lobby)
    client.enter(wish)
    await client.receive('waiting')
  }
  const guest = await RawClient.connect(url)
  guest.sendHello({ site: 'b' })
  guest.enter()
  await guest.receive('waiting')
  expect(server.status()).toMatchObject({ waiting: 6, rooms: 0 })
})

test('what is said to a partner arrives byte for byte, in order, and nowhere else', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const others = await RawClient.pair(url, 'next door')
  const [one, other] = await RawClient.pair(url)
  const sent: Uint8Array[] = []
  for (let index = 0; index < 20; index++) {
    // A field of a later version goes through too: the server does not look.
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

/** TCP segments with data that the server has sent to `client`, as the kernel counts them. */
function segmentsTo(client: RawClient, serverPort: string): number {
  const filter = `sport = :${serverPort} and dport = :${client.tcp.localPort}`
  const { stdout } = spawnSync('ss', ['-tinH', filter], { encoding: 'utf8' })
  return Number(/data_segs_out:(\d+)/.exec(stdout)?.[1])
}

test.skipIf(spawnSync('ss', ['-V']).error)(
  'frames of one moment travel together, in order (skipped only where there is no ss to count)',
  async ({ startServer }) => {
    const { url } = await startServer()
    const [one, other] = await RawClient.pair(url)
    const { port } = new URL(url)
    const before = segmentsTo(other, port)
    // One segment with three frames in, hence one segment with three frames out.
    one.tcp.cork()
    for (const text of ['1', '2', '3']) one.send({ type: 'text', text })
    one.tcp.uncork()
    for (const text of ['1', '2', '3']) expect((await other.receive('text')).text).toBe(text)
    expect(segmentsTo(other, port) - before).toBe(1)
  },
)

test('next: the partner is told, both can go on, and the same two do not meet at once', async ({
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
  // Who waited longest is taken first.
  expect((await third.receive('matched')).partnerName).toBe('One')
})

test('after the rematch delay the same two meet again rather than nobody', async ({
  startServer,
}) => {
  const { url } = await startServer({ rematchDelayMs: 150 })
  const [one, other] = await RawClient.pair(url)
  one.send({ type: 'next', offer: null })
  await other.receive('partner-left')
  other.send({ type: 'next', offer: null })
  const [again] = await Promise.all([one.receive('matched'), other.receive('matched')])
  expect(again.partnerName).toBe('Other')
})

test('both press Next in the same moment: nobody is told twice, both are in the queue once', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ rematchDelayMs: 60_000 })
  const [one, other] = await RawClient.pair(url)
  one.send({ type: 'next', offer: null })
  other.send({ type: 'next', offer: null })
  await Promise.all([one.receive('waiting'), other.receive('waiting')])
  await Promise.all([one.settled(), other.settled()])
  expect([...one.unread, ...other.unread]).toEqual(['partner-left'])
  expect(server.status()).toMatchObject({ users: 2, waiting: 2, rooms: 0 })
})

test('leave: out of room and queue, and back by a ticket', async ({ startServer }) => {
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

test('a ticket in a room ends it; a ticket in the queue replaces the one before', async ({
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
  'a connection that ends with %s: the partner is told "%s"',
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

test('a text for a partner who has just left is answered, not delivered to the next', async ({
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

test('more rooms by a reload are for the people who wait, at once', async ({ startServer }) => {
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
  server.reload({ maxRooms: 3 })
  // Who has waited longest is first; the third pair waits on.
  await Promise.all(waiting.slice(0, 4).map((client) => client.receive('matched')))
  expect(server.status()).toMatchObject({ rooms: 3, waiting: 2 })
  server.reload({ maxRooms: 300 })
  await Promise.all(waiting.slice(4).map((client) => client.receive('matched')))
})

test.for([
  ['at once', 0],
  ['when it is over', 50],
] as const)(
  'a shorter rematch delay by a reload holds for two who wait because of it: they meet %s',
  async ([, rematchDelayMs], { startServer }) => {
    const { server, url } = await startServer({ rematchDelayMs: 60_000 })
    const [one, other] = await RawClient.pair(url)
    one.send({ type: 'next', offer: null })
    await one.receive('waiting')
    other.send({ type: 'next', offer: null })
    await other.receive('waiting')
    server.reload({ rematchDelayMs })
    await Promise.all([one.receive('matched'), other.receive('matched')])
  },
)

test('two pairs do not hear each other', async ({ startServer }) => {
  const { url } = await startServer()
  const pairs = await Promise.all(['a', 'b', 'c'].map((lobby) => RawClient.pair(url, lobby)))
  await Promise.all(pairs.map(([one, other]) => expectTextsRelayed(one, other)))
  for (const client of pairs.flat()) {
    await client.settled()
    expect(client.unread).toEqual([])
  }
})

test('everyone hears something within every heartbeat', async ({ startServer }) => {
  const { url } = await startServer({ pingIntervalMs: 100 })
  const [one, other] = await RawClient.pair(url)
  for (let beat = 1; beat <= 3; beat++) {
    expect(await one.receive('stats')).toMatchObject({ online: 2, waiting: 0, rooms: 1 })
    await other.receive('stats')
  }
})

test('a client that answers no ping is lost: the partner is told', async ({ startServer }) => {
  const { server, url } = await startServer({
    pingIntervalMs: 100,
    pingTimeoutMs: 100,
    resumeGraceMs: 0,
  })
  const [one, other] = await RawClient.pair(url)
  // As a phone that has lost its network: the socket is there, nobody is behind it.
  one.socket.pause()
  expect((await other.receive('partner-left')).reason).toBe('lost')
  expect(server.status().users).toBe(1)
})
