import { expect, test } from 'vitest'
import { createResumeTokens } from './resume-token.ts'
import { TestLink, testWelcome } from './session.fixture.ts'
import type { Participant } from './participant.ts'
import type { Session } from './session.ts'
import type { SessionLink } from './session-link.ts'
import { Sessions } from './sessions.ts'

const graceMs = 30_000
const identity = {
  name: '',
  site: '',
  subject: undefined,
  lobby: undefined,
  visitorId: '',
  visitorSinceMs: 0,
  attributes: {},
  band: '',
}

/** Sessions with a manual clock. Each timer of that clock fires in its own turn of the event loop. */
function createWorld() {
  let nowMs = 0
  let nextId = 0
  let timers: { atMs: number; callback: () => void }[] = []
  let endedInTurn = 0
  const ended: Session[] = []
  const away: Session[] = []
  const kept: Parameters<Participant['keep']>[] = []
  const welcomes: number[] = []
  const confirmations: number[] = []
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
    createParticipant: () => {
      const keep: Participant['keep'] = (...frames) => kept.push(frames)
      const confirmed = (): void => void confirmations.push(sessions.find('0')?.welcomes ?? 0)
      const welcome = (number: number): void => void welcomes.push(number)
      return { canGiveWay: false, keep, welcome, confirmWelcome: confirmed } as Participant
    },
    graceMs: () => graceMs,
    maxReplayBytes: () => 1024,
    wallNow: () => nowMs,
    personKeyOf: () => '',
    newForMs: () => 0,
    onOverflow: () => undefined,
    onAway: (session) => away.push(session),
    onEnded: (session) => {
      ended.push(session)
      endedInTurn++
    },
  })
  /** Advances the clock. Returns the number of sessions that ended in each turn of the event loop. */
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
  return {
    sessions,
    ended,
    away,
    kept,
    welcomes,
    confirmations,
    advance,
    timers: () => timers.length,
  }
}

const link: SessionLink = new TestLink()

function join(sessions: Sessions): Session {
  const session = sessions.create(identity, { link, addressKey: '' })
  if ('code' in session) throw new Error(session.code)
  sessions.attach(session, link, undefined, testWelcome)
  return session
}

test('ends sessions that lost their connections together in turns of 100, with a single timer', () => {
  const { sessions, ended, advance, timers } = createWorld()
  const all = Array.from({ length: 19_000 }, () => join(sessions))
  for (const session of all) sessions.detach(session, link, false)
  expect(timers()).toBe(1)
  expect(advance(graceMs - 1)).toEqual([])
  const turns = advance(1)
  expect(Math.max(...turns)).toBe(100)
  expect(ended).toEqual(all)
  expect([sessions.size, sessions.awaySize, timers()]).toEqual([0, 0, 0])
})

test('ends each session after its own grace time, unless it has resumed', () => {
  const { sessions, ended, advance } = createWorld()
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
  // The grace time starts again.
  sessions.detach(one, link, false)
  advance(graceMs - 1)
  expect(ended).toHaveLength(2)
  advance(1)
  expect(ended.at(-1)).toBe(one)
})

test('keeps frames that arrive between the resume and the welcome, and sends them after the welcome', () => {
  const { sessions } = createWorld()
  const session = join(sessions)
  const token = sessions.tokenOf(session) ?? ''
  const next = new TestLink()
  // The previous connection is still open.
  sessions.resume({ token, received: 0, site: '' }, { link: next, addressKey: '' })
  const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)]
  session.sendFrame(first)
  session.sendFrame(second)
  expect([next.frames, session.isPresent]).toEqual([[], false])
  expect(sessions.attach(session, next, 0, testWelcome)).toBe(2)
  expect(next.frames).toEqual([testWelcome(), first, second])
})

