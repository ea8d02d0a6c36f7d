// Clients present any tokens in any order after a restart. Then no session is ever in two rooms, and a room
// is restored only if both sessions claim it.
import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { TestClient } from './core.fixture.ts'
import { TestServer } from './core.fixture.ts'
import { DelayedEngine } from '../engine/delayed-engine.fixture.ts'
import { MemoryEngine } from '../engine/memory/memory-engine.ts'

const resumeGraceMs = 30_000
const settings = { resumeGraceMs, rematchDelayMs: 0 }

/**
 * Fails if rooms and sessions do not agree, if a session is in two rooms, or if a session is both in a room
 * and in the queue.
 */
function checkRooms({ core }: TestServer): void {
  const { sessions } = core
  const { rooms, waiting } = core.counts()
  const seated = [...sessions].filter(({ participant }) => participant.room)
  expect(seated).toHaveLength(rooms * 2)
  for (const { id, participant } of seated) {
    const { room } = participant
    const ids = room!.seats.map(({ sessionId }) => sessionId)
    expect(ids.filter((sessionId) => sessionId === id)).toHaveLength(1)
    for (const sessionId of ids) expect(sessions.find(sessionId)?.participant.room).toBe(room)
    expect(participant.isSearching).toBe(false)
  }
  expect(waiting + seated.length).toBeLessThanOrEqual(sessions.size)
}

/** The tokens of one session of the earlier process. */
interface Proof {
  readonly sessionId: string
  readonly resumeToken: string
  /** The tokens of all rooms that the session was in. */
  readonly roomTokens: readonly string[]
  /** The id of each room, by its token. */
  readonly rooms: ReadonlyMap<string, string>
}

/**
 * Runs an earlier process in which `count` sessions are matched, in other pairs in each round. Returns their
 * tokens.
 */
async function history(count: number, rounds: number): Promise<Proof[]> {
  const server = new TestServer(settings)
  const clients: TestClient[] = []
  for (let index = 0; index < count; index++) clients.push(await server.join())
  for (let round = 0; round < rounds; round++) {
    for (const client of clients) client.send({ type: 'leave' })
    // The sessions enter in another order in each round, so that other pairs are matched.
    for (let index = 0; index < count; index++) {
      clients[(index * (round + 1) + round) % count]!.enter()
    }
  }
  return clients.map((client) => {
    const matches = client.of('matched')
    return {
      sessionId: client.session.id,
      resumeToken: client.of('welcome')[0]!.resumeToken!,
      roomTokens: matches.map(({ roomToken }) => roomToken!),
      rooms: new Map(matches.map(({ roomToken, room }) => [roomToken!, room])),
    }
  })
}

/** The part of a `hello` by which the client proves its session and its first room. */
const resumeOf = ({ resumeToken: token, roomTokens }: Proof) => ({
  resume: { token, received: 0, sent: 0, roomToken: roomTokens[0]! },
})

const people = 5
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('hello' as const),
      who: fc.nat({ max: people - 1 }),
      /** The index of a room token. If there is no token at this index, the hello contains none. */
      token: fc.nat({ max: 16 }),
      isOwn: fc.boolean(),
    }),
  },
  fc.record({
    kind: fc.constantFrom('next', 'ticket', 'leave', 'text', 'away', 'end'),
    who: fc.nat({ max: people - 1 }),
  } as const),
  fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(100, 5000, 40_000) }),
)

/**
 * Returns a server whose engine answers at once or, if there is a seed, late and interleaved. `settle`
 * delivers all pending answers.
 */
function createServer(seed: number | undefined): { server: TestServer; settle: () => void } {
  if (seed === undefined) return { server: new TestServer(settings), settle: () => undefined }
  let settle = (): void => undefined
  const server = new TestServer(settings, {
    createEngine: (dependencies) => {
      const engine = new DelayedEngine(seed, dependencies, (given) => new MemoryEngine(given))
      settle = () => engine.settle()
      return engine
    },
  })
  return { server, settle }
}

