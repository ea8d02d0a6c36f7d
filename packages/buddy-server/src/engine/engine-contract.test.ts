import { describe } from 'vitest'
import { DelayedEngine } from './delayed-engine.fixture.ts'
import { describeEngine } from './engine-contract.fixture.ts'
import { MemoryEngine } from './memory/memory-engine.ts'

describeEngine('the memory engine', (dependencies) => ({
  engine: new MemoryEngine(dependencies),
  step: () => undefined,
  settle: () => undefined,
}))

describe.each([1, 2, 3, 4, 5])('with delayed and interleaved delivery (seed %i),', (seed) => {
  describeEngine('the memory engine', (dependencies) => {
    const engine = new DelayedEngine(seed, dependencies, (given) => new MemoryEngine(given))
    return { engine, step: () => engine.step(), settle: () => engine.settle() }
  })
})
