import { expect, test } from 'vitest'
import { readManifest, readOwnFile, readPublicFile } from './own-files.ts'
import { version } from './version.ts'

test('readOwnFile returns the bytes of an own file, and undefined for a missing one', () => {
  expect(JSON.parse(new TextDecoder().decode(readOwnFile('package.json'))).version).toBe(version)
  expect(readOwnFile('dist/public/missing.js')).toBeUndefined()
})

test('the manifest of a build has the version of the package, and names files that exist', () => {
  const manifest = readManifest()
  expect(manifest?.version).toBe(version)
  const names = Object.keys(manifest?.files ?? {})
  expect(names).toEqual(expect.arrayContaining(['v/buddy-chat.js', 'v/buddy-chat.js.br']))
  expect(names.filter((name) => !readPublicFile(name))).toEqual([])
})
