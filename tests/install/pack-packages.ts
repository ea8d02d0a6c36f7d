// Vitest runs this once, before all tests of the project `install`.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Packs all public packages, so that the tests install what would be published. A release has packed them already. */
export function setup(): void {
  if (process.env['BUDDY_IS_PACKED']) return
  const script = join(import.meta.dirname, '../../scripts/pack.mjs')
  execFileSync(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit'] })
}