test('gives the session to the later of two connections if both resume it before a welcome is sent', () => {
  const { sessions, ended } = createWorld()
  const session = join(sessions)
  const token = sessions.tokenOf(session) ?? ''
  const [slow, fast] = [new TestLink(), new TestLink()]
  for (const next of [slow, fast]) {
    sessions.resume({ token, received: 0, site: '' }, { link: next, addressKey: '' })
  }
  expect(sessions.attach(session, slow, 0, testWelcome)).toBeUndefined()
  expect(sessions.attach(session, fast, 0, testWelcome)).toBe(0)
  expect([slow.frames.length, fast.frames.length, ended]).toEqual([0, 1, []])
  // That the other connection closes later has no effect.
  sessions.detach(session, slow, false)
  expect(session.link).toBe(fast)
})

test('counts a session as away if its new connection closes before the welcome', () => {
  const { sessions, ended, away, advance } = createWorld()
  const session = join(sessions)
  const token = sessions.tokenOf(session) ?? ''
  for (const _ of [1, 2]) {
    const next = new TestLink()
    sessions.resume({ token, received: 0, site: '' }, { link: next, addressKey: '' })
    sessions.detach(session, next, false)
  }
  // The session was already away when the second connection arrived, so `onAway` is called only once.
  expect([away, sessions.awaySize]).toEqual([[session], 1])
  advance(graceMs - 1)
  expect(ended).toEqual([])
  advance(1)
  expect(ended).toEqual([session])
})

test('a session that has ended has no connection, and cannot get one', () => {
  const { sessions, ended } = createWorld()
  const session = join(sessions)
  sessions.end(session, 'banned')
  expect([session.isPresent, ended]).toEqual([false, [session]])
  expect(sessions.attach(session, link, 0, testWelcome)).toBeUndefined()
})

test('ends a session if, before `welcome`, an acknowledgement removes frames that its client still needs', () => {
  const { sessions, ended } = createWorld()
  const session = join(sessions)
  session.sendFrame(Uint8Array.of(1))
  const token = sessions.tokenOf(session) ?? ''
  const next = new TestLink()
  sessions.resume({ token, received: 0, site: '' }, { link: next, addressKey: '' })
  session.acknowledge(1)
  expect(sessions.attach(session, next, 0, testWelcome)).toBeUndefined()
  expect([next.frames, ended, sessions.size]).toEqual([[], [session], 0])
})

test('what a restored session has missed is kept outside this process until the client has it', () => {
  const { sessions, kept } = createWorld()
  const missed = [Uint8Array.of(1), Uint8Array.of(2)]
  const former = { id: 'former', counts: { received: 3, sent: 7 }, missed, welcomes: 1 }
  sessions.create(identity, { link: new TestLink(), addressKey: '' }, former)
  expect(kept).toEqual([[missed, 7]])
})

test('counts the welcomes of a session, and learns from the next frame that the client has received one', () => {
  const { sessions, welcomes, confirmations } = createWorld()
  const session = join(sessions)
  session.receive(0)
  const tokenOf = (): string => sessions.tokenOf(session) ?? ''
  expect(sessions.welcomesIn(tokenOf())).toBe(1)
  const next = new TestLink()
  sessions.resume({ token: tokenOf(), received: 0, site: '' }, { link: next, addressKey: '' })
  sessions.attach(session, next, 0, testWelcome)
  expect(sessions.welcomesIn(tokenOf())).toBe(2)
  expect([welcomes, confirmations]).toEqual([[2], []])
  for (let frame = 0; frame < 2; frame++) session.receive(0)
  expect(confirmations).toEqual([2])
  expect(sessions.welcomesIn('no token')).toBe(0)
})

test.each([
  ['asked to reconnect if it has come back since', 1, 'going-away'],
  ['told that another connection has the session', 2, 'session-taken'],
] as const)('a client whose session another node takes over is %s', (_, known, reason) => {
  const { sessions } = createWorld()
  const session = join(sessions)
  const closed: string[] = []
  const link = Object.assign(new TestLink(), { close: (name: string) => closed.push(name) })
  const token = sessions.tokenOf(session) ?? ''
  sessions.resume({ token, received: 0, site: '' }, { link, addressKey: '' })
  sessions.attach(session, link, 0, testWelcome)
  sessions.give(session.id, known)
  expect(closed).toEqual([reason])
})
