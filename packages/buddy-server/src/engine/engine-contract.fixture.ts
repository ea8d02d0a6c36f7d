// What every engine must do. The tests of each engine call `describeEngine`. The folder contract/ has its chapters.
import { describe } from 'vitest'
import { describeBans } from './contract/bans.fixture.ts'
import { describeClaims } from './contract/claims.fixture.ts'
import { describeCriteria } from './contract/criteria.fixture.ts'
import { describeEncounters } from './contract/encounters.fixture.ts'
import { describePeople } from './contract/people.fixture.ts'
import { describePlaces } from './contract/places.fixture.ts'
import { describeQueue } from './contract/queue.fixture.ts'
import { describeRooms } from './contract/rooms.fixture.ts'
import type { EngineUnderTest } from './engine-world.fixture.ts'
import { EngineWorld } from './engine-world.fixture.ts'
import type { EngineDependencies } from './memory/memory-engine.ts'

/** Describes an engine of any kind by its tests. */
export function describeEngine(
  name: string,
  createEngine: (dependencies: EngineDependencies) => EngineUnderTest,
): void {
  const createWorld = (): EngineWorld => new EngineWorld(createEngine)

  describe(name, () => {
    describeQueue(createWorld)
    describeCriteria(createWorld)
    describePeople(createWorld)
    describeRooms(createWorld)
    describeClaims(createWorld)
    describeEncounters(createWorld)
    describePlaces(createWorld)
    describeBans(createWorld)
  })
}
