// The promises of every engine, however late its answers are. Another engine joins the list at the end.
import { describe, expect, test } from 'vitest'
import { DelayedEngine } from './delayed-engine.fixture.ts'
import type { EngineUnderTest } from './engine-contract.fixture.ts'
import { EngineWorld } from './engine-contract.fixture.ts'
import type { EngineDependencies } from './memory/memory-engine.ts'
import { MemoryEngine } from './memory/memory-engine.ts'

const lost = { type: 'parted', reason: 'lost' }

function describeEngine(
  name: string,
  createEngine: (dependencies: EngineDependencies) => EngineUnderTest,
): void {
  const world = (): EngineWorld => new EngineWorld(createEngine)

  describe(name, () => {
    describe('the queue', () => {
      test('queues a ticket while no compatible one waits, and matches it when one arrives', () => {
        const it = world()
        const [ana, bob] = it.join('ana', 'bob')
        ana.enter({ interests: ['Jazz', 'tea'] })
        it.settle()
        expect(ana.take()).toEqual([{ type: 'queued' }])
        expect(it.engine.counts).toEqual({ waiting: 1, rooms: 0 })
        bob.enter({ interests: ['jazz', 'chess'] })
        it.settle()
        const { room } = ana
        expect(room).toMatchObject({ site: '', lobby: '', mode: 'video', openedAtMs: 0 })
        expect(room?.seats.map(({ sessionId }) => sessionId)).toEqual(['ana', 'bob'])
        expect(room?.seats.map(({ name: shown }) => shown)).toEqual(['name of ana', 'name of bob'])
        const matched = { type: 'matched', room, isOffered: false }
        expect(ana.take()).toEqual([{ ...matched, seat: 0, interests: ['Jazz'] }])
        expect(bob.take()).toEqual([{ ...matched, seat: 1, interests: ['jazz'] }])
        expect(it.engine.counts).toEqual({ waiting: 0, rooms: 1 })
      })

      test.each([{ site: 'other' }, { lobby: 'other' }, { mode: 'audio' as const }])(
        'does not match tickets that differ in %o',
        (difference) => {
          const it = world()
          const [ana, bob] = it.join('ana', 'bob')
          ana.enter()
          bob.enter(difference)
          it.settle()
          expect([ana.take(), bob.take()]).toEqual([[{ type: 'queued' }], [{ type: 'queued' }]])
        },
      )

      test('matches the ticket that has waited longest', () => {
        const it = world()
        it.maxRooms = 0
        const [ana, bob, cleo] = it.join('ana', 'bob', 'cleo')
        for (const session of [ana, bob, cleo]) {
          session.enter()
          it.advance(1)
        }
        it.maxRooms = 1
        void it.engine.reload()
        it.settle()
        expect([ana, bob, cleo].map(({ room }) => room !== undefined)).toEqual([true, true, false])
      })

      test('passes an offer on to the partner that waits, as its first frame', () => {
        const it = world()
        const [ana, bob] = it.join('ana', 'bob')
        ana.enter()
        it.settle()
        bob.enter({}, Uint8Array.of(1, 2))
        it.settle()
        bob.pass(3)
        it.settle()
        expect(ana.frames).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)])
        expect(
          [ana, bob].map(({ events }) => events.find(({ type }) => type === 'matched')),
        ).toMatchObject([{ isOffered: true }, { isOffered: true }])
      })

      test('drops an offer if no partner waits', () => {
        const it = world()
        const [ana, bob] = it.join('ana', 'bob')
        ana.enter({}, Uint8Array.of(1))
        it.settle()
        bob.enter()
        it.settle()
        expect([ana.frames, bob.frames]).toEqual([[], []])
        expect(bob.take()).toMatchObject([{ isOffered: false }])
      })

      test('does not match a ticket that has left', () => {
        const it = world()
        const [ana, bob] = it.join('ana', 'bob')
        ana.enter()
        ana.leave()
        it.settle()
        bob.enter()
        it.settle()
        expect([ana.room, bob.take()]).toEqual([undefined, [{ type: 'queued' }]])
        expect(it.engine.counts).toEqual({ waiting: 1, rooms: 0 })
      })

      test('replaces the ticket of a session that enters again', () => {
        const it = world()
        const [ana, bob] = it.join('ana', 'bob')
        ana.enter({ lobby: 'one' })
        ana.enter({ lobby: 'two' })
        it.settle()
        bob.enter({ lobby: 'one' })
        it.settle()
        expect([ana.room, bob.room]).toEqual([undefined, undefined])
        expect(it.engine.counts).toEqual({ waiting: 2, rooms: 0 })
      })

      test('does not match a session that is away, and queues it again when it is back', () => {
        const it = world()
        const [ana, bob] = it.join('ana', 'bob')
        ana.enter()
        it.settle()
        ana.away()
        it.settle()
        bob.enter()
        it.settle()
        expect([it.engine.counts.waiting, bob.take()]).toEqual([1, [{ type: 'queued' }]])
        ana.take()
        ana.back()
        it.settle()
        expect(ana.take()).toMatchObject([{ type: 'matched', seat: 1 }])
        expect(bob.take()).toMatchObject([{ type: 'matched', seat: 0 }])
      })

      test('matches two former partners again only after the rematch delay', () => {
        const it = world()
        it.rematchDelayMs = 1000
        const [ana, bob] = it.pair('ana', 'bob')
        ana.enter()
        bob.enter()
        it.advance(999)
        expect([ana.room, bob.room]).toEqual([undefined, undefined])
        it.advance(1)
        expect(ana.room).toBeDefined()
        expect(bob.room).toBe(ana.room)
      })
    })

    describe('rooms', () => {
      test('pass frames on in order, before the end of the room', () => {
        const it = world()
        const [ana, bob] = it.pair('ana', 'bob')
        for (let frame = 0; frame < 20; frame++) ana.pass(frame)
        ana.leave('left')
        it.settle()
        expect(bob.take()).toEqual([
          ...Array.from({ length: 20 }, (_, frame) => ({
            type: 'frame',
            frame: Uint8Array.of(frame),
          })),
          { type: 'parted', reason: 'left' },
        ])
        expect(ana.take()).toEqual([])
      })

      test('end when a session leaves: the partner receives the reason', () => {
        const it = world()
        const [ana, bob] = it.pair('ana', 'bob')
        const { room } = ana
        it.advance(1500)
        ana.leave('left')
        it.settle()
        expect(bob.take()).toEqual([{ type: 'parted', reason: 'left' }])
        expect(it.engine.counts).toEqual({ waiting: 0, rooms: 0 })
        expect(it.observed).toEqual([
          ['opened', room, [0, 0]],
          ['ended', room, 'ana', 'left', 1500],
        ])
      })

      test('end with `next` when a session enters the queue again', () => {
        const it = world()
        const [ana, bob] = it.pair('ana', 'bob')
        ana.enter({ lobby: 'elsewhere' })
        it.settle()
        expect(bob.take()).toEqual([{ type: 'parted', reason: 'next' }])
        expect(ana.take()).toEqual([{ type: 'queued' }])
      })

      test('end when a session is over', () => {
        const it = world()
        const [ana, bob] = it.pair('ana', 'bob')
        ana.end('lost')
        it.settle()
        expect(bob.take()).toEqual([lost])
        expect(it.engine.counts).toEqual({ waiting: 0, rooms: 0 })
      })

      test('of a session that leaves as soon as it is matched give its partner both events in order', () => {
        const it = world()
        const [ana, bob] = it.join('ana', 'bob')
        ana.onEvent = ({ type }) => type === 'matched' && ana.leave()
        ana.enter()
        it.settle()
        bob.enter()
        it.settle()
        expect(bob.take().slice(-2)).toMatchObject([{ type: 'matched' }, { type: 'parted' }])
        expect([ana.room, bob.room]).toEqual([undefined, undefined])
      })

      test('drop frames for a partner that has left', () => {
        const it = world()
        const [ana, bob] = it.pair('ana', 'bob')
        bob.leave()
        ana.pass(1)
        it.settle()
        expect(bob.take()).toEqual([])
      })

      test('stay when a session is away: the partner receives its presence', () => {
        const it = world()
        const [ana, bob] = it.pair('ana', 'bob')
        const { room } = ana
        ana.away()
        bob.pass(1)
        it.settle()
        expect(bob.take()).toEqual([{ type: 'presence', isPresent: false }])
        ana.back()
        it.settle()
        expect(bob.take()).toEqual([{ type: 'presence', isPresent: true }])
        expect([ana.frames, ana.room, bob.room]).toEqual([[Uint8Array.of(1)], room, room])
      })

      test('are limited: a pair waits until a room is free', () => {
        const it = world()
        it.maxRooms = 1
        const [ana] = it.pair('ana', 'bob')
        const [cleo, dan] = it.join('cleo', 'dan')
        cleo.enter()
        dan.enter()
        it.settle()
        expect(it.engine.counts).toEqual({ waiting: 2, rooms: 1 })
        ana.leave()
        it.settle()
        expect(it.engine.counts).toEqual({ waiting: 0, rooms: 1 })
        expect(cleo.room).toBeDefined()
        expect(dan.room).toBe(cleo.room)
      })

      test('that both have been away from for 5 s give way to tickets that wait', () => {
        const it = world()
        it.maxRooms = 1
        const [ana, bob] = it.pair('ana', 'bob')
        for (const session of [ana, bob]) session.away()
        it.settle()
        for (const session of [ana, bob]) session.take()
        const [cleo, dan] = it.join('cleo', 'dan')
        cleo.enter()
        dan.enter()
        it.advance(4999)
        expect(cleo.room).toBeUndefined()
        it.advance(1)
        expect(cleo.room).toBeDefined()
        expect(dan.room).toBe(cleo.room)
        const events = [{ type: 'abandoned' }, lost]
        expect([ana.take(), bob.take()]).toEqual([events, events])
      })

      test('that both have been away from, and one has come back to, do not give way', () => {
        const it = world()
        it.maxRooms = 1
        const [ana, bob] = it.pair('ana', 'bob')
        for (const session of [ana, bob]) session.away()
        it.advance(5000)
        ana.back()
        it.settle()
        const [cleo, dan] = it.join('cleo', 'dan')
        cleo.enter()
        dan.enter()
        it.advance(5000)
        expect(cleo.room).toBeUndefined()
        expect(ana.room).toBeDefined()
      })

      test('that both have been away from for long enough end by a sweep', async () => {
        const it = world()
        const [ana, bob] = it.pair('ana', 'bob')
        ana.away()
        it.advance(10)
        bob.away()
        it.advance(90)
        await it.engine.sweep(91)
        it.settle()
        expect(ana.room).toBeDefined()
        await it.engine.sweep(90)
        it.settle()
        expect([ana, bob].map((session) => session.take().at(-1))).toEqual([lost, lost])
        expect(it.engine.counts.rooms).toBe(0)
      })
    })

    describe('claims', () => {
      test('restore a room when both sessions have claimed it', () => {
        const it = world()
        const [ana, bob] = it.joinRestored('ana', 'bob')
        it.advance(100)
        ana.claim('bob')
        it.settle()
        expect(ana.take()).toEqual([{ type: 'presence', isPresent: false }])
        bob.claim('ana')
        it.settle()
        const { room } = ana
        expect(room).toMatchObject({ id: 'former', lobby: '', mode: 'video', openedAtMs: 0 })
        const restored = { type: 'restored', room, isPartnerPresent: true }
        expect(ana.take()).toEqual([{ ...restored, seat: 0 }])
        expect(bob.take()).toEqual([{ ...restored, seat: 1 }])
        ana.pass(1)
        it.settle()
        expect(bob.frames).toEqual([Uint8Array.of(1)])
        ana.leave()
        it.settle()
        expect(it.observed).toEqual([
          ['restored', room],
          ['ended', room, 'ana', 'left', 100],
        ])
      })

      test('fail when no session can be restored any more', () => {
        const it = world()
        const [ana] = it.joinRestored('ana')
        ana.claim('bob')
        it.advance(29_999)
        expect(ana.take()).toEqual([{ type: 'presence', isPresent: false }])
        it.advance(1)
        expect(ana.take()).toEqual([lost])
      })

      test.each([
        ['no room', undefined],
        ['another room', 'another'],
      ])('fail when the partner comes back and claims %s', (_, roomId) => {
        const it = world()
        const [ana, bob] = it.joinRestored('ana', 'bob')
        ana.claim('bob')
        it.settle()
        ana.take()
        bob.claim(roomId && 'ana', roomId)
        it.settle()
        expect(ana.take()).toEqual([lost])
        // Its own claim fails too, because the partner is here and did not claim that room.
        expect(bob.take()).toEqual(roomId === undefined ? [] : [lost])
      })

      test('of a third session restore nothing', () => {
        const it = world()
        const [ana, bob, eve] = it.joinRestored('ana', 'bob', 'eve')
        for (const session of [eve, ana]) session.claim('bob')
        it.settle()
        bob.claim('ana')
        it.settle()
        expect(eve.take().at(-1)).toEqual(lost)
        expect(ana.room).toBeDefined()
        expect(bob.room).toBe(ana.room)
      })

      test('of two sessions that join at the same time restore their room', () => {
        const it = world()
        const [ana, bob] = it.joinRestored('ana', 'bob')
        ana.claim('bob')
        bob.claim('ana')
        it.settle()
        expect(ana.room).toBeDefined()
        expect(bob.room).toBe(ana.room)
      })

      test('fail when the partner ends before it has claimed a room', () => {
        const it = world()
        const [ana, bob] = it.joinRestored('ana', 'bob')
        ana.claim('bob')
        it.settle()
        ana.take()
        bob.end('lost')
        it.settle()
        expect(ana.take()).toEqual([lost])
      })

      test('that were left give the partner the reason when it comes back', () => {
        const it = world()
        const [ana, bob] = it.joinRestored('ana', 'bob')
        ana.claim('bob')
        it.settle()
        ana.enter()
        it.settle()
        bob.claim('ana')
        it.settle()
        expect(bob.take()).toEqual([{ type: 'parted', reason: 'next' }])
        expect(ana.take().at(-1)).toEqual({ type: 'queued' })
      })

      test('fail if all rooms are taken', () => {
        const it = world()
        it.maxRooms = 1
        it.pair('cleo', 'dan')
        const [ana, bob] = it.joinRestored('ana', 'bob')
        ana.claim('bob')
        it.settle()
        bob.claim('ana')
        it.settle()
        expect([ana.take().at(-1), bob.take()]).toEqual([lost, [lost]])
      })
    })

    describe('encounters', () => {
      const about = (partnerId: string) => ({ type: 'reported', encounter: { partnerId } })

      test('give a report its partner: in the room, and after it', () => {
        const it = world()
        const [ana, bob] = it.pair('ana', 'bob')
        const roomId = ana.room!.id
        bob.report()
        bob.leave()
        it.settle()
        ana.take()
        ana.report(roomId)
        it.settle()
        expect(ana.take()).toEqual([
          {
            type: 'reported',
            reason: 'spam',
            asked: roomId,
            encounter: {
              roomId,
              partnerId: 'bob',
              partner: expect.objectContaining({ addressKey: 'address of bob' }),
              isRepeated: false,
            },
          },
        ])
        expect(bob.take()).toMatchObject([about('ana')])
      })

      test('have the latest address of a partner that has moved, and has ended', () => {
        const it = world()
        const [ana, bob] = it.pair('ana', 'bob')
        ana.leave()
        bob.away()
        bob.back('another address')
        bob.end()
        it.settle()
        ana.report()
        it.settle()
        expect(ana.take()).toMatchObject([
          { encounter: { partnerId: 'bob', partner: { addressKey: 'another address' } } },
        ])
      })

      test('name a partner as reported already, in whichever room', () => {
        const it = world()
        const [ana, bob] = it.pair('ana', 'bob')
        const [first] = [ana.room!.id]
        ana.report()
        ana.enter()
        bob.enter()
        it.settle()
        ana.take()
        for (const roomId of [null, first, ana.room!.id]) ana.report(roomId)
        it.settle()
        const answer = { encounter: { partnerId: 'bob', isRepeated: true } }
        expect(ana.take()).toMatchObject([answer, answer, answer])
      })

      test('know nothing of rooms of others, of unknown rooms, and of a session without partners', () => {
        const it = world()
        const [ana] = it.pair('ana', 'bob')
        const [cleo] = it.pair('cleo', 'dan')
        const [eve] = it.join('eve')
        for (const roomId of [cleo.room!.id, 'unknown']) ana.report(roomId)
        eve.report()
        it.settle()
        const unknown = { type: 'reported', encounter: undefined }
        expect(ana.take()).toMatchObject([unknown, unknown])
        expect(eve.take()).toMatchObject([unknown])
      })

      test('are kept for the last ten rooms, each for an hour', () => {
        const it = world()
        const [ana] = it.join('ana')
        const rooms: string[] = []
        for (let count = 0; count < 11; count++) {
          const partner = it.join(`partner ${count}`)[0]
          for (const session of [partner, ana]) {
            session.enter()
            it.settle()
          }
          rooms.push(ana.room!.id)
          it.advance(1000)
        }
        ana.leave()
        it.advance(3_591_001)
        ana.take()
        for (const roomId of rooms) ana.report(roomId)
        it.settle()
        const known = ana
          .take()
          .map((event) => 'encounter' in event && event.encounter !== undefined)
        // Eleven rooms are one too many, and the second of them ended over an hour ago.
        expect(known).toEqual([false, false, ...Array<boolean>(9).fill(true)])
      })

      test('of a claimed room name the partner before it is back', () => {
        const it = world()
        const [ana] = it.joinRestored('ana')
        ana.claim('bob')
        ana.report()
        it.settle()
        expect(ana.take().at(-1)).toMatchObject({
          encounter: { roomId: 'former', partnerId: 'bob', partner: undefined },
        })
      })
    })

    test('bans a key for its time', () => {
      const it = world()
      it.engine.bans.add('key', 1000)
      it.settle()
      expect([it.engine.bans.has('key'), it.engine.bans.has('another')]).toEqual([true, false])
      it.advance(1000)
      expect(it.engine.bans.has('key')).toBe(false)
    })
  })
}

describeEngine('the memory engine', (dependencies) => ({
  engine: new MemoryEngine(dependencies),
  step: () => undefined,
  settle: () => undefined,
}))

describe.each([1, 2, 3, 4, 5])('with delayed and interleaved delivery, seed %i,', (seed) => {
  describeEngine('the memory engine', (dependencies) => {
    const engine = new DelayedEngine(seed, dependencies, (given) => new MemoryEngine(given))
    return { engine, step: () => engine.step(), settle: () => engine.settle() }
  })
})
