// A short run of npm run attacker.
import { expect, test } from 'vitest'
import { runAttacker } from '../attacker/attacker.ts'

test('clients that lie meet nobody whom they must not meet, also after a restart of the server', async () => {
  const { faults, counts } = await runAttacker({ sessions: 160, seed: 7, atOnce: 80, servers: 2 })
  expect(faults).toEqual([])
  // The run has contained each kind of lie.
  for (const what of [
    'matches',
    'blocks',
    'resumed sessions',
    'reports that the operator received',
    'refused with token-invalid',
    'ticket refused with not-permitted',
  ]) {
    expect(counts.get(what), what).toBeGreaterThan(0)
  }
}, 60_000)
