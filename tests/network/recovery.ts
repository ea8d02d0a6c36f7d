import { expect } from 'vitest'
import type { Call } from './fixtures.ts'

/** Waits until both visitors receive new frames, and prints how long that took. */
export async function expectRecovery(what: string, { ana, bob }: Call): Promise<void> {
  const startedAt = performance.now()
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  console.log(`${what}: frames on both sides after ${Math.round(performance.now() - startedAt)} ms`)
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
}
