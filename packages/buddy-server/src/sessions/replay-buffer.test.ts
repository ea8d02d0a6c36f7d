import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReplayBuffer } from './replay-buffer.ts'

const maxBytes = 8192
const frameOf = (length: number, content: number): Uint8Array =>
  new Uint8Array(length).fill(content)

/** Lengths from 0 to 6000 bytes, mostly short. */
const length = fc.oneof(
  { weight: 5, arbitrary: fc.nat(300) },
  { weight: 1, arbitrary: fc.nat(6000) },
)
const step = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), length }),
  fc.record({ kind: fc.constant('acknowledge' as const), share: fc.double({ min: 0, max: 1.2 }) }),
)

test('does not count withdrawn frames as sent', () => {
  fc.assert(
    fc.property(
      fc.array(length, { maxLength: 60 }),
      fc.array(length, { maxLength: 60 }),
      fc.array(length, { maxLength: 10 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (first, second, third, share) => {
        const buffer = new ReplayBuffer(7)
        const frames = [...first, ...third].map((size, index) => frameOf(size, index))
        const push = (frame: Uint8Array): void => buffer.push(frame, 1e6)
        for (const frame of frames.slice(0, first.length)) push(frame)
        const acknowledged = Math.floor(share * first.length)
        buffer.acknowledge(7 + acknowledged)
        const { bytes } = buffer
        for (const size of second) push(frameOf(size, 255))
        buffer.withdraw(7 + first.length)
        expect(buffer.sent).toBe(7 + first.length)
        if (first.length === acknowledged) expect(buffer.bytes).toBe(0)
        else expect(buffer.bytes).toBe(bytes)
        for (const frame of frames.slice(first.length)) push(frame)
        expect(buffer.after(7 + acknowledged)).toEqual(frames.slice(acknowledged))
      },
    ),
  )
})

test('returns exactly the frames sent after a count, or undefined if one of them was dropped', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(1000), (steps, sentBefore) => {
      const buffer = new ReplayBuffer(sentBefore)
      const sent: Uint8Array[] = []
      for (const [index, next] of steps.entries()) {
        if (next.kind === 'push') {
          const frame = frameOf(next.length, index % 256)
          sent.push(frame.slice())
          buffer.push(frame, maxBytes)
          // The buffer must have copied the frame, because the caller may reuse its memory at once.
          frame.fill(255)
          buffer.trim(maxBytes)
        } else buffer.acknowledge(sentBefore + Math.floor(next.share * sent.length))
        expect(buffer.sent).toBe(sentBefore + sent.length)
        expect(buffer.bytes).toBeLessThanOrEqual(maxBytes)
      }
      let isHeld = false
      for (let count = 0; count <= sent.length; count++) {
        const frames = buffer.after(sentBefore + count)
        // If a frame is kept, all later frames are kept too.
        if (isHeld) expect(frames).toBeDefined()
        if (!frames) continue
        isHeld = true
        expect(frames).toEqual(sent.slice(count))
      }
      expect(isHeld).toBe(true)
      expect(buffer.after(sentBefore + sent.length + 1)).toBeUndefined()
    }),
  )
})

test('uses no memory after all frames were acknowledged', () => {
  const buffer = new ReplayBuffer()
  for (let count = 0; count < 100; count++) buffer.push(frameOf(100, count), maxBytes)
  buffer.acknowledge(100)
  expect(buffer.bytes).toBe(0)
})

test('returns no frame of another session whose memory it reuses', () => {
  const busy = new ReplayBuffer()
  for (let count = 0; count < 200; count++) busy.push(frameOf(100, 1), 65_536)
  busy.acknowledge(200)
  const other = new ReplayBuffer()
  for (let count = 0; count < 200; count++) {
    other.push(frameOf(count, 2), 65_536)
    if (count % 50 === 49) other.acknowledge(count - 1)
  }
  const frames = other.after(198) ?? []
  expect(frames).toEqual([frameOf(198, 2), frameOf(199, 2)])
})

test('if the limit is 0, counts frames without keeping them', () => {
  const buffer = new ReplayBuffer()
  buffer.push(frameOf(100, 1), 0)
  expect(buffer).toMatchObject({ sent: 1, bytes: 0 })
  expect(buffer.after(0)).toBeUndefined()
  expect(buffer.after(1)).toEqual([])
})

test('keeps the latest frame even with the smallest limit that can be configured', () => {
  const buffer = new ReplayBuffer()
  for (let count = 0; count < 1000; count++) {
    buffer.push(frameOf(6, count % 256), 1024)
    buffer.trim(1024)
    expect(buffer.after(count)).toEqual([frameOf(6, count % 256)])
  }
})

test('`bytes` is at least the memory that the shortest frames use', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const usedBytes = (): number => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = usedBytes()
  const buffers = Array.from({ length: 200 }, () => new ReplayBuffer())
  for (const buffer of buffers) {
    while (buffer.bytes < 60_000) buffer.push(frameOf(6, 1), 65_536)
  }
  const accounted = buffers.reduce((sum, { bytes }) => sum + bytes, 0)
  expect(usedBytes() - before).toBeLessThan(accounted * 1.2)
})
