import { expect, test } from 'vitest'
import { createResumeTokens } from './resume-token.ts'
import type { Session, SessionLink } from './session.ts'
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
    mayGiveWay: () => false,
    graceMs: () => graceMs,
    maxReplayBytes: () => 1024,
    wallNow: () => nowMs,
    onOverflow: () => undefined,
    onAway: () => undefined,
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
  return { sessions, ended, advance, timers: () => timers.length }
}

const link: SessionLink = {
  sendFrame: () => undefined,
  requestAcknowledgement: () => undefined,
  close: () => undefined,
}

function join(sessions: Sessions): Session {
  const session = sessions.create(identity, { link, addressKey: '' })
  if ('code' in session) throw new Error(session.code)
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
  expect(sessions.resume({ token, received: 0, site: '' }, { link, addressKey: '' })).toMatchObject(
    {
      session: one,
    },
  )
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
