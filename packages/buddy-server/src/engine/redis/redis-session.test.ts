import { expect, test } from 'vitest'
import type { EngineEvent } from '../engine.ts'
import { createTicket } from '../ticket.fixture.ts'
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

/** The context of a node that sends nothing. */
const context = {
  nodeId: 'node',
  clock: { now: () => 0, after: () => () => undefined },
  createId: () => 'id',
  wallNow: () => 0,
  scheduleOf: () => ({ interestsMs: 0, languagesMs: 0, regionMs: 0 }),
  observer: { onOpened: () => undefined, onRestored: () => undefined, onEnded: () => undefined },
  send: () => undefined,
  isConnected: () => true,
  onEntered: () => undefined,
  onQuit: () => undefined,
  rooms: new Map(),
} as unknown as RedisSessionContext

test('a match that another node reports before the answer to the ticket is not followed by a wait', () => {
  const events: EngineEvent['type'][] = []
  const seat = { sessionId: 'ana', nodeId: 'node', name: '', subject: undefined, personKey: 'ana' }
  const session = new RedisSession(
    { seat, site: '', addressKey: 'ana', personKey: 'ana' },
    { handleEvent: ({ type }) => events.push(type) },
    false,
    undefined,
    context,
  )
  session.enter(createTicket({ sessionId: 'ana', mode: 'text' }), 1)
  const matched: StoredEvent = {
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
