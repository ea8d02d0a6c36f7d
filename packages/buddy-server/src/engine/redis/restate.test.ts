// Which node may state a session again.
import { describe, expect, test } from 'vitest'
import { unpackValue } from '../../codec.ts'
import { createTicket } from '../ticket.fixture.ts'
import type { Command } from './command-queue.ts'
import { useRedis } from './connected-redis.fixture.ts'
import { eventsOf } from './match-event.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'
import { packCall } from './stored-ticket.ts'
import { toStoredTicket } from './stored-values.ts'
import type { CallAnswer, Restated } from './wire.ts'

const redis = useRedis()
let services = 0

const graceMs = 30_000

const seat = { sessionId: '', nodeId: '', name: '', subject: undefined, personKey: '' }
const ticket = toStoredTicket(
  createTicket({ sessionId: '', mode: 'text' }),
  { seat, site: '', addressKey: '', personKey: '' },
  { interestsMs: 0, languagesMs: 0, regionMs: 0 },
)

/** Sends single commands to a service of its own. */
function createService() {
  const prefix = `service ${services++}:`
  const link = redis.client.link({ prefix, nodeId: 'test', onMessage: () => undefined })
  const fairness = { matchesPerMinute: 12, sharePercent: 100, nearMs: 0 }
  const cfg = { maxRooms: 10, avoidMs: 0, avoidCount: 0, rematchMs: 0, blockMs: 1000, ...fairness }
  let nowMs = Date.now()
  /** Resolves with the failure and the result of the command. */
  const send = async (command: object): Promise<readonly [string | false, unknown]> => {
    const reply = await link.call(packCall({ cfg, now: nowMs, commands: [command as Command] }))
    const [, [answer]] = unpackValue(reply) as CallAnswer
    return [answer![0], answer![3]]
  }
  const answerTo = async (command: object) => {
    const reply = await link.call(packCall({ cfg, now: nowMs, commands: [command as Command] }))
    const [, [answer]] = unpackValue(reply) as CallAnswer
    return { events: answer![1], result: answer![3] }
  }
  const profile = ['', 'address', '{}']
  const welcomes = { welcomes: 1, confirmedWelcomes: 0 }
  const session = { s: 'session', k: 'person', f: profile, g: 0, ...welcomes }
  return {
    /** Returns the time of Redis afterwards. */
    advance: (ms: number) => (nowMs += ms),
    /** Sends a beat of a node. The beat of the first node stores when the data of Redis began. */
    beat: (n = 'first') => send({ c: 'beat', n, boot: 'boot', deadMs: 2000, graceMs }),
    end: (n: string, e: number) => send({ c: 'end', s: 'session', n, e, reason: 'left' }),
    join: (n: string, e: number, isAdopted = false) =>
      send({ c: 'join', n, e, isAdopted, ...session }),
    /** States the session with a room or a claim. Resolves with the types of the events. */
    stateIn: async (n: string, e: number, place: object) => {
      const statement = { c: 'restate', n, e, v: 0, isAway: false, reason: 'left', room: 'r' }
      const { events } = await answerTo({ ...statement, ...session, ...place })
      return events.flatMap(eventsOf).map(({ type }) => type)
    },
    /** Resolves with the state that Redis answers. */
    adoptBy: async (n: string, by: number) => {
      const [, result] = await send({
        c: 'adopt',
        s: 'session',
        n,
        ...welcomes,
        isForced: true,
        graceMs,
        by,
      })
      return (result as { state: string }).state
    },
    /** Takes the session by force from the node that has it with this epoch. Resolves with the state. */
    seize: async (n: string, e: number) => {
      const [, result] = await send({
        c: 'adopt',
        s: 'session',
        n,
        ...welcomes,
        isForced: true,
        graceMs,
        e,
      })
      return (result as { state: string }).state
    },
    adopt: async (n: string) => {
      const [, result] = await send({
        c: 'adopt',
        s: 'session',
        n,
        ...welcomes,
        isForced: true,
        graceMs,
      })
      return (result as { epoch: number }).epoch
    },
    release: (n: string, e: number) =>
      send({ c: 'release', s: 'session', n, e, frames: [], first: 1, received: 0, graceMs }),
    /** Another node passes a frame for the session in its room to Redis. */
    hold: (room: string) =>
      send({
        c: 'hold',
        id: 'f',
        partner: 'session',
        room,
        to: '',
        frames: ['AQ=='],
        maxBytes: 99,
      }),
    /** States the session, in a room if there is one. Resolves with the number of frames in the answer. */
    countFrames: async (n: string, e: number, g: number, at?: object) => {
      const statement = { c: 'restate', n, e, v: 0, isAway: false, reason: 'left', room: 'r' }
      const [, result] = await send({ ...statement, ...session, g, ...(at && { at }) })
      return (result as Restated).frames.length
    },
    /** A session of its own person searches for a partner at the node `first`. */
    enter: async (id: string) => {
      const owner = { s: id, n: 'first', e: 1 }
      await send({ c: 'join', ...session, ...owner, k: `person ${id}` })
      await send({ c: 'enter', ...owner, g: 1, w: ticket, room: 'r' })
    },
    leave: (id: string) =>
      send({ c: 'leave', s: id, n: 'first', e: 1, g: 2, reason: 'next', room: 'r' }),
    /** States the session with its ticket. Resolves with the types of the events, and the change to wait for. */
    stateTicket: async (known: object, isSearching = true) => {
      const statement = { c: 'restate', n: 'first', e: 1, isAway: false, reason: 'left', room: 'r' }
      const wanted = isSearching ? { w: ticket, waitedMs: 0 } : {}
      const { events, result } = await answerTo({
        ...statement,
        ...session,
        g: 1,
        ...wanted,
        ...known,
      })
      return [events.flatMap(eventsOf).map(({ type }) => type), (result as Restated).awaited]
    },
    block: (n: string, e: number) =>
      send({ c: 'block', n, e, partner: 'partner', partnerKey: 'other person', ...session }),
    /** Resolves with the failure, or with the new epoch. */
    restate: async (n: string, e: number) => {
      const [failure, result] = await send({
        c: 'restate',
        n,
        e,
        v: 0,
        isAway: false,
        reason: 'left',
        room: 'r',
        ...session,
      })
      return failure === false ? (result as Restated).epoch : failure
    },
  }
}

