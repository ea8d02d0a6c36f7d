import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** This checkout. */
export const ownCheckout = join(import.meta.dirname, '../..')

/** Makes a checkout with this protocol, and with the source of a server of its own. */
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
