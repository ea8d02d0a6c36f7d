// A short run of npm run chaos.
import { expect, test } from 'vitest'
import { missingRedisMessage } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { checkHistory } from '../chaos/checker.ts'
import { runChaos } from '../chaos/chaos.ts'

if (missingRedisMessage) console.log(missingRedisMessage)

const seed = 13

test.skipIf(missingRedisMessage)(
  'while nodes are killed, paused and restarted and connections drop, nobody is in two rooms, meets a blocked person or loses a session or a text',
  { timeout: 120_000 },
  async () => {
    const kinds = ['kill', 'pause', 'roll', 'drop'] as const
    const entries = await runChaos({ runMs: 20_000, seed, clients: 30, kinds })
    const { violations, rows, resumedShare } = checkHistory(entries)
    expect(violations).toEqual([])
    expect(resumedShare).toBe(1)
    for (const kind of kinds) {
      expect(rows.get(kind)?.counts.get('resumed')).toBeGreaterThan(0)
    }
  },
)