describe.skipIf(missingRedisMessage)('a ticket that Redis has matched', () => {
  test('is not queued again if the room has ended meanwhile, unless the events about it do not arrive', async () => {
    const { enter, stateTicket, leave } = createService()
    await enter('session')
    await enter('partner')
    await leave('partner')
    expect(await stateTicket({ v: 0 })).toEqual([[], 2])
    // The node has received them.
    expect(await stateTicket({ v: 2, awaited: 2 }, false)).toEqual([[], undefined])
    // The node has not received them.
    const [events, awaited] = await stateTicket({ v: 0, awaited: 2 })
    expect([events, awaited]).toEqual([['searching', 'due'], undefined])
  })
})

describe.skipIf(missingRedisMessage)('a takeover', () => {
  test('has no effect if Redis receives it too late, because the client may be elsewhere', async () => {
    const { advance, join, adoptBy } = createService()
    await join('first', 1)
    expect(await adoptBy('second', advance(0) - 1)).toBe('unsettled')
    expect(await adoptBy('second', advance(0) + 60_000)).toBe('taken')
  })
})

describe.skipIf(missingRedisMessage)('a room that a node has claimed', () => {
  test('continues if the claim or its answer was lost, and is no new match', async () => {
    const { adopt, join, stateIn } = createService()
    await stateIn('first', 1, { at: { id: 'room', ids: ['session', 'other'], openedAtMs: 0 } })
    const epoch = await adopt('second')
    await join('second', epoch, true)
    const events = await stateIn('second', epoch, { claim: { roomId: 'room', partnerId: 'other' } })
    expect(events).toEqual(['restored'])
  })
})

describe.skipIf(missingRedisMessage)('a takeover by force', () => {
  test('takes a session only from the node that was asked for it before', async () => {
    const { join, adopt, seize } = createService()
    await join('first', 1)
    const epoch = await adopt('second')
    await join('second', epoch)
    expect(await seize('third', 1)).toBe('unsettled')
    expect(await seize('third', epoch)).toBe('taken')
  })
})