test.each([
  ['at once', 1],
  ['late and interleaved', 6],
])(
  'puts no session in two rooms, and restores a room only if both sessions claim it, with answers %s',
  async (_, settleEvery) => {
    const proofs = await history(people, 4)
    const everyToken = proofs.flatMap(({ roomTokens }) => roomTokens)
    const formerRooms = new Set(proofs.flatMap(({ rooms }) => [...rooms.values()]))
    let restored = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 40 }),
        fc.integer(),
        async (steps, seed) => {
          const { server, settle } = createServer(settleEvery > 1 ? seed : undefined)
          const { sessions } = server.core
          /** The room that each session claimed when it was restored. */
          const claimed = new Map<string, string | undefined>()
          const clients: (TestClient | undefined)[] = []
          for (const [index, next] of steps.entries()) {
            if (next.kind === 'time') server.clock.advance(next.ms)
            else if (next.kind === 'hello') {
              const { resumeToken: token, roomTokens, rooms, sessionId } = proofs[next.who]!
              // Most hellos claim the session's own latest room, as clients do. Otherwise two sessions would
              // rarely claim the same room.
              const own = roomTokens.at(next.token < 12 ? -1 : next.token - 17)
              const roomToken = (next.isOwn ? own : everyToken[next.token]) ?? null
              const isKnown = sessions.find(sessionId) !== undefined
              const resume = { token, received: 0, sent: 0, roomToken }
              const client = await server.join('192.0.2.1', { resume })
              clients[next.who] = client
              if (!isKnown && client.session.id === sessionId) {
                claimed.set(sessionId, roomToken === null ? undefined : rooms.get(roomToken))
              }
            } else {
              const client = clients[next.who]
              if (!client?.session) continue
              if (next.kind === 'next') client.send({ type: 'next', offer: null })
              else if (next.kind === 'ticket') client.enter()
              else if (next.kind === 'leave') client.send({ type: 'leave' })
              else if (next.kind === 'text') client.send({ type: 'text', text: 'hi' })
              else {
                // A session that has ended sends no more messages, because its connection is closed.
                if (next.kind === 'end') sessions.end(client.session, 'left')
                client.disconnect()
              }
            }
            if (index % settleEvery > 0) continue
            settle()
            checkRooms(server)
            for (const { participant } of sessions) {
              const { room } = participant
              if (!room || !formerRooms.has(room.id)) continue
              const claims = room.seats.map(({ sessionId }) => claimed.get(sessionId))
              expect(claims).toEqual([room.id, room.id])
            }
          }
          settle()
          server.clock.advance(2 * resumeGraceMs)
          settle()
          checkRooms(server)
          for (const { participant } of sessions) expect(participant.isClaiming).toBe(false)
          restored += server.events.filter(([name]) => name === 'reopened').length
        },
      ),
      { numRuns: 300 },
    )
    // The test would prove nothing if no room was restored.
    expect(restored).toBeGreaterThan(5)
  },
)

test('restores sessions, and keeps them waiting for their partners, until the server has run for the grace time', async () => {
  const [one, other] = await history(2, 1)
  const server = new TestServer(settings)
  server.clock.advance(resumeGraceMs - 1)
  const back = await server.join('192.0.2.1', resumeOf(one!))
  expect(back.messages).toMatchObject([{ isRestored: true }, { type: 'partner-away' }])
  server.clock.advance(1)
  expect(back.messages[2]).toEqual({ type: 'partner-left', reason: 'lost' })
  const late = await server.join('192.0.2.2', resumeOf(other!))
  expect(late.messages).toMatchObject([{ isRestored: false, received: null }])
})

test('restores no session that this process has ended, even if a reload makes the grace time longer', async () => {
  const server = new TestServer({ resumeGraceMs })
  const ana = await server.join()
  const { id } = ana.session
  ana.send({ type: 'leave' })
  server.core.sessions.end(ana.session, 'left')
  server.clock.advance(resumeGraceMs)
  await server.join()
  server.settings = { ...server.settings, resumeGraceMs: 10 * resumeGraceMs }
  const again = await server.join('192.0.2.1', { resume: { ...ana.resume, sent: 1 } })
  expect(again.of('welcome')).toMatchObject([{ isRestored: false, received: null }])
  expect(again.session.id).not.toBe(id)
})

