// Vitest runs this once, before all tests of the project `install`.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Packs all public packages, so that the tests install what would be published. */
export function setup(): void {
  const script = join(import.meta.dirname, '../../scripts/pack.mjs')
  execFileSync(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit'] })
}
