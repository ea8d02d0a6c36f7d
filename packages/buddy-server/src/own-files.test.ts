import { expect, test } from 'vitest'
import { ownFileNames, readOwnFile } from './own-files.ts'
import { version } from './version.ts'

test('readOwnFile returns the bytes of an own file, and undefined for a missing one', () => {
  expect(ownFileNames()).toContain('package.json')
  expect(JSON.parse(new TextDecoder().decode(readOwnFile('package.json'))).version).toBe(version)
  expect(readOwnFile('dist/public/missing.js' as 'package.json')).toBeUndefined()
})