test.each([
  ['invalid', 'no token'],
  ['of another session', undefined],
])('sends partner-left to a restored session whose room token is %s', async (_, token) => {
  const [one, other] = await history(2, 1)
  const server = new TestServer(settings)
  const roomToken = token ?? other!.roomTokens[0]!
  const resume = { token: one!.resumeToken, received: 0, sent: 0, roomToken }
  const ana = await server.join('192.0.2.1', { resume })
  expect(ana.of('welcome')).toMatchObject([{ isRestored: true }])
  expect(ana.messages.slice(1)).toEqual([{ type: 'partner-left', reason: 'lost' }])
})

test('when a partner is back, reviews the texts that were kept for it, and relays the other kept frames', async () => {
  const [one, other] = await history(2, 1)
  const asked: string[] = []
  const onText = ({ text }: { text: string }): boolean => asked.push(text) > 1
  const server = new TestServer(settings, { hooks: { onText } })
  const ana = await server.join('192.0.2.1', resumeOf(one!))
  const typing = { type: 'typing', isTyping: true } as const
  ana.send(typing, { type: 'text', text: 'refused' }, { type: 'text', text: 'allowed' })
  expect(asked).toEqual([])
  const bob = await server.join('192.0.2.2', resumeOf(other!))
  expect(asked).toEqual(['refused', 'allowed'])
  expect(bob.messages.slice(2)).toEqual([typing, { type: 'text', text: 'allowed' }])
  expect(ana.of('error')).toMatchObject([{ code: 'refused' }])
})

test('if too much is kept for a partner, the session stops waiting, and both receive `partner-left`', async () => {
  const [one, other] = await history(2, 1)
  const server = new TestServer({ ...settings, maxResumeBytes: 2048 })
  const ana = await server.join('192.0.2.1', resumeOf(one!))
  const text = { type: 'text', text: 'x'.repeat(500) } as const
  ana.send(text, text, text)
  const lost = { type: 'partner-left', reason: 'lost' }
  expect(ana.messages.slice(1)).toEqual([{ type: 'partner-away' }, lost])
  expect(ana.session.participant.isClaiming).toBe(false)
  const bob = await server.join('192.0.2.2', resumeOf(other!))
  expect(bob.messages.slice(1)).toEqual([lost])
  expect(server.core.counts().rooms).toBe(0)
})

test('a partner that loses its connection again before its room is restored counts as away', async () => {
  const [one, other] = await history(2, 1)
  const server = new TestServer(settings)
  const ana = await server.join('192.0.2.1', resumeOf(one!))
  ana.disconnect()
  const bob = await server.join('192.0.2.2', resumeOf(other!))
  expect(bob.session.participant.room).toBeDefined()
  expect(bob.messages.slice(1)).toEqual([{ type: 'partner-away' }])
  expect(bob.session.participant.isPartnerPresent).toBe(false)
})

test('restores the room of a session that a second connection takes over before the welcome is sent', async () => {
  const [one, other] = await history(2, 1)
  let admit: () => void = () => undefined
  const admitted = new Promise<void>((resolve) => (admit = resolve))
  const server = new TestServer(settings, { hooks: { onConnect: () => admitted } })
  const clients = [
    await server.join('192.0.2.1', resumeOf(one!)),
    await server.join('192.0.2.1', resumeOf(one!)),
    await server.join('192.0.2.2', resumeOf(other!)),
  ]
  admit()
  await new Promise((resolve) => setImmediate(resolve))
  expect(clients[0]!.closeReason).toBe('session-taken')
  const [, ana, bob] = clients
  expect(ana!.session.participant.room).toBeDefined()
  expect(bob!.session.participant.room).toEqual(ana!.session.participant.room)
  expect(server.events.filter(([name]) => name === 'restored')).toHaveLength(2)
})

test('the engine learns how many welcomes a client knows of that resumes its session', async () => {
  const server = new TestServer(settings)
  const ana = await server.join('192.0.2.1')
  const { id } = ana.session
  const confirm = vi.spyOn(server.core.engine, 'confirm')
  const { resume: first } = ana
  const again = await server.join('192.0.2.1', { resume: first })
  await server.join('192.0.2.1', { resume: again.resume })
  expect(confirm.mock.calls).toEqual([
    [id, 1],
    [id, 2],
  ])
})
