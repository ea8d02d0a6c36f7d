import { expect, test } from 'vitest'
import { ManualClock } from '../../clock.fixture.ts'
import { NodeMessages } from './node-messages.ts'
import type { FrameItem } from './wire.ts'

/** Two nodes, the first of which sends to the second. */
class Nodes {
  isConnected = false
  /** Whether the next message arrives although Redis does not answer it. */
  isAnswerLost = false
  readonly received: Uint8Array[] = []
  readonly from: NodeMessages
  readonly #to: NodeMessages

  constructor() {
    const create = (nodeId: string): NodeMessages =>
      new NodeMessages({
        nodeId,
        clock: new ManualClock(),
        link: {
          publish: async (_to, payload) => {
            this.#to.handleMessage(payload)
            if (!this.isAnswerLost) return true
            this.isAnswerLost = false
            throw new Error('no answer')
          },
        },
        isConnected: () => this.isConnected,
        onFailed: () => (this.isConnected = false),
        onUndelivered: () => Promise.resolve(false),
        onEvent: () => undefined,
        onFrame: ([, , frame]) => this.received.push(frame),
      })
    this.from = create('from')
    this.#to = create('to')
  }

  /** Posts frames of this size. The first byte of each is its number. */
  post(numbers: readonly number[], bytes: number): void {
    for (const number of numbers) {
      const item: FrameItem = ['session', 'room', new Uint8Array(bytes).fill(number, 0, 1)]
      this.from.post('to', item)
    }
  }

  async connect(): Promise<void> {
    this.isConnected = true
    await this.from.untilSent()
  }

  get numbers(): readonly number[] {
    return this.received.map(([number]) => number!)
  }
}

const mebibyte = 1024 * 1024
const upTo = (end: number): readonly number[] => Array.from({ length: end }, (_, number) => number)

test('at most 16 MiB wait for a node, and the oldest frames are dropped', async () => {
  const nodes = new Nodes()
  nodes.post(upTo(40), mebibyte)
  await nodes.connect()
  // With what each frame takes beside its content, fifteen fit.
  expect(nodes.numbers).toEqual(upTo(40).slice(-15))
})

test('frames that Redis has not answered count, and are received once', async () => {
  const nodes = new Nodes()
  nodes.isAnswerLost = true
  nodes.post(upTo(10), mebibyte)
  await nodes.connect()
  expect(nodes.numbers).toEqual(upTo(10))
  nodes.post(upTo(30).slice(10), mebibyte)
  await nodes.connect()
  expect(nodes.numbers).toEqual([...upTo(10), ...upTo(30).slice(-15)])
})

test('frames that were sent no longer count', async () => {
  const nodes = new Nodes()
  nodes.isConnected = true
  for (let round = 0; round < 3; round++) {
    nodes.post(upTo(10), mebibyte)
    await nodes.from.untilSent()
  }
  nodes.isConnected = false
  nodes.post(upTo(15), mebibyte)
  await nodes.connect()
  expect(nodes.received).toHaveLength(45)
})
