import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandsOfFunction, commandsOfLog } from './check-rights.ts'

const page = join(import.meta.dirname, '../../../../../docs/redis.md')

test('docs/redis.md grants every Redis command that the server uses, and no other', () => {
  const [rights = ''] = /^ACL SETUSER buddy .*$/m.exec(readFileSync(page, 'utf8')) ?? []
  const listed = [...rights.matchAll(/\+(\S+)/g)].map(([, command]) => command!)
  const outside = ['fcall', 'function|load', 'sunsubscribe', 'ping']
  const used = [...commandsOfFunction, ...commandsOfLog].map((name) => name.toLowerCase())
  expect(listed.toSorted()).toEqual([...new Set([...outside, ...used])].toSorted())
})
