// Short runs of npm run simulate, and checks that the referee finds broken rules.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRandom } from '../load/random.ts'
import { drawArrivals, readTrace, writeTrace } from './arrival.ts'
import { plotWaits } from './plot.ts'
import type { SimulationResult } from './simulation.ts'
import { Simulation } from './simulation.ts'
import { tableOf } from './tally.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'buddy-simulate-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const run = (seed: number, options: Partial<ConstructorParameters<typeof Simulation>[0]> = {}) =>
  new Simulation({
    arrivals: drawArrivals(createRandom(seed), 600, 60),
    seed,
    maxSteps: Infinity,
    maxRooms: 1_000_000,
    ...options,
  }).run()

const matchesOf = ({ kinds }: SimulationResult): number =>
  kinds.reduce((sum, { waitsMs }) => sum + waitsMs.length, 0) / 2

test.for([1, 2, 3])('no rule of matching is broken with seed %d', (seed) => {
  const result = run(seed)
  expect(result.faults).toEqual([])
  expect(result.matches).toBeGreaterThan(500)
  expect(matchesOf(result)).toBe(result.matches)
})

test('no rule is broken while all rooms are taken, and every room is used', () => {
  const result = run(4, { maxRooms: 10 })
  expect(result.faults).toEqual([])
  expect(result.maxWaiting).toBeGreaterThan(20)
})

test('the same seed and the same trace give the same result', () => {
  const path = join(folder, 'trace.jsonl')
  writeTrace(path, drawArrivals(createRandom(5), 200, 40))
  const arrivals = readTrace(path)
  expect(run(5, { arrivals })).toEqual(run(5, { arrivals }))
})

test('the referee finds an engine that widens too early', () => {
  const { faults } = run(6, {
    alter: (dependencies) => ({
      ...dependencies,
      scheduleOf: () => ({ interestsMs: 0, languagesMs: 0, regionMs: 0 }),
    }),
  })
  expect(faults.some((fault) => fault.includes('no interest in common'))).toBe(true)
})

test('the referee finds an engine that drops recent partners', () => {
  const { faults } = run(7, {
    alter: (dependencies) => ({ ...dependencies, avoidRecentCount: () => 0 }),
  })
  expect(faults.some((fault) => fault.includes('have met recently'))).toBe(true)
})

test('the referee finds an engine that leaves two tickets waiting that may meet', () => {
  const { faults } = run(8, {
    alter: (dependencies) => ({
      ...dependencies,
      scheduleOf: () => ({ interestsMs: 3_600_000, languagesMs: 3_600_000, regionMs: 0 }),
    }),
  })
  expect(faults.some((fault) => fault.includes('both wait although they may meet'))).toBe(true)
})

test('a trace with a fault is refused, with the number of the line', () => {
  const path = join(folder, 'trace.jsonl')
  const good = '{"at":1,"stay":60,"person":"p","address":"a"}\n'
  writeFileSync(path, `${good}\n{"at":2,"stay":"long","person":"p","address":"a"}\n`)
  expect(() => readTrace(path)).toThrow(/line 3: .*stay/s)
  writeFileSync(path, `${good}{"at":0.5,"stay":60,"person":"p","address":"a"}\n`)
  expect(() => readTrace(path)).toThrow('line 2: it is earlier than the line before')
  expect(() => readTrace(join(folder, 'missing'))).toThrow('it cannot be read')
})

test('the result is shown as a table and as a plot', () => {
  const { kinds } = run(9)
  expect(tableOf(kinds)).toMatch(/^kind of ticket +matches +p50 s/)
  const svg = plotWaits(kinds)
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/)
  for (const { kind } of kinds) expect(svg).toContain(kind)
})
