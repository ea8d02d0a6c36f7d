import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Folder of this checkout. */
export const ownCheckout = join(import.meta.dirname, '../..')

/**
 * Creates a folder that looks like another checkout of Buddy, with the protocol package of this one.
 * Deletes it when the test ends.
 * @param server the source of its `packages/buddy-server/dist/index.js`
 * @returns the folder
 */
export function makeCheckout(server: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-checkout-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const packages = join(folder, 'packages')
  mkdirSync(join(packages, 'buddy-server/dist'), { recursive: true })
  const protocol = join(ownCheckout, 'packages/buddy-protocol')
  symlinkSync(protocol, join(packages, 'buddy-protocol'), 'junction')
  writeFileSync(join(packages, 'buddy-server/dist/index.js'), server)
  return folder
}
