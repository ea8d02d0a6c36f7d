import { DelayedEngine } from './delayed-engine.fixture.ts'
import { describeProperties } from './engine-properties.fixture.ts'
import { MemoryEngine } from './memory/memory-engine.ts'

describeProperties('the memory engine', 300, (seed, dependencies) => {
  const engine = new DelayedEngine(seed, dependencies, (given) => new MemoryEngine(given))
  return { engine, step: () => engine.step(), settle: () => engine.settle() }
})