describe.skipIf(missingRedisMessage)('soon after the start of Redis,', () => {
  test('a session that has ended is not continued, and a session that Redis does not know is continued', async () => {
    const { beat, advance, join, end, adoptBy } = createService()
    await beat()
    advance(5000)
    expect(await adoptBy('second', Infinity)).toBe('lost')
    await join('first', 1)
    expect(await end('first', 1)).toEqual([false, false])
    expect(await adoptBy('second', Infinity)).toBe('unknown')
  })
})

describe.skipIf(missingRedisMessage)('a session that joins its new node', () => {
  test('does not join it if another node has taken it over meanwhile', async () => {
    const { join, adopt } = createService()
    await join('first', 1)
    const former = await adopt('second')
    const epoch = await adopt('third')
    expect(await join('second', former, true)).toEqual(['fenced', false])
    expect(await join('third', epoch, true)).toEqual([false, false])
    expect(await join('second', former, true)).toEqual(['fenced', false])
    expect(await join('first', 1)).toEqual(['fenced', false])
  })

  test('joins it if its former node has only stated it again, after Redis had lost it', async () => {
    const { restate, join } = createService()
    expect(await restate('first', 1)).toBe(1)
    expect(await join('second', 3)).toEqual([false, false])
    expect(await restate('first', 1)).toBe('fenced')
    expect(await restate('second', 3)).toBe(3)
  })
})

describe.skipIf(missingRedisMessage)('a session that has ended', () => {
  test('is not stated again by a former node that hung, and whose client has gone to another one', async () => {
    const { join, adopt, end, restate } = createService()
    await join('first', 1)
    const epoch = await adopt('second')
    await join('second', epoch)
    await end('second', epoch)
    expect(await restate('first', 1)).toBe('fenced')
  })

  test('continues if it has expired only because its node could not be reached', async () => {
    const { beat, advance, join, restate } = createService()
    await beat()
    await join('unreachable', 1)
    await beat('unreachable')
    for (let second = 0; second < 4; second++) {
      advance(1000)
      await beat()
    }
    advance(graceMs)
    await beat()
    expect(await restate('unreachable', 1)).toBe(1)
  })
})

describe.skipIf(missingRedisMessage)('a session without a node', () => {
  test('is stated again by its last node, and not by an earlier one', async () => {
    const { join, adopt, release, restate } = createService()
    await join('first', 1)
    const epoch = await adopt('second')
    await join('second', epoch)
    await release('second', epoch)
    expect(await restate('first', 1)).toBe('fenced')
    expect(await restate('second', epoch)).toBe(epoch + 2)
    // The node states it again if the answer was lost.
    expect(await restate('second', epoch)).toBe(epoch + 2)
    expect(await restate('second', epoch + 2)).toBe(epoch + 2)
    expect(await restate('second', epoch)).toBe(epoch + 2)
    expect(await restate('first', 1)).toBe('fenced')
  })

  test('gets the frames of a lost answer again, but not after its user has left the room', async () => {
    const { release, hold, countFrames } = createService()
    const at = { id: 'room', ids: ['session', 'other'], openedAtMs: 0 }
    await countFrames('first', 1, 0, at)
    await release('first', 1)
    await hold('room')
    expect(await countFrames('first', 1, 0, at)).toBe(1)
    expect(await countFrames('first', 1, 0, at)).toBe(1)
    expect(await countFrames('first', 1, 1)).toBe(0)
    expect(await countFrames('first', 1, 1)).toBe(0)
  })

  test('ends also if its node has not received the answer to its statement', async () => {
    const { join, release, restate, end } = createService()
    await join('first', 1)
    await release('first', 1)
    await restate('first', 1)
    const [failure] = await end('first', 1)
    expect(failure).toBe(false)
  })

  test('blocks a person also by a node that was declared dead meanwhile', async () => {
    const { join, adopt, block } = createService()
    await join('first', 1)
    await adopt('second')
    const [failure] = await block('first', 1)
    expect(failure).toBe(false)
  })

  test('belongs to its last node after Redis has lost it, whichever states it first', async () => {
    const { restate } = createService()
    expect(await restate('first', 1)).toBe(1)
    expect(await restate('second', 3)).toBe(3)
    expect(await restate('first', 1)).toBe('fenced')
    expect(await restate('second', 3)).toBe(3)
  })
})
