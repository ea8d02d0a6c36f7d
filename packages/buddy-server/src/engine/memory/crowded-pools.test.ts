import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Pool } from './crowded-pools.ts'
import { CrowdedPools } from './crowded-pools.ts'

/** A stand-in for a pool. It contains only the times at which its tickets began to wait. */
class FakePool implements Pool {
  readonly tickets: number[] = []

  get size(): number {
    return this.tickets.length
  }

  get oldestSinceMs(): number {
    return this.tickets[0] ?? Infinity
  }
}

const poolCount = 6

const inOrder = (pools: readonly FakePool[]): FakePool[] =>
  pools
    .filter(({ size }) => size > 1)
    .toSorted((one, other) => one.oldestSinceMs - other.oldestSinceMs)

test('`findOldest` tries exactly the pools with two or more tickets, ordered by their oldest ticket', () => {
  const step = fc.record({
    act: fc.constantFrom('enter' as const, 'withdraw' as const, 'find' as const),
    pool: fc.nat(poolCount - 1),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const pools = Array.from({ length: poolCount }, () => new FakePool())
      const crowded = new CrowdedPools<FakePool>()
      for (const [nowMs, { act, pool: index }] of steps.entries()) {
        const pool = pools[index]!
        if (act === 'enter') pool.tickets.push(nowMs)
        if (act === 'withdraw') pool.tickets.shift()
        if (act !== 'find') crowded.update(pool)
        else {
          const expected = inOrder(pools)
          const last = expected.indexOf(pool)
          const found: FakePool[] = []
          crowded.findOldest((each) => {
            found.push(each)
            if (each !== pool) return false
            // Two tickets of this pool are matched.
            each.tickets.splice(0, 2)
            crowded.update(each)
            return true
          })
          expect(found).toEqual(last < 0 ? expected : expected.slice(0, last + 1))
        }
      }
      const rest: FakePool[] = []
      crowded.findOldest((each) => {
        rest.push(each)
        return false
      })
      expect(rest).toEqual(inOrder(pools))
    }),
  )
})

test('drops pools that have fewer than two tickets', () => {
  const crowded = new CrowdedPools<FakePool>()
  for (let time = 0; time < 10_000; time++) {
    const pool = new FakePool()
    pool.tickets.push(time, time)
    crowded.update(pool)
    pool.tickets.shift()
    crowded.update(pool)
  }
  expect(crowded.length).toBeLessThan(200)
})

test('finds the pool with the oldest of 10 000 tickets without visiting all pools', () => {
  // The test counts reads instead of measuring time.
  let reads = 0
  class CountingPool extends FakePool {
    override get oldestSinceMs(): number {
      reads++
      return super.oldestSinceMs
    }
  }
  const crowded = new CrowdedPools<FakePool>()
  for (let sinceMs = 0; sinceMs < 10_000; sinceMs++) {
    const pool = new CountingPool()
    pool.tickets.push(sinceMs, sinceMs)
    crowded.update(pool)
  }
  reads = 0
  crowded.findOldest(({ tickets }) => {
    expect(tickets[0]).toBe(0)
    return true
  })
  expect(reads).toBeLessThan(10)
})
