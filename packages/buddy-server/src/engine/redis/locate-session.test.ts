import { expect, test } from 'vitest'
import { ManualClock } from '../../clock.fixture.ts'
import type { SessionLocation } from './locate-session.ts'
import { locateSession } from './locate-session.ts'
import type { Location } from './wire.ts'

const here = (epoch: number): Location => ({ state: 'here', epoch })
const unknown: Location = { state: 'unknown' }

/** Asks shards that give these answers. A shard whose answer is `undefined` does not answer. */
function locate(...answers: readonly (Location | undefined)[]) {
  const clock = new ManualClock()
  const shards = answers.map((answer) => ({
    locate: () => new Promise<Location>((resolve) => answer && resolve(answer)),
  }))
  const result: { found?: SessionLocation } = {}
  void locateSession('ana', 1, shards, clock).then((found) => (result.found = found))
  const after = async (ms: number): Promise<SessionLocation | undefined> => {
    await new Promise(setImmediate)
    clock.advance(ms)
    await new Promise(setImmediate)
    return result.found
  }
  return { after }
}

test('the shards that have a session are found, the one with the highest epoch first', async () => {
  expect(await locate(here(1), unknown, here(2.5)).after(0)).toEqual({
    found: [
      { index: 2, epoch: 2.5 },
      { index: 0, epoch: 1 },
    ],
    lost: [],
    hasEnded: false,
    isOutOfDate: false,
    isUncertain: false,
  })
})

test('if one shard has the session, the others have 0.25 s to answer', async () => {
  const { after } = locate(undefined, here(1))
  expect(await after(249)).toBeUndefined()
  expect(await after(1)).toMatchObject({ found: [{ index: 1, epoch: 1 }] })
})

test('if no shard has the session, all have a second to answer, and one that does not answer may have it', async () => {
  const { after } = locate(undefined, unknown)
  expect(await after(999)).toBeUndefined()
  expect(await after(1)).toMatchObject({ found: [], isUncertain: true })
})

test('a shard that has lost its data may have had the session', async () => {
  const answers: readonly Location[] = [{ state: 'unsettled' }, { state: 'lost' }, unknown]
  expect(await locate(...answers).after(0)).toMatchObject({ lost: [1], isUncertain: true })
  expect(await locate(unknown, { state: 'outOfDate' }).after(0)).toMatchObject({
    isOutOfDate: true,
    hasEnded: false,
  })
  expect(await locate(unknown, { state: 'ended' }).after(0)).toMatchObject({
    hasEnded: true,
    isUncertain: false,
  })
})
