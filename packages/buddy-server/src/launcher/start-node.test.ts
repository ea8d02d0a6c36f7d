import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

let place: string
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'buddy-launcher-'))
  writeFileSync(join(place, 'not-executable'), '#!/bin/sh\n')
  writeFileSync(join(place, 'prints'), '#!/bin/sh\necho "$1 $VALUE $$"\nexit 7\n')
  chmodSync(join(place, 'prints'), 0o755)
})
afterAll(() => rmSync(place, { recursive: true }))

/** Runs `startNode` in a process of its own. */
function startInProcess(node: string, ...nodeArguments: string[]): ReturnType<typeof spawnSync> {
  const module = new URL('start-node.ts', import.meta.url).href
  const start = { node: join(place, node), args: ['one'], env: { VALUE: 'two' } }
  const script = `const { startNode } = await import('${module}')
    startNode(${JSON.stringify(start)})`
  const quiet = ['--disable-warning=ExperimentalWarning', '--disable-warning=SecurityWarning']
  const args = [...quiet, ...nodeArguments, '--input-type=module', '--eval', script]
  return spawnSync(process.execPath, args, { encoding: 'utf8' })
}

const onPosix = test.skipIf(process.platform === 'win32')

onPosix('replaces the process, with arguments and environment (skipped on Windows)', () => {
  const { pid, status, stdout } = startInProcess('prints')
  expect([status, stdout]).toEqual([7, `one two ${pid}\n`])
})

onPosix.each([
  ['the file is not executable', 'not-executable', [], 'permission denied'],
  ['there is no such file', 'missing', [], 'no such file'],
  ['the process may start no other', 'prints', ['--permission', '--allow-fs-read=*'], 'restricted'],
])('prints why no other Node can be started: %s (skipped on Windows)', (_, file, args, reason) => {
  const { status, stderr } = startInProcess(file, ...args)
  expect([status, stderr]).toEqual([1, expect.stringContaining(reason)])
  expect(stderr).toContain(`${join(place, file)} cannot be started: `)
})
