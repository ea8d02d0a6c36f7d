// The order of frames to a session whose node is not known.
import { expect, test } from 'vitest'
import { ManualClock } from '../../clock.fixture.ts'
import type { Command } from './command-queue.ts'
import { FrameRelay } from './frame-relay.ts'
import type { Answer, FrameItem } from './wire.ts'

const frameOf = (number: number): FrameItem => ['ana', 'room', Uint8Array.of(number)]
const numberOf = ([, , frame]: FrameItem): number => frame[0]!

function createRelay({ maxHeldBytes = 100 } = {}) {
  const clock = new ManualClock()
  const node = { isConnected: true }
  const posted: (readonly [node: string, number: number])[] = []
  const asked: (readonly [Command, (answer: Answer) => void])[] = []
  const relay = new FrameRelay({
    nodeId: 'node',
    clock,
    find: () => undefined,
    isConnected: () => node.isConnected,
    send: (command, handleAnswer) => void asked.push([command, handleAnswer]),
    post: (to, item) => void posted.push([to, numberOf(item)]),
    maxHeldBytes: () => maxHeldBytes,
    attempt: (act) => act(),
  })
  /** Redis answers the oldest question with this node; with undefined if it keeps the frame. */
  const answer = async (to: string | undefined): Promise<void> => {
    const [[, handleAnswer] = []] = asked.splice(0, 1)
    handleAnswer?.([false, [], [], to])
    await new Promise(setImmediate)
  }
  return { relay, clock, node, posted, asked, answer }
}

test('a later frame does not overtake one that waits until its session is stated again', async () => {
  const { relay, clock, posted, asked, answer } = createRelay()
  relay.relay('', frameOf(1))
  // Redis does not know the session yet.
  await answer('')
  relay.relay('other', frameOf(2))
  expect([asked, posted]).toEqual([[], []])
  clock.advance(100)
  await answer('other')
  await answer('other')
  relay.relay('other', frameOf(3))
  expect(posted).toEqual([
    ['other', 1],
    ['other', 2],
    ['other', 3],
  ])
})

test('a later frame waits until Redis has answered about one that the node has not received', async () => {
  const { relay, posted, asked, answer } = createRelay()
  const isLeft = relay.hold('other', frameOf(1))
  relay.relay('other', frameOf(2))
  expect(asked).toHaveLength(1)
  await answer('other')
  // It is sent again before the later one.
  expect(await isLeft).toBe(true)
  await answer('other')
  expect(posted).toEqual([['other', 2]])
})

test('frames wait until Redis answers again, and the oldest are dropped above the limit', async () => {
  const { relay, node, posted, asked, answer } = createRelay({ maxHeldBytes: 3 })
  node.isConnected = false
  for (let number = 1; number <= 5; number++) relay.relay('', frameOf(number))
  expect(asked).toEqual([])
  node.isConnected = true
  relay.resume()
  for (let left = 3; left > 0; left--) await answer('other')
  expect(posted.map(([, number]) => number)).toEqual([1, 4, 5])
})
