import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withImportFrom } from './windows-import-name.ts'

const packageUrl = import.meta.resolve('uWebSockets.js')
const addonFor = (platform: string): Uint8Array =>
  readFileSync(new URL(`bin/uws_${platform}_127.node`, packageUrl))

/** Returns the offsets of all bytes that differ. */
const changes = (before: Uint8Array, after: Uint8Array): readonly number[] =>
  [...after.keys()].filter((offset) => after[offset] !== before[offset])

test('the addon for Windows imports from the executable of the given name, and nothing else changes', () => {
  const before = addonFor('win32_x64')
  const after = withImportFrom('buddy-server.exe', before)
  const changed = changes(before, after)
  const nameAt = Buffer.from(after).indexOf('buddy-server.exe\0')
  const address = Buffer.alloc(4)
  address.writeUInt32LE(nameAt)
  const addressAt = Buffer.from(after).indexOf(address, changed.at(-1)! - 3)
  const expected = new Set([
    ...Array.from('buddy-server.exe', (_, index) => nameAt + index),
    ...Array.from(address, (_, index) => addressAt + index),
  ])
  expect(changed.filter((offset) => !expected.has(offset))).toEqual([])
  expect(() => withImportFrom('other.exe', after)).toThrow('no space for the name other.exe')
})

test('names that have no space and other files are refused', () => {
  const addon = addonFor('win32_x64')
  expect(() => withImportFrom('x'.repeat(1000), addon)).toThrow('has no space for the name xxx')
  expect(() => withImportFrom('a.exe', addonFor('linux_x64'))).toThrow()
})
