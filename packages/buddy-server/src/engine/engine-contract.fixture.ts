// What every engine must do. The tests of each engine call `describeEngine`.
import { describe, expect, test } from 'vitest'
import type { EngineUnderTest } from './engine-world.fixture.ts'
import { ContractSession, EngineWorld } from './engine-world.fixture.ts'
import type { EngineDependencies } from './memory/memory-engine.ts'

const lost = { type: 'parted', reason: 'lost' }

/** Describes an engine of any kind by its tests. */
export function describeEngine(
  name: string,
  createEngine: (dependencies: EngineDependencies) => EngineUnderTest,
): void {
  const createWorld = (): EngineWorld => new EngineWorld(createEngine)

  describe(name, () => {
    describe('the queue', () => {
      test('queues a ticket if no compatible ticket waits, and matches it when one arrives', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter({ interests: ['Jazz', 'tea'] })
        await world.settle()
        expect(ana.take()).toEqual([{ type: 'queued' }])
        expect(world.engine.counts).toMatchObject({ waiting: 1, rooms: 0 })
        bob.enter({ interests: ['jazz', 'chess'] })
        await world.settle()
        const { room } = ana
        expect(room).toMatchObject({ site: '', lobby: '', mode: 'video', openedAtMs: 0 })
        expect(room?.seats.map(({ sessionId }) => sessionId)).toEqual(['ana', 'bob'])
        expect(room?.seats.map(({ name: shown }) => shown)).toEqual(['name of ana', 'name of bob'])
        const matched = { type: 'matched', room, languages: [], isOffered: false, isRematch: false }
        expect(ana.take()).toEqual([{ ...matched, seat: 0, interests: ['Jazz'] }])
        expect(bob.take()).toEqual([{ ...matched, seat: 1, interests: ['jazz'] }])
        expect(world.engine.counts).toMatchObject({ waiting: 0, rooms: 1 })
      })

      test.each([{ site: 'other' }, { lobby: 'other' }, { mode: 'audio' as const }])(
        'does not match tickets that differ in %o',
        async (difference) => {
          const world = createWorld()
          const [ana, bob] = world.join('ana', 'bob')
          ana.enter()
          bob.enter(difference)
          await world.settle()
          expect([ana.take(), bob.take()]).toEqual([[{ type: 'queued' }], [{ type: 'queued' }]])
        },
      )

      test('matches the ticket that has waited longest', async () => {
        const world = createWorld()
        world.maxRooms = 0
        const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
        for (const session of [ana, bob, cleo]) {
          session.enter()
          await world.advance(1)
        }
        world.maxRooms = 1
        void world.engine.reload()
        await world.settle()
        expect([ana, bob, cleo].map(({ room }) => room !== undefined)).toEqual([true, true, false])
      })

      test('relays an offer to the waiting partner as its first frame', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter()
        await world.settle()
        bob.enter({}, Uint8Array.of(1, 2))
        await world.settle()
        bob.pass(3)
        await world.settle()
        expect(ana.frames).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)])
        expect(
          [ana, bob].map(({ events }) => events.find(({ type }) => type === 'matched')),
        ).toMatchObject([{ isOffered: true }, { isOffered: true }])
      })

      test('drops an offer if no partner is waiting', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter({}, Uint8Array.of(1))
        await world.settle()
        bob.enter()
        await world.settle()
        expect([ana.frames, bob.frames]).toEqual([[], []])
        expect(bob.take()).toMatchObject([{ isOffered: false }])
      })

      test('does not match the ticket of a session that has left', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter()
        ana.leave()
        await world.settle()
        bob.enter()
        await world.settle()
        expect([ana.room, bob.take()]).toEqual([undefined, [{ type: 'queued' }]])
        expect(world.engine.counts).toMatchObject({ waiting: 1, rooms: 0 })
      })

      test('replaces the ticket of a session that enters again', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter({ lobby: 'one' })
        ana.enter({ lobby: 'two' })
        await world.settle()
        bob.enter({ lobby: 'one' })
        await world.settle()
        expect([ana.room, bob.room]).toEqual([undefined, undefined])
        expect(world.engine.counts).toMatchObject({ waiting: 2, rooms: 0 })
      })

      test('does not match a session that is away, and queues it again when it is back', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter()
        await world.settle()
        ana.away()
        await world.settle()
        bob.enter()
        await world.settle()
        expect([world.engine.counts.waiting, bob.take()]).toEqual([1, [{ type: 'queued' }]])
        ana.take()
        ana.back()
        await world.settle()
        expect(ana.take()).toMatchObject([{ type: 'matched', seat: 1 }])
        expect(bob.take()).toMatchObject([{ type: 'matched', seat: 0 }])
      })

      test('does not queue a ticket that a session enters while it is away, until it is back', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.away()
        ana.enter()
        bob.enter()
        await world.settle()
        expect([ana.take(), bob.take()]).toEqual([[], [{ type: 'queued' }]])
        ana.back()
        await world.settle()
        expect(ana.take()).toMatchObject([{ type: 'matched' }])
      })

      test('matches two former partners again only after the rematch delay', async () => {
        const world = createWorld()
        world.rematchDelayMs = 1000
        const [ana, bob] = await world.pair('ana', 'bob')
        ana.enter()
        bob.enter()
        await world.advance(999)
        expect([ana.room, bob.room]).toEqual([undefined, undefined])
        await world.advance(1)
        expect(ana.room).toBeDefined()
        expect(bob.room).toEqual(ana.room)
      })
    })

    describe('criteria', () => {
      const chess = { interests: ['chess'] }
      const go = { interests: ['go'] }

      test('matches the ticket with most interests in common, then the one that has waited longest', async () => {
        const world = createWorld()
        const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
        for (const [session, interests] of [
          [ana, ['chess']],
          [bob, ['go', 'jazz']],
          [cleo, ['jazz', 'tea']],
        ] as const) {
          // They keep different languages, so none of them meets another.
          session.enter({ interests, languages: [session.id], keepsLanguages: true })
          await world.advance(1)
        }
        dan.enter({ interests: ['tea', 'jazz', 'chess', 'go'] })
        await world.settle()
        expect(dan.room).toEqual(bob.room)
        expect(dan.take()).toMatchObject([{ interests: ['jazz', 'go'] }])
        const [eve] = world.join('eve')
        eve.enter({ interests: ['tea', 'chess'] })
        await world.settle()
        expect(eve.room).toEqual(ana.room)
      })

      test('matches tickets without a common interest when both have widened', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter(chess)
        await world.advance(1000)
        bob.enter(go)
        await world.settle()
        expect(bob.search).toMatchObject({ interests: ['go'], widensInMs: 8000, obstacle: 'none' })
        await world.advance(7000)
        expect(ana.search).toMatchObject({ interests: [], widensInMs: null })
        await world.advance(999)
        expect(ana.room).toBeUndefined()
        await world.advance(1)
        expect(ana.room).toBeDefined()
        expect(bob.room).toEqual(ana.room)
      })

      test('matches tickets without a common language when both have widened', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter({ languages: ['pl'] })
        bob.enter({ languages: ['en', 'de'] })
        await world.advance(11_999)
        expect([ana.room, bob.search]).toMatchObject([undefined, { languages: ['en', 'de'] }])
        await world.advance(1)
        expect(ana.room).toBeDefined()
      })

      test('requires a partner of the same region, and accepts any when both have widened', async () => {
        const world = createWorld()
        const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
        ana.enter({ region: 'eu' })
        await world.advance(1000)
        bob.enter({ region: 'asia' })
        await world.advance(3999)
        expect([ana.room, bob.search]).toMatchObject([undefined, { widensInMs: null }])
        // Ana has widened, and accepts a partner of any region that accepts any too.
        cleo.enter({ region: 'eu' })
        await world.settle()
        expect(ana.room).toBeDefined()
        expect(cleo.room).toEqual(ana.room)
        dan.enter()
        await world.settle()
        expect(dan.room).toBeUndefined()
        await world.advance(1)
        expect(bob.room).toBeDefined()
        expect(dan.room).toEqual(bob.room)
      })

      test('prefers the own region among tickets with equally many common interests', async () => {
        const world = createWorld()
        const sessions = world.join('ana', 'bob', 'cleo', 'dan')
        const regions = ['asia', 'eu', 'asia', 'eu']
        for (const [index, session] of sessions.entries()) {
          // They keep different languages, so none of them meets another.
          const interests = index === 2 ? ['go', 'tea'] : ['go']
          const region = regions[index]!
          session.enter({ region, interests, languages: [session.id], keepsLanguages: true })
          await world.advance(1)
        }
        await world.advance(4000)
        const [ana, bob, cleo] = sessions
        const [eve, finn] = world.join('eve', 'finn')
        // They search first when they have been slowed so long that they accept any region.
        const slowed = { region: 'eu', delayMs: 4000 }
        eve.enter({ ...slowed, interests: ['go'] })
        await world.advance(4000)
        expect(eve.room).toBeDefined()
        expect(bob.room).toEqual(eve.room)
        finn.enter({ ...slowed, interests: ['go', 'tea'] })
        await world.advance(4000)
        expect(finn.room).toBeDefined()
        expect(cleo.room).toEqual(finn.room)
        expect(ana.room).toBeUndefined()
      })

      test('never widens what a ticket keeps', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter({ ...chess, keepsInterests: true, languages: ['pl'], keepsLanguages: true })
        bob.enter()
        await world.advance(1_000_000)
        expect(ana.room).toBeUndefined()
        expect(ana.search).toMatchObject({
          interests: ['chess'],
          languages: ['pl'],
          widensInMs: null,
        })
      })

      test('matches asks only with attributes that satisfy them, in both directions', async () => {
        const world = createWorld()
        const asks = [{ attribute: 'verified', values: ['yes'] }]
        const attributes = { verified: 'yes' }
        const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
        ana.enter({ asks })
        await world.advance(1)
        bob.enter()
        cleo.enter({ asks, attributes: { verified: 'no' } })
        await world.advance(1_000_000)
        expect([ana.room, bob.room, cleo.room]).toEqual([undefined, undefined, undefined])
        dan.enter({ asks, attributes })
        await world.settle()
        // No waiting ticket has the attribute that Dan asks for.
        expect(dan.room).toBeUndefined()
        const [eve] = world.join('eve')
        eve.enter({ attributes })
        await world.settle()
        expect(eve.room).toBeDefined()
        expect(ana.room).toEqual(eve.room)
      })

      test('never matches tickets of different bands', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter({ band: 'adult' })
        bob.enter({ band: 'minor' })
        await world.advance(1_000_000)
        expect([ana.room, ana.search]).toMatchObject([undefined, { obstacle: 'few-people' }])
      })

      test('a ticket that is changed keeps its place, and is matched at once if that is possible', async () => {
        const world = createWorld()
        const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
        ana.enter({ ...chess, languages: ['pl'], keepsLanguages: true })
        await world.advance(1000)
        bob.enter({ ...go, languages: ['en'], keepsLanguages: true, keepsInterests: true })
        await world.settle()
        ana.change(go)
        await world.settle()
        expect(ana.search).toMatchObject({ interests: ['go'], widensInMs: 8000 })
        cleo.enter(go)
        await world.settle()
        expect(cleo.room).toEqual(ana.room)
        const [dan] = world.join('dan')
        dan.enter(chess)
        await world.settle()
        dan.change({ interests: ['tea', 'go'] })
        await world.settle()
        expect(dan.take().at(-1)).toMatchObject({ type: 'matched', seat: 1, interests: ['go'] })
        expect(bob.room).toEqual(dan.room)
      })

      test('a change does not affect a match that was made before', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter(chess)
        await world.settle()
        bob.enter(chess)
        ana.change({ ...go, keepsInterests: true })
        await world.settle()
        expect(ana.room === undefined).toBe(bob.room === undefined)
        expect(ana.room).toEqual(bob.room)
      })

      test('a ticket with a delay is matched only after it', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter({ delayMs: 5000 })
        bob.enter()
        await world.advance(4999)
        expect([ana.room, ana.take()]).toEqual([undefined, [{ type: 'queued' }]])
        await world.advance(1)
        expect(ana.room).toBeDefined()
      })

      test('a ticket keeps its place while its session is away', async () => {
        const world = createWorld()
        const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
        for (const session of [ana, bob]) {
          session.enter({ languages: [session.id], keepsLanguages: true })
          await world.advance(1)
        }
        ana.away()
        await world.advance(100)
        ana.back()
        await world.settle()
        cleo.enter()
        await world.settle()
        expect(cleo.room).toEqual(ana.room)
        expect(bob.room).toBeUndefined()
      })

      test('reports to a search the number of present sessions, and recent waits', async () => {
        const world = createWorld()
        const [ana] = world.join('ana')
        ana.enter()
        await world.settle()
        const alone = { online: 1, estimateMs: null, obstacle: 'few-people' }
        expect(ana.search).toMatchObject(alone)
        for (const waitMs of [3000, 1000, 2000, 4000]) {
          const [partner] = world.join(`partner ${waitMs}`)
          await world.advance(waitMs)
          partner.enter()
          await world.settle()
          expect(ana.room).toBeDefined()
          partner.leave()
          await world.settle()
          ana.enter()
          await world.settle()
        }
        // Four waits are too few.
        expect(ana.search).toMatchObject(alone)
        const [last] = world.join('last')
        await world.advance(10_000)
        last.enter()
        await world.settle()
        ana.enter()
        await world.settle()
        expect(ana.search).toMatchObject({ online: 2, estimateMs: 3000 })
        last.end()
        await world.advance(15_000)
        expect(ana.search).toMatchObject({ online: 1 })
      })
    })

    describe('people', () => {
      test('two people who have met avoid each other while another person is present', async () => {
        const world = createWorld()
        world.avoidRecentMs = 600_000
        world.rematchDelayMs = 1000
        const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
        for (const session of [ana, bob, cleo, dan]) {
          session.enter()
          await world.settle()
        }
        expect(ana.room).toEqual(bob.room)
        for (const session of [ana, bob]) session.enter()
        await world.advance(100_000)
        // Ana and Bob have not met Cleo and Dan, who are in a room.
        expect([ana.room, bob.room]).toEqual([undefined, undefined])
        expect([ana, bob].map(({ search }) => search?.obstacle)).toEqual([
          'known-people',
          'known-people',
        ])
        cleo.leave()
        dan.leave()
        await world.advance(100)
        expect(ana.room).toBeDefined()
        expect(ana.room).toEqual(bob.room)
        expect(ana.take().at(-1)).toMatchObject({ type: 'matched', isRematch: true })
      })

      test('two people who have met may meet again after the time', async () => {
        const world = createWorld()
        world.avoidRecentMs = 60_000
        const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
        for (const session of [ana, bob, cleo, dan]) {
          session.enter()
          await world.settle()
        }
        for (const session of [ana, bob]) session.enter()
        await world.advance(59_999)
        expect(ana.room).toBeUndefined()
        await world.advance(1)
        expect(ana.take().at(-1)).toMatchObject({ type: 'matched', isRematch: false })
      })

      test('a pair is dropped only when both have met enough others', async () => {
        const world = createWorld()
        world.avoidRecentMs = 600_000
        world.avoidRecentCount = 2
        const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
        cleo.enter({ mode: 'text' })
        dan.enter({ mode: 'text' })
        const meet = async (
          one: ContractSession,
          other: ContractSession,
          lobby: string,
        ): Promise<void> => {
          for (const session of [one, other]) session.enter({ lobby })
          await world.settle()
          expect(one.room).toEqual(other.room)
        }
        await meet(ana, bob, 'first')
        for (const number of [1, 2, 3]) await meet(ana, world.join(`x${number}`)[0], `a${number}`)
        // A person is present whom neither has met.
        const others = world.join('eve', 'fay')
        others[0].enter()
        others[1].enter()
        await world.settle()
        for (const session of [ana, bob]) session.enter()
        await world.settle()
        expect(ana.room).toBeUndefined()
        for (const number of [1, 2, 3]) await meet(bob, world.join(`y${number}`)[0], `b${number}`)
        bob.enter()
        await world.settle()
        expect(ana.room).toBeDefined()
        expect(ana.room).toEqual(bob.room)
      })

      test('matches two sessions of one person only while no other person is present', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        const second = new ContractSession('second', world.engine, false, 'person ana')
        // Bob shares no interest with them, and so waits too.
        bob.enter({ interests: ['go'], interestKeys: ['go'], keepsInterests: true })
        await world.settle()
        ana.enter()
        second.enter()
        await world.advance(1_000_000)
        expect([ana.room, second.room]).toEqual([undefined, undefined])
        for (const session of [bob, ana, second]) session.leave()
        await world.settle()
        ana.enter()
        await world.settle()
        second.enter()
        await world.settle()
        expect(ana.room).toBeDefined()
        expect(ana.room).toEqual(second.room)
      })

      test.each(['block', 'report'] as const)(
        'after a %s two people never meet again, also in other sessions and after a restart',
        async (command) => {
          const world = createWorld()
          const [ana, bob] = await world.pair('ana', 'bob')
          if (command === 'block') ana.block(ana.room!.id)
          else ana.report(ana.room!.id)
          await world.settle()
          if (command === 'block') expect(ana.take()).toEqual([{ type: 'blocked', isKnown: true }])
          // The room continues until the session leaves it.
          expect(bob.room).toEqual(ana.room)
          const pair = world.pairs.find(([kind]) => kind === 'blocked')
          expect(pair!.slice(1, 3).toSorted()).toEqual(['person ana', 'person bob'])
          for (const session of [ana, bob]) session.end()
          await world.settle()
          const second = new ContractSession('second', world.engine, false, 'person ana')
          const [other] = [new ContractSession('other', world.engine, false, 'person bob')]
          for (const session of [second, other!]) session.enter()
          await world.advance(900_000)
          expect([second.room, other!.room]).toEqual([undefined, undefined])
          expect(second.search).toMatchObject({ obstacle: 'known-people' })
          const later = createWorld()
          later.engine.pairs.add(...pair!)
          const [again, partner] = later.join('ana', 'bob')
          again.enter()
          partner.enter()
          await later.advance(900_000)
          expect([again.room, partner.room]).toEqual([undefined, undefined])
        },
      )

      test('a block that names a room of others, or a room from too long ago, is refused', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        const [cleo] = await world.pair('cleo', 'dan')
        ana.block(cleo.room!.id)
        await world.settle()
        expect(ana.take()).toEqual([{ type: 'blocked', isKnown: false }])
        for (const session of [ana, cleo]) session.enter({ lobby: 'new' })
        await world.settle()
        expect(ana.room).toEqual(cleo.room)
        expect(bob.room).toBeUndefined()
      })
    })

    describe('rooms', () => {
      test('a room relays frames in order, all of them before the event that it has ended', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        for (let frame = 0; frame < 20; frame++) ana.pass(frame)
        ana.leave('left')
        await world.settle()
        expect(bob.take()).toEqual([
          ...Array.from({ length: 20 }, (_, frame) => ({
            type: 'frame',
            frame: Uint8Array.of(frame),
          })),
          { type: 'parted', reason: 'left' },
        ])
        expect(ana.take()).toEqual([])
      })

      test('a room ends when a session leaves, and the partner receives the reason', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        const { room } = ana
        await world.advance(1500)
        ana.leave('left')
        await world.settle()
        expect(bob.take()).toEqual([{ type: 'parted', reason: 'left' }])
        expect(world.engine.counts).toMatchObject({ waiting: 0, rooms: 0 })
        expect(world.observed).toEqual([
          ['opened', room, [0, 0]],
          ['ended', room, 'ana', 'left', 1500],
        ])
      })

      test('a room ends with `next` when one of its sessions enters the queue again', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        ana.enter({ lobby: 'elsewhere' })
        await world.settle()
        expect(bob.take()).toEqual([{ type: 'parted', reason: 'next' }])
        expect(ana.take()).toEqual([{ type: 'queued' }])
      })

      test('a room ends when one of its sessions ends', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        ana.end('lost')
        await world.settle()
        expect(bob.take()).toEqual([lost])
        expect(world.engine.counts).toMatchObject({ waiting: 0, rooms: 0 })
      })

      test('the partner of a session that leaves as soon as it is matched receives `matched`, then `parted`', async () => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.onEvent = ({ type }) => type === 'matched' && ana.leave()
        ana.enter()
        await world.settle()
        bob.enter()
        await world.settle()
        expect(bob.take().slice(-2)).toMatchObject([{ type: 'matched' }, { type: 'parted' }])
        expect([ana.room, bob.room]).toEqual([undefined, undefined])
      })

      test('a room drops frames for a partner that has left', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        bob.leave()
        ana.pass(1)
        await world.settle()
        expect(bob.take()).toEqual([])
      })

      test('a room continues while a session is away, and the partner receives each change of presence', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        const { room } = ana
        ana.away()
        bob.pass(1)
        await world.settle()
        expect(bob.take()).toEqual([{ type: 'presence', isPresent: false }])
        ana.back()
        await world.settle()
        expect(bob.take()).toEqual([{ type: 'presence', isPresent: true }])
        expect([ana.frames, ana.room, bob.room]).toEqual([[Uint8Array.of(1)], room, room])
      })

      test('compatible tickets wait while the maximum number of rooms is open', async () => {
        const world = createWorld()
        world.maxRooms = 1
        const [ana] = await world.pair('ana', 'bob')
        const [cleo, dan] = world.join('cleo', 'dan')
        cleo.enter()
        dan.enter()
        await world.settle()
        expect(world.engine.counts).toMatchObject({ waiting: 2, rooms: 1 })
        ana.leave()
        await world.settle()
        expect(world.engine.counts).toMatchObject({ waiting: 0, rooms: 1 })
        expect(cleo.room).toBeDefined()
        expect(dan.room).toEqual(cleo.room)
      })

      test('a room ends if both sessions have been away for 5 s and other tickets need the room', async () => {
        const world = createWorld()
        world.maxRooms = 1
        const [ana, bob] = await world.pair('ana', 'bob')
        for (const session of [ana, bob]) session.away()
        await world.settle()
        for (const session of [ana, bob]) session.take()
        const [cleo, dan] = world.join('cleo', 'dan')
        cleo.enter()
        dan.enter()
        await world.advance(4999)
        expect(cleo.room).toBeUndefined()
        await world.advance(1)
        expect(cleo.room).toBeDefined()
        expect(dan.room).toEqual(cleo.room)
        const events = [{ type: 'abandoned' }, lost]
        expect([ana.take(), bob.take()]).toEqual([events, events])
      })

      test('a room does not end for other tickets if one of its sessions has come back', async () => {
        const world = createWorld()
        world.maxRooms = 1
        const [ana, bob] = await world.pair('ana', 'bob')
        for (const session of [ana, bob]) session.away()
        await world.advance(5000)
        ana.back()
        await world.settle()
        const [cleo, dan] = world.join('cleo', 'dan')
        cleo.enter()
        dan.enter()
        await world.advance(5000)
        expect(cleo.room).toBeUndefined()
        expect(ana.room).toBeDefined()
      })

      test('a sweep ends rooms in which both sessions have been away for at least the given time', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        ana.away()
        await world.advance(10)
        bob.away()
        await world.advance(90)
        await world.engine.sweep(91)
        await world.settle()
        expect(ana.room).toBeDefined()
        await world.engine.sweep(90)
        await world.settle()
        expect([ana, bob].map((session) => session.take().at(-1))).toEqual([lost, lost])
        expect(world.engine.counts.rooms).toBe(0)
        // Both sessions were away, so seat 0 counts as the one that has left.
        expect(world.observed.at(-1)).toMatchObject(['ended', {}, 'ana', 'lost', 100])
      })
    })

    describe('claims', () => {
      test('a room is restored when both sessions have claimed it', async () => {
        const world = createWorld()
        const [ana, bob] = world.joinRestored('ana', 'bob')
        await world.advance(100)
        ana.claim('bob')
        await world.settle()
        expect(ana.take()).toEqual([{ type: 'presence', isPresent: false }])
        bob.claim('ana')
        await world.settle()
        const { room } = ana
        expect(room).toMatchObject({ id: 'former', lobby: '', mode: 'video', openedAtMs: 0 })
        const restored = { type: 'restored', room, isPartnerPresent: true }
        expect(ana.take()).toEqual([{ ...restored, seat: 0 }])
        expect(bob.take()).toEqual([{ ...restored, seat: 1 }])
        ana.pass(1)
        await world.settle()
        expect(bob.frames).toEqual([Uint8Array.of(1)])
        ana.leave()
        await world.settle()
        expect(world.observed).toEqual([
          ['restored', room],
          ['ended', room, 'ana', 'left', 100],
        ])
      })

      test('a claim fails when sessions can no longer be restored', async () => {
        const world = createWorld()
        const [ana] = world.joinRestored('ana')
        ana.claim('bob')
        await world.advance(29_999)
        expect(ana.take()).toEqual([{ type: 'presence', isPresent: false }])
        await world.advance(1)
        expect(ana.take()).toEqual([lost])
      })

      test.each([
        ['no room', undefined],
        ['another room', 'another'],
      ])('a claim fails when the partner comes back and claims %s', async (_, roomId) => {
        const world = createWorld()
        const [ana, bob] = world.joinRestored('ana', 'bob')
        ana.claim('bob')
        await world.settle()
        ana.take()
        bob.claim(roomId && 'ana', roomId)
        await world.settle()
        expect(ana.take()).toEqual([lost])
        // The claim of bob fails too, because ana has joined and did not claim that room.
        expect(bob.take()).toEqual(roomId === undefined ? [] : [lost])
      })

      test('a room is restored even if the second session is away when it claims the room', async () => {
        const world = createWorld()
        const [ana, bob] = world.joinRestored('ana', 'bob')
        ana.claim('bob')
        await world.settle()
        bob.away()
        bob.claim('ana')
        await world.settle()
        expect(ana.take().at(-1)).toMatchObject({ type: 'restored', isPartnerPresent: false })
        expect(bob.take()).toMatchObject([{ type: 'restored', isPartnerPresent: true }])
      })

      test('a room is not restored for a third session that claims the same partner', async () => {
        const world = createWorld()
        const [ana, bob, eve] = world.joinRestored('ana', 'bob', 'eve')
        for (const session of [eve, ana]) session.claim('bob')
        await world.settle()
        bob.claim('ana')
        await world.settle()
        expect(eve.take().at(-1)).toEqual(lost)
        expect(ana.room).toBeDefined()
        expect(bob.room).toEqual(ana.room)
      })

      test('a room is restored if both sessions claim it at the same time', async () => {
        const world = createWorld()
        const [ana, bob] = world.joinRestored('ana', 'bob')
        ana.claim('bob')
        bob.claim('ana')
        await world.settle()
        expect(ana.room).toBeDefined()
        expect(bob.room).toEqual(ana.room)
      })

      test('a claim fails if the session of the partner ends before it has claimed a room', async () => {
        const world = createWorld()
        const [ana, bob] = world.joinRestored('ana', 'bob')
        ana.claim('bob')
        await world.settle()
        ana.take()
        bob.end('lost')
        await world.settle()
        expect(ana.take()).toEqual([lost])
      })

      test.each([
        ['the partner claims another room', 0],
        ['the time to restore sessions is over', 30_000],
      ])(
        'a session receives nothing about a claim that it has left, when %s',
        async (_, waitMs) => {
          const world = createWorld()
          const [ana, bob] = world.joinRestored('ana', 'bob')
          ana.claim('bob')
          ana.enter()
          await world.advance(waitMs)
          bob.claim('ana', 'another')
          await world.settle()
          expect(ana.take().at(-1)).toEqual({ type: 'queued' })
          expect(world.engine.counts.waiting).toBe(1)
        },
      )

      test('a partner that claims the room after the session has left it receives the reason', async () => {
        const world = createWorld()
        const [ana, bob] = world.joinRestored('ana', 'bob')
        ana.claim('bob')
        await world.settle()
        ana.enter()
        await world.settle()
        bob.claim('ana')
        await world.settle()
        expect(bob.take()).toEqual([{ type: 'parted', reason: 'next' }])
        expect(ana.take().at(-1)).toEqual({ type: 'queued' })
      })

      test('a claim fails if the maximum number of rooms is open', async () => {
        const world = createWorld()
        world.maxRooms = 1
        await world.pair('cleo', 'dan')
        const [ana, bob] = world.joinRestored('ana', 'bob')
        ana.claim('bob')
        await world.settle()
        bob.claim('ana')
        await world.settle()
        expect([ana.take().at(-1), bob.take()]).toEqual([lost, [lost]])
      })
    })

    describe('encounters', () => {
      const about = (partnerId: string) => ({ type: 'reported', encounter: { partnerId } })

      test('a report identifies the partner, during the room and after it', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        const roomId = ana.room!.id
        bob.report()
        bob.leave()
        await world.settle()
        ana.take()
        ana.report(roomId)
        await world.settle()
        expect(ana.take()).toEqual([
          {
            type: 'reported',
            reason: 'spam',
            asked: roomId,
            encounter: {
              roomId,
              partnerId: 'bob',
              partner: expect.objectContaining({ addressKey: 'address of bob' }),
              partnerKey: 'person bob',
              mode: 'video',
              lobby: 'ana and bob',
              isRepeated: false,
            },
          },
        ])
        expect(bob.take()).toMatchObject([about('ana')])
      })

      test('a report contains the latest address of a partner whose address changed before its session ended', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        ana.leave()
        bob.away()
        bob.back('another address')
        bob.end()
        await world.settle()
        ana.report()
        await world.settle()
        expect(ana.take()).toMatchObject([
          { encounter: { partnerId: 'bob', partner: { addressKey: 'another address' } } },
        ])
      })

      test('a second report of the same partner is marked as repeated, also in another room', async () => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        const first = ana.room!.id
        for (const session of [ana, bob]) session.enter()
        await world.settle()
        ana.report()
        await world.settle()
        ana.take()
        for (const roomId of [null, first, ana.room!.id]) ana.report(roomId)
        await world.settle()
        const answer = { encounter: { partnerId: 'bob', isRepeated: true } }
        expect(ana.take()).toMatchObject([answer, answer, answer])
      })

      test('a report finds no partner in rooms of other sessions, in unknown rooms, or if there was no partner', async () => {
        const world = createWorld()
        const [ana] = await world.pair('ana', 'bob')
        const [cleo] = await world.pair('cleo', 'dan')
        const [eve] = world.join('eve')
        for (const roomId of [cleo.room!.id, 'unknown']) ana.report(roomId)
        eve.report()
        await world.settle()
        const unknown = { type: 'reported', encounter: undefined }
        expect(ana.take()).toMatchObject([unknown, unknown])
        expect(eve.take()).toMatchObject([unknown])
      })

      test('reports can name the last ten rooms, each for an hour', async () => {
        const world = createWorld()
        const [ana] = world.join('ana')
        const rooms: string[] = []
        for (let count = 0; count < 11; count++) {
          const partner = world.join(`partner ${count}`)[0]
          for (const session of [partner, ana]) {
            session.enter()
            await world.settle()
          }
          rooms.push(ana.room!.id)
          await world.advance(1000)
        }
        ana.leave()
        await world.advance(3_591_001)
        ana.take()
        for (const roomId of rooms) ana.report(roomId)
        await world.settle()
        const known = ana
          .take()
          .map((event) => 'encounter' in event && event.encounter !== undefined)
        // The first of eleven rooms was dropped, and the second ended more than an hour ago.
        expect(known).toEqual([false, false, ...Array<boolean>(9).fill(true)])
      })

      test('a report of a claimed room identifies the partner before the partner has come back', async () => {
        const world = createWorld()
        const [ana] = world.joinRestored('ana')
        ana.claim('bob')
        ana.report()
        await world.settle()
        expect(ana.take().at(-1)).toMatchObject({
          encounter: { roomId: 'former', partnerId: 'bob', partner: undefined },
        })
      })
    })

    describe('places', () => {
      test('a site has at most its number of sessions, wherever they are', async () => {
        const world = createWorld()
        const limits = { maxOfSite: 2 }
        const at = (addressKey: string) => ({ site: 'cafe', addressKey })
        const ana = await world.enroll('ana', at('one'), limits)
        await world.enroll('bob', at('two'), limits)
        const full = { full: 'site', excess: 0 }
        expect(await world.admit('cem', at('three'), limits)).toEqual(full)
        expect(await world.admit('cem', at('three'), { maxOfSite: 1 })).toEqual({
          full: 'site',
          excess: 1,
        })
        expect(
          await world.admit('dora', { site: 'other', addressKey: 'three' }, limits),
        ).toBeUndefined()
        ana.end()
        await world.settle()
        expect(await world.admit('cem', at('three'), limits)).toBeUndefined()
      })

      test('an address has at most its number of sessions, wherever they are', async () => {
        const world = createWorld()
        const place = { site: '', addressKey: 'one' }
        const limits = { maxOfAddress: 2 }
        await world.enroll('ana', place, limits)
        const bob = await world.enroll('bob', place, limits)
        const full = { full: 'address', excess: 0 }
        expect(await world.admit('cem', place, limits)).toEqual(full)
        expect(await world.admit('cem', { ...place, site: 'cafe' }, limits)).toEqual(full)
        expect(await world.admit('cem', place, { maxOfAddress: 3 })).toBeUndefined()
        world.engine.cancel('cem')
        // A session that is away keeps its place.
        bob.away()
        await world.settle()
        expect(await world.admit('cem', place, limits)).toEqual(full)
        bob.end()
        await world.settle()
        expect(await world.admit('cem', place, limits)).toBeUndefined()
      })

      test('a session counts once, also if it is admitted again, and moves with its address', async () => {
        const world = createWorld()
        const place = { site: 'cafe', addressKey: 'one' }
        const only = { maxOfSite: 1, maxOfAddress: 1 }
        await world.admit('ana', place, only)
        expect(await world.admit('ana', place, only)).toBeUndefined()
        const ana = await world.enroll('ana', place, only)
        const elsewhere = { site: 'cafe', addressKey: 'two' }
        expect(await world.admit('bob', { ...elsewhere, site: '' }, only)).toBeUndefined()
        await world.settle()
        ana.away()
        await world.settle()
        world.engine.cancel('bob')
        ana.back('two')
        await world.settle()
        expect(await world.admit('cem', { ...elsewhere, site: '' }, only)).toEqual({
          full: 'address',
          excess: 0,
        })
        expect(await world.admit('cem', { ...place, site: '' }, only)).toBeUndefined()
        ana.end()
        await world.settle()
        expect(await world.admit('dora', elsewhere, only)).toBeUndefined()
      })

      test('a place of a session that never joins is given back', async () => {
        const world = createWorld()
        const place = { site: 'cafe', addressKey: 'one' }
        const only = { maxOfSite: 1 }
        await world.admit('ana', place, only)
        expect(await world.admit('bob', place, only)).toMatchObject({ full: 'site' })
        world.engine.cancel('ana')
        expect(await world.admit('bob', place, only)).toBeUndefined()
      })

      test('counts the sessions in all and of each site', async () => {
        const world = createWorld()
        const [ana] = world.join('ana', 'bob')
        await world.enroll('cem', { site: 'cafe', addressKey: 'one' }, {})
        const nextReport = async (): Promise<void> => {
          for (const ms of [600, 600, 600]) await world.advance(ms)
        }
        await nextReport()
        expect(world.engine.counts.users).toBe(3)
        expect(['', 'cafe', 'other'].map((site) => world.engine.usersOf(site))).toEqual([2, 1, 0])
        ana.end()
        await nextReport()
        expect(world.engine.counts.users).toBe(2)
        expect(world.engine.usersOf('')).toBe(1)
      })
    })

    describe('bans', () => {
      test('refuse a key for the given time', async () => {
        const world = createWorld()
        const { bans } = world.engine
        bans.add('key', 2000)
        await world.advance(1000)
        expect([bans.has('key'), bans.has('another')]).toEqual([true, false])
        await world.advance(1000)
        expect(bans.has('key')).toBe(false)
      })

      test('hold for the longer of two times', async () => {
        const world = createWorld()
        const { bans } = world.engine
        bans.add('key', 5000)
        await world.advance(1000)
        bans.add('key', 1000)
        await world.advance(3500)
        expect(bans.has('key')).toBe(true)
        await world.advance(500)
        expect(bans.has('key')).toBe(false)
      })

      test('end when they are lifted, and can be made again', async () => {
        const world = createWorld()
        const { bans } = world.engine
        bans.add('key', 60_000)
        await world.advance(1000)
        bans.delete('key')
        bans.delete('unknown')
        await world.advance(1000)
        expect(bans.has('key')).toBe(false)
        bans.add('key', 2000)
        await world.advance(1000)
        expect(bans.has('key')).toBe(true)
      })

      test('are known everywhere, however many there are', async () => {
        const world = createWorld()
        const { bans } = world.engine
        const keys = Array.from({ length: 600 }, (_, index) => `key ${index}`)
        for (const key of keys) bans.add(key, 60_000)
        await world.advance(1000)
        await world.advance(1000)
        expect(keys.filter((key) => !bans.has(key))).toEqual([])
        expect(bans.size).toBe(600)
      })
    })
  })
}
