import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { librarySource } from './lua/library.ts'

test('docs/redis.md grants every Redis command that the server uses, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../../docs/redis.md'), 'utf8')
  const [rights = ''] = /^ACL SETUSER buddy .*$/m.exec(page) ?? []
  const listed = [...rights.matchAll(/\+(\S+)/g)].map(([, command]) => command!)
  const outside = ['fcall', 'function|load', 'ssubscribe', 'sunsubscribe', 'spublish', 'ping']
  const used = [...librarySource.matchAll(/\bcall\('([A-Z]+)'/g)].map(([, name]) =>
    name!.toLowerCase(),
  )
  expect(listed.toSorted()).toEqual([...new Set([...outside, ...used])].toSorted())
})
