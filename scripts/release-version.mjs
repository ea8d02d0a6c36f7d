// npm run release:version: gives all packages their next version, from the changesets, and writes the changelogs.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pnpmVersion } from './pnpm.mjs'

const options = {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'inherit',
  shell: process.platform === 'win32',
}
const updateLockfile = ['-y', `pnpm@${pnpmVersion}`, 'install', '--lockfile-only']

const hasFailed =
  spawnSync('changeset', ['version'], options).status !== 0 ||
  spawnSync('npx', updateLockfile, options).status !== 0
process.exitCode = hasFailed ? 1 : 0
