// Messages whose answer was lost.
import { expect, test } from 'vitest'
import { ManualClock } from '../../clock.fixture.ts'
import { packValue, unpackValue } from '../../codec.ts'
import { NodeMessages } from './node-messages.ts'
import type { FrameItem, NodeMessage } from './wire.ts'

const frameOf = (number: number): FrameItem => ['ana', 'room', Uint8Array.of(number)]

test.each([
  ['is sent again without anything new', true],
  ['is not needed any more', false],
])('a message that may have arrived %s, and what is new arrives too', async (_, isLeft) => {
  const clock = new ManualClock()
  const received: number[] = []
  const dependencies = {
    clock,
    isConnected: () => true,
    onFailed: () => undefined,
    onEvent: () => undefined,
    onUndelivered: () => Promise.resolve(isLeft),
  }
  const receiver = new NodeMessages({
    ...dependencies,
    nodeId: 'other',
    link: { publish: () => Promise.resolve(true) },
    onFrame: ([, , frame]) => received.push(...frame),
  })
  /** The message arrives, but its answer does not. Then the other node is not connected for a moment. */
  const outcomes = ['answer lost', 'not received', 'received', 'received']
  const sent: number[][] = []
  const sender = new NodeMessages({
    ...dependencies,
    nodeId: 'node',
    onFrame: () => undefined,
    link: {
      publish: (_, payload) => {
        const outcome = outcomes.shift()
        const [, , items] = unpackValue(payload) as NodeMessage
        sent.push(items.flatMap((item) => [...(item as FrameItem)[2]]))
        if (outcome !== 'not received') receiver.handleMessage(packValue(unpackValue(payload)))
        if (outcome === 'answer lost') return Promise.reject(new Error('no answer'))
        return Promise.resolve(outcome === 'received')
      },
    },
  })
  const settle = (): Promise<unknown> => new Promise(setImmediate)
  sender.post('other', frameOf(1))
  await settle()
  sender.post('other', frameOf(2))
  await settle()
  clock.advance(100)
  await settle()
  expect(received).toEqual([1, 2])
  expect(sent.at(-1)).toEqual([2])
})
