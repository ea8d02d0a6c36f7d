import { expect, test, vi } from 'vitest'
import type { Command } from './command-queue.ts'
import { Takeovers } from './takeovers.ts'
import type { Answer } from './wire.ts'

/** A node whose timers fire when the test calls them, so that they can be late. */
function createNode() {
  const commands: Command[] = []
  const timers: (() => void)[] = []
  const node = { commands, timers, nowMs: 0 }
  const takeovers = new Takeovers({
    nodeId: 'node',
    clock: {
      now: () => node.nowMs,
      after: (_, callback) => {
        timers.push(callback)
        return () => undefined
      },
    },
    graceMs: () => 30_000,
    redisNowMs: () => undefined,
    send: (command, handleAnswer) => {
      commands.push(command)
      const state = command['isForced'] === true ? 'taken' : 'elsewhere'
      const answer: Answer = [false, [], [], { state, epoch: 2, frames: [] }]
      handleAnswer?.(answer)
    },
  })
  return Object.assign(node, { takeovers })
}

test('a session is taken by force from a node that does not release it in time', async () => {
  const node = createNode()
  const adopting = node.takeovers.adopt('session', 1)
  await vi.waitFor(() => expect(node.timers).toHaveLength(1))
  node.nowMs = 1000
  node.timers.shift()!()
  expect(await adopting).toEqual({ frames: [], received: undefined })
  expect(node.commands.map(({ isForced }) => isForced)).toEqual([false, true])
})

test('a node that has hung itself takes no session by force, because its client may be at another node', async () => {
  const node = createNode()
  const adopting = node.takeovers.adopt('session', 1)
  await vi.waitFor(() => expect(node.timers).toHaveLength(1))
  node.nowMs = 5000
  node.timers.shift()!()
  await expect(adopting).rejects.toThrow('hung')
  expect(node.commands).toHaveLength(1)
})
