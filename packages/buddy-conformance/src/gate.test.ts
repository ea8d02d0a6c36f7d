import { expect, test } from 'vitest'
import { Gate } from './gate.ts'

/** A gate whose clock stands still, so that the waits show how far apart the connections are. */
function createGate() {
  let nowMs = 1000
  const gate = new Gate({ now: () => nowMs, sleep: () => Promise.resolve() })
  return { gate, advance: (ms: number) => (nowMs += ms) }
}

/** Returns the waits of so many connections that are opened at the same moment. */
async function waits(gate: Gate, count: number): Promise<readonly number[]> {
  const found: number[] = []
  for (let time = 1; time <= count; time++) found.push(Math.round(await gate.pass()))
  return found
}

test('connections do not wait before the server has refused one', async () => {
  const { gate } = createGate()
  expect(await waits(gate, 3)).toEqual([0, 0, 0])
})

test('connections wait for the time of a refusal, and then follow each other at an interval', async () => {
  const { gate } = createGate()
  gate.handleRefusal(2000)
  expect(await waits(gate, 3)).toEqual([2000, 2100, 2199])
})

test('the interval doubles with each refusal, but once for refusals at the same time', async () => {
  const { gate, advance } = createGate()
  gate.handleRefusal(500)
  gate.handleRefusal(500)
  advance(1500)
  gate.handleRefusal(500)
  const [first = 0, second = 0] = await waits(gate, 2)
  expect(first).toBe(500)
  expect(second - first).toBe(200)
})

test('no connection is opened any more after ten in a row could not be opened', async () => {
  const { gate } = createGate()
  for (let time = 1; time <= 9; time++) gate.handleOpened(false)
  gate.handleOpened(true)
  for (let time = 1; time <= 9; time++) gate.handleOpened(false)
  expect(await waits(gate, 1)).toEqual([0])
  gate.handleOpened(false)
  await expect(gate.pass()).rejects.toThrow('does not answer')
})

test('the interval shrinks to nothing while the server refuses no connection', async () => {
  const { gate, advance } = createGate()
  gate.handleRefusal(500)
  await waits(gate, 100)
  advance(100_000)
  expect(await waits(gate, 3)).toEqual([0, 0, 0])
})
