import { expect, test } from 'vitest'
import { readConfig } from '../../config/read-config.ts'
import { checkOpenFiles } from './open-files.ts'

const context = {
  config: readConfig({ environment: { BUDDY_DEV: '1', MAX_CONCURRENT_USERS: '1000' } }),
  version: '1',
  now: () => 0,
  timeLimitMs: 1000,
  timeFrom: undefined,
}
const files = (limit: number) => ({ limit: () => limit, used: () => 20 })

test.for([
  [4096, undefined, 'ok', 'of this shell (4096) allows MAX_CONCURRENT_USERS=1000'],
  [Infinity, undefined, 'ok', '(Infinity) allows'],
  [1024, undefined, 'warning', 'of this shell (1024) allows only 923 of MAX_CONCURRENT_USERS=1000'],
  [Infinity, 512, 'problem', 'of the running server (512) allows only 437 of'],
  [256, 65_536, 'ok', 'of the running server (65536) allows'],
] as const)(
  'with a limit of %s here, and of %s for the running server, reports: %s',
  ([limit, maxFiles, verdict, part]) => {
    expect(checkOpenFiles(context, maxFiles, files(limit))).toEqual([
      { verdict, message: expect.stringContaining(part) },
    ])
  },
)
