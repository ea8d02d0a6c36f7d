// A short run of npm run chaos.
import { expect, test } from 'vitest'
import { missingRedisMessage } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { checkHistory } from '../chaos/checker.ts'
import { runChaos } from '../chaos/chaos.ts'
import { faultKinds } from '../chaos/faults.ts'

if (missingRedisMessage) console.log(missingRedisMessage)

const seed = 13
/** With the time until all clients are connected again, the run takes about a minute. */
const runMs = 45_000

test.skipIf(missingRedisMessage)(
  'while servers and Redis fail in every way, nobody is in two rooms, meets a blocked person or loses a session or a text',
  { timeout: 180_000 },
  async () => {
    const entries = await runChaos({ runMs, seed, clients: 45, kinds: faultKinds })
    const { violations, rows, resumedShare } = checkHistory(entries)
    expect(violations).toEqual([])
    expect(resumedShare).toBe(1)
    for (const kind of faultKinds) expect(rows.get(kind)?.faults).toBeGreaterThan(0)
  },
)
