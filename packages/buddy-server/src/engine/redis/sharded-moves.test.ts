// The commands of a session that moves between shards, with answers in a given order.
import { expect, test } from 'vitest'
import { createTicket } from '../ticket.fixture.ts'
import type { Command } from './command-queue.ts'
import type { RedisSessionContext } from './redis-session.ts'
import { RedisSession } from './redis-session.ts'
import type { ShardedSessionContext } from './sharded-session.ts'
import { ShardedSession } from './sharded-session.ts'
import { games, gamesShard, home, homeShard, music, musicShard } from './sharded-world.fixture.ts'
import type { Answer } from './wire.ts'

const done: Answer = [false, [], [], false]
const names: Readonly<Record<number, string>> = {
  [homeShard]: 'home',
  [gamesShard]: 'games',
  [musicShard]: 'music',
}

/** A session in the first of three shards. */
function createSession() {
  /** The commands without an answer. */
  const pending: { readonly text: string; readonly answer: (answer: Answer) => void }[] = []
  const sent: string[] = []
  const down = new Set<number>()
  /** The latest session in each shard. */
  const parts: RedisSession[] = []
  const clock = { now: () => 0, after: () => () => undefined }
  const contextOf = (shard: number): RedisSessionContext =>
    ({
      nodeId: 'node',
      clock,
      createId: () => 'id',
      scheduleOf: () => ({ interestsMs: 0, languagesMs: 0, regionMs: 0 }),
      send: ({ c: name }: Command, handleAnswer?: (answer: Answer) => void) => {
        const text = `${names[shard]} ${name}`
        sent.push(text)
        pending.push({ text, answer: (answer) => handleAnswer?.(answer) })
      },
      isConnected: () => !down.has(shard),
      onEntered: () => undefined,
      onQuit: () => undefined,
      forget: () => undefined,
    }) as unknown as RedisSessionContext
  const shards: ShardedSessionContext['shards'] = [0, 1, 2].map((index) => ({
    get isUp() {
      return !down.has(index)
    },
    join: (profile, listener, isRestored, arrival) =>
      (parts[index] = new RedisSession(
        profile,
        listener,
        isRestored,
        undefined,
        contextOf(index),
        arrival,
      )),
    addMet: () => undefined,
    disclaim: () => undefined,
  }))
  const seat = { sessionId: 'ana', nodeId: 'node', name: '', subject: undefined, personKey: 'ana' }
  const session = new ShardedSession(
    { seat, site: '', addressKey: 'ana', personKey: 'ana' },
    { handleEvent: () => undefined },
    false,
    { index: homeShard, isTakenOver: false },
    { clock, shards, onGone: () => undefined },
  )
  let generation = 0
  return {
    session,
    parts,
    down,
    enter: (lobby: string) =>
      session.enter(createTicket({ sessionId: 'ana', lobby, mode: 'text' }), ++generation),
    leave: () => session.leave('left', ++generation),
    answer: (text: string, answer = done) => {
      const [found] = pending.splice(
        pending.findIndex((each) => each.text === text),
        1,
      )
      found!.answer(answer)
    },
    /** Returns the commands since the last call. */
    take: () => sent.splice(0),
  }
}

test('a new session moves with three commands', () => {
  const { enter, answer, take } = createSession()
  answer('home join')
  enter(games)
  answer('games join')
  answer('home depart')
  expect(take()).toEqual(['home join', 'games join', 'home depart', 'games enter'])
})

test('a session leaves its place at once, and brings along which welcomes its client has received', () => {
  const { session, parts, enter, answer, take } = createSession()
  answer('home join')
  enter(home)
  session.welcome(2)
  session.confirmWelcome()
  session.welcome(3)
  take()
  enter(games)
  expect(take()).toEqual(['home leave', 'games join', 'games welcomed'])
  expect(parts[gamesShard]!.statement()).toMatchObject({ welcomes: 3, confirmedWelcomes: 2 })
  // The session may have to stay in the former shard.
  session.confirmWelcome()
  expect(parts[homeShard]!.statement()).toMatchObject({ welcomes: 3, confirmedWelcomes: 3 })
})

test('commands that wait during a move keep their order, even if the next shard does not answer', () => {
  const { down, enter, leave, answer, take } = createSession()
  answer('home join')
  enter(games)
  down.add(musicShard)
  enter(music)
  leave()
  answer('games join')
  take()
  answer('home depart')
  expect(take()).toEqual(['games enter', 'games leave', 'music join', 'music enter', 'music leave'])
})

test('a move ends when the former shard has answered, even if the new one confirms the session twice', () => {
  const { parts, enter, answer, take } = createSession()
  answer('home join')
  enter(games)
  answer('games join')
  take()
  parts[gamesShard]!.handleRestated({ epoch: 2.5, frames: [], isWaiting: false })
  expect(take()).toEqual([])
  answer('home depart')
  expect(take()).toEqual(['games enter'])
})

test('a session that another node has taken over departs from the shard to which it has moved', () => {
  const { enter, answer, take } = createSession()
  answer('home join')
  enter(games)
  answer('games join')
  take()
  answer('home depart', ['fenced', [], [], false])
  expect(take()).toEqual(['games depart'])
})
