import { expect, test } from 'vitest'
import { ownFileNames, readManifest, readOwnFile } from './own-files.ts'
import { version } from './version.ts'

test('readOwnFile returns the bytes of an own file, and undefined for a missing one', () => {
  expect(JSON.parse(new TextDecoder().decode(readOwnFile('package.json'))).version).toBe(version)
  expect(readOwnFile('dist/public/missing.js')).toBeUndefined()
})

test('ownFileNames names every file of a build, and all of them can be read', () => {
  const names = ownFileNames()
  expect(names).toEqual(
    expect.arrayContaining([
      'package.json',
      'dist/public/manifest.json',
      'dist/public/v/buddy-chat.js',
      'dist/public/v/buddy-chat.js.br',
    ]),
  )
  expect(names.filter((name) => !readOwnFile(name))).toEqual([])
})

test('the manifest of a build has the version of the package', () => {
  expect(readManifest()?.version).toBe(version)
})
