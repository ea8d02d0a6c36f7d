// What takes too long for npm test: the binary with two browsers, its start time, and a second build of it.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect } from 'vitest'
import { test } from '../../e2e/fixtures.ts'
import { meet } from '../../e2e/visitor.ts'
import { copyWorkspace } from '../../integration/workspace-copy.ts'
import { runCommand } from '../../run-command.ts'
import {
  binary,
  binaryName,
  buildBinary,
  canChroot,
  makeBareRoot,
  portOf,
  root,
  run,
} from '../binary.ts'

beforeAll(() => buildBinary())

test('two browsers meet through the binary', async ({ visit }) => {
  const url = `http://localhost:${await portOf(run(binary, ['--dev', '--port=0']))}`
  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  await meet(ana, bob)
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  await Promise.all([ana.waitForText('Bob'), bob.waitForText('Ana')])
  expect([...ana.errors, ...bob.errors]).toEqual([])
})

test('a checkout in another folder builds the same bytes', () => {
  const copy = copyWorkspace()
  // Copies the dependencies too, as hard links, because their paths are in the binary.
  rmSync(join(copy, 'node_modules'))
  execFileSync('cp', ['-al', join(root, 'node_modules'), join(copy, 'node_modules')])
  cpSync(join(root, 'LICENSE'), join(copy, 'LICENSE'))
  execFileSync(process.execPath, [join(copy, 'scripts/build-binary.mjs')], { stdio: 'inherit' })
  const sums = [copy, root].map((folder) => readFileSync(join(folder, 'dist/SHA256SUMS'), 'utf8'))
  expect(sums[0]).toBe(sums[1])
})

test('npm run bench -- start prints a figure for each way to start', async () => {
  const { code, output } = await runCommand('bench/start.ts', '--starts', '1')
  const rows = [...output.matchAll(/^│ (\S.*?) +│ \d+/gm)].map(([, name]) => name)
  expect([code, rows]).toEqual([0, ['binary', 'binary, first start', 'package']])
})

test.skipIf(!canChroot)(
  'the binary passes over a folder whose disk does not allow files to be executed (needs Linux and root)',
  async () => {
    const folder = makeBareRoot()
    for (const name of ['home', 'tmp']) mkdirSync(join(folder, name), { mode: 0o755 })
    // The mount belongs to the process of the server, and ends with it.
    const script = `/bin/mount -t tmpfs -o noexec,mode=755 none ${folder}/home && exec "$@"`
    const chroot = ['/usr/sbin/chroot', folder, `/${binaryName}`, '--dev', '--port=0']
    const inOwnMounts = ['--mount', '/bin/sh', '-c', script, 'sh', ...chroot]
    await portOf(run('/usr/bin/unshare', inOwnMounts, { HOME: '/home' }))
    const chosen = run('/usr/bin/unshare', inOwnMounts, { BUDDY_CACHE_DIR: '/home' })
    expect(await chosen.exited).toBe(1)
    expect(chosen.output()).toMatch(/Tried:\n\/home: .*failed to map segment/)
  },
)
