import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { appendScript, headScript } from '../../safety/redis-log-scripts.ts'
import { librarySource } from './lua/library.ts'

const root = join(import.meta.dirname, '../../../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

test('docs/redis.md grants every Redis command that the server uses, and no other', () => {
  const [rights = ''] = /^ACL SETUSER buddy .*$/m.exec(read('docs/redis.md')) ?? []
  const listed = [...rights.matchAll(/\+(\S+)/g)].map(([, command]) => command!)
  const outside = ['fcall', 'function|load', 'ssubscribe', 'sunsubscribe', 'spublish', 'ping']
  const scripts = [librarySource, appendScript, headScript].join('\n')
  const log = read('packages/buddy-server/src/safety/redis-log.ts')
  const used = [
    ...scripts.matchAll(/\bcall\('([A-Z]+)'/g),
    ...log.matchAll(/#send\(\s*'([A-Z]+)'/g),
  ].map(([, name]) => name!.toLowerCase())
  expect(listed.toSorted()).toEqual([...new Set([...outside, ...used])].toSorted())
})
