import { expect, test } from 'vitest'
import type { EngineEvent } from '../engine.ts'
import { createTicket } from '../ticket.fixture.ts'
import type { Command } from './command-queue.ts'
import type { RedisSessionContext } from './redis-session.ts'
import { RedisSession } from './redis-session.ts'
import type { StoredEvent, StoredProfile } from './wire.ts'

const profileOf = (personKey: string): StoredProfile => ({
  nodeId: 'node',
  name: '',
  subject: '',
  personKey,
  addressKey: personKey,
  site: '',
})

/** A session that has entered a ticket, and what it has sent and received. */
function createSession() {
  const events: EngineEvent['type'][] = []
  const sent: Command[] = []
  /** The nodes to which frames were sent. */
  const relayed: string[] = []
  /** Whether the session may be in the queue of its node, which is used while Redis does not answer. */
  const queued = new Set<string>()
  const context = {
    nodeId: 'node',
    clock: { now: () => 0, after: () => () => undefined },
    createId: () => 'id',
    wallNow: () => 0,
    scheduleOf: () => ({ interestsMs: 0, languagesMs: 0, regionMs: 0 }),
    observer: { onOpened: () => undefined, onRestored: () => undefined, onEnded: () => undefined },
    send: (command: Command) => sent.push(command),
    relay: (node: string) => relayed.push(node),
    isConnected: () => true,
    onEntered: () => queued.add('ana'),
    onQuit: () => queued.delete('ana'),
    rooms: { add: (_room: object, report?: () => void) => report?.() },
  } as unknown as RedisSessionContext
  const seat = { sessionId: 'ana', nodeId: 'node', name: '', subject: undefined, personKey: 'ana' }
  const session = new RedisSession(
    { seat, site: '', addressKey: 'ana', personKey: 'ana' },
    { handleEvent: ({ type }) => events.push(type) },
    false,
    undefined,
    context,
  )
  session.enter(createTicket({ sessionId: 'ana', mode: 'text' }), 1)
  return { session, events, sent, relayed, queued }
}

const matched: StoredEvent & { readonly type: 'matched' } = {
  s: 'ana',
  n: 'node',
  g: 1,
  v: 1,
  type: 'matched',
  room: { id: 'room', ids: ['ana', 'bob'], site: '', lobby: '', mode: 'text', openedAtMs: 0 },
  profiles: [JSON.stringify(profileOf('ana')), JSON.stringify(profileOf('bob'))],
  seat: 0,
  partner: 'other',
  interests: [],
  languages: [],
  isOffered: false,
  isRematch: false,
  waitsMs: [0, 0],
}
const back: StoredEvent = {
  s: 'ana',
  n: 'node',
  g: 1,
  v: 2,
  type: 'presence',
  room: 'room',
  isPresent: true,
  node: 'third',
}

test('a match that another node reports before the answer to the ticket is not followed by a wait', () => {
  const { session, events } = createSession()
  const answer: StoredEvent = {
    s: 'ana',
    n: 'node',
    g: 1,
    type: 'searching',
    isFirst: true,
    online: 1,
    obstacle: 'none',
  }
  session.handleEvent(matched)
  session.handleEvent(answer)
  expect(events).toEqual(['matched'])
})

test('a partner that comes to another node is noted, if that node reports it before the match is known', () => {
  const { session, events, relayed } = createSession()
  session.handleEvent(back)
  session.handleEvent(matched)
  session.pass(Uint8Array.of(1))
  expect(events).toEqual(['matched', 'presence'])
  expect(relayed).toEqual(['third'])
})

test('an early event about the partner is dropped if the room is known later than it', () => {
  const { session, events, relayed } = createSession()
  session.handleEvent(back)
  session.handleEvent({ ...matched, v: 3 })
  session.pass(Uint8Array.of(1))
  expect(events).toEqual(['matched'])
  expect(relayed).toEqual(['other'])
})

test('a session that may be matched again does not receive events about its former partner', () => {
  const { session, events } = createSession()
  session.handleEvent(back)
  session.enter(createTicket({ sessionId: 'ana', mode: 'text' }), 2)
  session.handleEvent({ ...matched, g: 2, v: 3, room: { ...matched.room, id: 'next' } })
  expect(events).toEqual(['matched'])
})

test('a session without a connection is not in the queue of its node, and is again when it has one', () => {
  const { session, queued } = createSession()
  expect(queued.size).toBe(1)
  session.away()
  expect(queued.size).toBe(0)
  session.back('ana')
  expect(queued.size).toBe(1)
})

test('a room that ends while the session is being stated is left, because the statement may open it again', () => {
  const { session, sent } = createSession()
  session.handleEvent(matched)
  const answer = { epoch: 1, frames: [], isWaiting: false }
  session.statement()
  session.handleRestated(answer)
  const declined = (): unknown[] => sent.filter(({ c: name }) => name === 'decline')
  expect(declined()).toEqual([])
  session.statement()
  session.handleEvent({
    s: 'ana',
    n: 'node',
    g: 1,
    v: 2,
    type: 'parted',
    room: 'room',
    reason: 'next',
  })
  session.handleRestated(answer)
  expect(declined()).toMatchObject([{ s: 'ana', left: { id: 'room', reason: 'lost' } }])
  session.statement()
  session.handleRestated(answer)
  expect(declined()).toHaveLength(1)
})
