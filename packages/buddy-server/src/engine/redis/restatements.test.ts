import { expect, test } from 'vitest'
import type { Command } from './command-queue.ts'
import type { RedisSession } from './redis-session.ts'
import { Restatements } from './restatements.ts'
import type { Answer } from './wire.ts'

/** A node with this number of sessions, and the statements that Redis has not answered. */
function createNode(count: number) {
  const sessions = Array.from(
    { length: count },
    (_, index) =>
      ({
        id: `session ${index}`,
        isLeaving: false,
        statement: () => ({ c: 'restate', s: `session ${index}` }),
        handleRestated: () => undefined,
      }) as unknown as RedisSession,
  )
  const unanswered: (readonly [Command, (answer: Answer) => void])[] = []
  const node = { isConnected: true }
  const restatements = new Restatements({
    nodeId: 'node',
    clock: { after: () => () => undefined },
    sessions: () => sessions,
    has: () => true,
    isConnected: () => node.isConnected,
    send: (command, handleAnswer) => void unanswered.push([command, handleAnswer]),
    onLost: () => undefined,
  })
  const answerNext = async (): Promise<string | undefined> => {
    const [[command, handleAnswer] = []] = unanswered.splice(0, 1)
    handleAnswer?.([false, [], [], { epoch: 1, frames: [], isWaiting: false }])
    await new Promise(setImmediate)
    return command?.s
  }
  return { node, sessions, restatements, unanswered, answerNext }
}

test('after an outage, a node has one unanswered statement at a time, however many sessions it has', async () => {
  const { restatements, unanswered, answerNext } = createNode(1000)
  const done = restatements.stateAll()
  for (let index = 0; index < 1000; index++) {
    expect(unanswered).toHaveLength(1)
    expect(await answerNext()).toBe(`session ${index}`)
  }
  await done
  expect(unanswered).toHaveLength(0)
})

test('a node that loses Redis again stops, and begins anew when Redis answers', async () => {
  const { node, restatements, unanswered, answerNext } = createNode(3)
  const first = restatements.stateAll()
  node.isConnected = false
  await answerNext()
  await first
  expect(unanswered).toHaveLength(0)
  node.isConnected = true
  void restatements.stateAll()
  expect(await answerNext()).toBe('session 0')
})

test('a frame waits until its session has been stated, which happens at once then', async () => {
  const { sessions, restatements, answerNext } = createNode(3)
  const handled: string[] = []
  const handle = (name: string) => (): void => void handled.push(name)
  const done = restatements.stateAll()
  restatements.afterStatement(sessions[2]!, handle('first'))
  restatements.afterStatement(sessions[2]!, handle('second'))
  expect(await answerNext()).toBe('session 0')
  expect(handled).toEqual([])
  expect(await answerNext()).toBe('session 2')
  expect(handled).toEqual(['first', 'second'])
  restatements.afterStatement(sessions[0]!, handle('third'))
  expect(handled).toHaveLength(3)
  expect(await answerNext()).toBe('session 1')
  await done
})

test('a session that is being released is not stated again', async () => {
  const { sessions, restatements, unanswered, answerNext } = createNode(1)
  const done = restatements.state(sessions[0]!)
  void restatements.state(sessions[0]!)
  Object.assign(sessions[0]!, { isLeaving: true })
  expect(await answerNext()).toBe('session 0')
  await done
  expect(unanswered).toHaveLength(0)
})
