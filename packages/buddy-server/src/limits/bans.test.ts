import { expect, test } from 'vitest'
import { Bans } from './bans.ts'

function create(): { bans: Bans; setNow: (nowMs: number) => void } {
  let now = 0
  return { bans: new Bans(() => now), setNow: (nowMs) => (now = nowMs) }
}

test('keeps a ban for exactly its duration', () => {
  const { bans, setNow } = create()
  bans.add('192.0.2.1', 1000)
  expect([bans.has('192.0.2.1'), bans.has('192.0.2.2')]).toEqual([true, false])
  setNow(999)
  expect(bans.has('192.0.2.1')).toBe(true)
  setNow(1000)
  expect(bans.has('192.0.2.1')).toBe(false)
})

test('a second ban of the same key can extend the first, but never shortens it', () => {
  const { bans, setNow } = create()
  bans.add('a', 1000)
  bans.add('a', 10)
  setNow(500)
  expect(bans.has('a')).toBe(true)
  bans.add('a', 1000)
  setNow(1499)
  expect(bans.has('a')).toBe(true)
  setNow(1500)
  expect(bans.has('a')).toBe(false)
})

test('a ban that was lifted holds no longer', () => {
  const { bans } = create()
  bans.add('a', 1000)
  bans.delete('a')
  bans.delete('b')
  expect(bans.has('a')).toBe(false)
})

test('keeps a hundred thousand bans, and drops the oldest when there is another', () => {
  const { bans } = create()
  for (let index = 0; index < 100_000; index++) bans.add(String(index), 1000)
  // The oldest key is banned again, so that it is not the oldest any more.
  bans.add('0', 1000)
  bans.add('one more', 1000)
  expect(['0', '1', '2', 'one more'].map((key) => bans.has(key))).toEqual([true, false, true, true])
})

test('keeps a long ban when a flood of short bans has expired', () => {
  const { bans, setNow } = create()
  bans.add('long', 1_000_000)
  for (let round = 1; round <= 3; round++) {
    for (let index = 0; index < 9000; index++) bans.add(`${round} ${index}`, 1000)
    setNow(round * 1000)
  }
  expect(bans.has('long')).toBe(true)
})
