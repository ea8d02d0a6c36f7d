import { expect, test } from 'vitest'
import { createResumeTokens } from './resume-token.ts'
import { TestLink, testWelcome } from './session.fixture.ts'
import type { Participant } from './participant.ts'
import type { Session } from './session.ts'
import type { SessionLink } from './session-link.ts'
import { Sessions } from './sessions.ts'

const graceMs = 30_000
const identity = { name: '', site: '', subject: undefined, lobby: undefined }

/** Sessions on a clock that is moved by hand, which calls back one timer in each turn. */
function world() {
  let nowMs = 0
  let nextId = 0
  let timers: { atMs: number; callback: () => void }[] = []
  let endedInTurn = 0
  const ended: Session[] = []
  const away: Session[] = []
  const sessions = new Sessions({
    clock: {
      now: () => nowMs,
      after: (delayMs, callback) => {
        const timer = { atMs: nowMs + delayMs, callback }
        timers.push(timer)
        return () => (timers = timers.filter((other) => other !== timer))
      },
      every: () => () => undefined,
    },
    createId: () => String(nextId++),
    tokens: createResumeTokens('secret'),
    maxUsers: () => 100_000,
    maxUsersOf: () => undefined,
    maxSessionsPerAddress: () => 100_000,
    formerSessions: { add: () => undefined },
    createParticipant: () => ({ canGiveWay: false }) as Participant,
    graceMs: () => graceMs,
    maxReplayBytes: () => 1024,
    wallNow: () => nowMs,
    onOverflow: () => undefined,
    onAway: (session) => away.push(session),
    onEnded: (session) => {
      ended.push(session)
      endedInTurn++
    },
  })
  /** Moves the clock; returns how many sessions ended in each turn of the event loop. */
  const advance = (ms: number): readonly number[] => {
    nowMs += ms
    const turns: number[] = []
    for (;;) {
      const due = timers.find(({ atMs }) => atMs <= nowMs)
      if (!due) return turns
      timers = timers.filter((timer) => timer !== due)
      endedInTurn = 0
      due.callback()
      turns.push(endedInTurn)
    }
  }
  return { sessions, ended, away, advance, timers: () => timers.length }
}

const link: SessionLink = new TestLink()

function join(sessions: Sessions): Session {
  const session = sessions.create(identity, { link, addressKey: '' })
  if ('code' in session) throw new Error(session.code)
  sessions.attach(session, link, undefined, testWelcome)
  return session
}

test('ends sessions that were lost at once a hundred at a time, with one timer for all of them', () => {
  const { sessions, ended, advance, timers } = world()
  const all = Array.from({ length: 19_000 }, () => join(sessions))
  for (const session of all) sessions.detach(session, link, false)
  expect(timers()).toBe(1)
  expect(advance(graceMs - 1)).toEqual([])
  const turns = advance(1)
  expect(Math.max(...turns)).toBe(100)
  expect(ended).toEqual(all)
  expect([sessions.size, sessions.awaySize, timers()]).toEqual([0, 0, 0])
})

test('ends each session when its own grace time is over, and none that was resumed', () => {
  const { sessions, ended, advance } = world()
  const [one, other, third] = [join(sessions), join(sessions), join(sessions)]
  sessions.detach(one, link, false)
  advance(10_000)
  sessions.detach(other, link, false)
  sessions.detach(third, link, false)
  const token = sessions.tokenOf(one) ?? ''
  expect(sessions.resume({ token, received: 0, site: '' }, { link, addressKey: '' })).toBe(one)
  expect(sessions.attach(one, link, 0, testWelcome)).toBe(0)
  advance(graceMs - 1)
  expect(ended).toEqual([])
  advance(1)
  expect(ended).toEqual([other, third])
  // Away again: the grace time begins anew.
  sessions.detach(one, link, false)
  advance(graceMs - 1)
  expect(ended).toHaveLength(2)
  advance(1)
  expect(ended.at(-1)).toBe(one)
})

test('keeps the frames of a session between its resume and its welcome, and sends them after it', () => {
  const { sessions } = world()
  const session = join(sessions)
  const token = sessions.tokenOf(session) ?? ''
  const next = new TestLink()
  // The connection that had the session still works.
  sessions.resume({ token, received: 0, site: '' }, { link: next, addressKey: '' })
  const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)]
  session.sendFrame(first)
  session.sendFrame(second)
  expect([next.frames, session.isPresent]).toEqual([[], false])
  expect(sessions.attach(session, next, 0, testWelcome)).toBe(2)
  expect(next.frames).toEqual([testWelcome(), first, second])
})

test('gives a session to the latest of two connections that resume it before either has its welcome', () => {
  const { sessions, ended } = world()
  const session = join(sessions)
  const token = sessions.tokenOf(session) ?? ''
  const [slow, fast] = [new TestLink(), new TestLink()]
  for (const next of [slow, fast]) {
    sessions.resume({ token, received: 0, site: '' }, { link: next, addressKey: '' })
  }
  expect(sessions.attach(session, slow, 0, testWelcome)).toBeUndefined()
  expect(sessions.attach(session, fast, 0, testWelcome)).toBe(0)
  expect([slow.frames.length, fast.frames.length, ended]).toEqual([0, 1, []])
  // The close of the other connection comes late, and changes nothing.
  sessions.detach(session, slow, false)
  expect(session.link).toBe(fast)
})

test('a session whose connection closes before its welcome is away from then on', () => {
  const { sessions, ended, away, advance } = world()
  const session = join(sessions)
  const token = sessions.tokenOf(session) ?? ''
  for (const _ of [1, 2]) {
    const next = new TestLink()
    sessions.resume({ token, received: 0, site: '' }, { link: next, addressKey: '' })
    sessions.detach(session, next, false)
  }
  // The second connection found the session away: it is reported once.
  expect([away, sessions.awaySize]).toEqual([[session], 1])
  advance(graceMs - 1)
  expect(ended).toEqual([])
  advance(1)
  expect(ended).toEqual([session])
})
