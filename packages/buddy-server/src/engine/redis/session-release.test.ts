// Which frames of the partner come along when another node takes a session over.
import { expect, test } from 'vitest'
import { ManualClock } from '../../clock.fixture.ts'
import type { EngineEvent } from '../engine.ts'
import type { Command } from './command-queue.ts'
import type { RedisSessionContext } from './redis-session.ts'
import { RedisSession } from './redis-session.ts'
import { fromText } from './stored-values.ts'
import type { Answer, FrameItem, StoredEvent } from './wire.ts'

const profile = JSON.stringify({ nodeId: 'node', name: '', subject: '', personKey: 'p' })
const frameOf = (number: number, epoch = 1): FrameItem => [
  'ana',
  'room',
  Uint8Array.of(number),
  epoch,
]
const textOf = (number: number): string => Buffer.from([number]).toString('base64')
const answered: Answer = [false, [], [], undefined]

/** A session that was taken over and claims its room. Commands are recorded, and the test answers them. */
function createSession() {
  const clock = new ManualClock()
  const sent: { readonly command: Command; readonly handle: (answer: Answer) => void }[] = []
  /** The frames that were passed to Redis, because this node has the session no longer. */
  const redirected: number[] = []
  const events: EngineEvent['type'][] = []
  const context = {
    nodeId: 'node',
    clock,
    createId: () => 'id',
    restoreLeftMs: () => 1000,
    graceMs: () => 1000,
    observer: { onRestored: () => undefined },
    send: (command: Command, handle: (answer: Answer) => void) => sent.push({ command, handle }),
    relay: (nodeId: string, [, , frame]: FrameItem) => {
      expect(nodeId).toBe('')
      redirected.push(...frame)
    },
    pause: () => undefined,
    onLeaving: () => undefined,
    rooms: { add: (_room: object, report?: () => void) => report?.() },
  } as unknown as RedisSessionContext
  const seat = { sessionId: 'ana', nodeId: 'node', name: '', subject: undefined, personKey: 'p' }
  const session = new RedisSession(
    { seat, site: '', addressKey: 'a', personKey: 'p' },
    { handleEvent: ({ type }) => events.push(type) },
    true,
    { epoch: 2, welcomes: 1, taken: 0 },
    context,
  )
  const room = { roomId: 'room', lobby: '', mode: 'text', openedAtMs: 0 } as const
  session.claimRoom({ ...room, sessionId: 'ana', partnerId: 'bob', partnerKey: undefined }, 1)
  const claim = sent.at(-1)!
  const restored: StoredEvent = {
    s: 'ana',
    n: 'node',
    g: 1,
    v: 1,
    type: 'restored',
    room: { id: 'room', ids: ['ana', 'bob'], site: '', lobby: '', mode: 'text', openedAtMs: 0 },
    profiles: [profile, profile],
    seat: 0,
    isContinued: true,
    isPartnerPresent: true,
    partner: 'other',
    frames: [[0, textOf(2), 1]],
  }
  return {
    clock,
    session,
    events,
    redirected,
    answerClaim: () => {
      session.handleEvent(restored)
      claim.handle(answered)
    },
    /** Returns the frames of the `release` command; undefined if there was none. */
    handedOver: () => {
      const { command } = sent.at(-1)!
      if (command.c !== 'release') return undefined
      return (command['frames'] as string[]).flatMap((frame) => [...fromText(frame)])
    },
  }
}

const handover = { frames: [Uint8Array.of(1)], sentBefore: 0, received: 0 }

test('frames that the partner’s node has sent before it paused are handed over', () => {
  const { session, answerClaim, handedOver } = createSession()
  answerClaim()
  session.release(handover)
  session.handleFrame(frameOf(3))
  expect(handedOver()).toBeUndefined()
  session.handlePaused()
  expect(handedOver()).toEqual([1, 3])
})

test('frames that arrive after the handover are passed to Redis, if the partner’s node pauses too late', () => {
  const { session, clock, answerClaim, handedOver, redirected } = createSession()
  answerClaim()
  session.release(handover)
  session.handleFrame(frameOf(3))
  clock.advance(700)
  expect(handedOver()).toEqual([1, 3])
  session.handleFrame(frameOf(4))
  expect(redirected).toEqual([4])
})

test('a session that is released before its claim is answered hands over what Redis had kept, and what came early', () => {
  const { session, answerClaim, handedOver, events } = createSession()
  session.handleFrame(frameOf(3))
  session.release(handover)
  expect(handedOver()).toBeUndefined()
  session.handleFrame(frameOf(4))
  answerClaim()
  session.handleFrame(frameOf(5))
  session.handlePaused()
  expect(handedOver()).toEqual([1, 2, 3, 4, 5])
  expect(events).toEqual([])
})
