// Entry point of every npm script. Requires Node 20 or newer and npm. Installs the dependencies in the
// lockfile, then runs scripts/<step>.mjs with the Node version that this repository pins, because the
// server's native addon does not load on every Node. Imports built-in modules only, because no dependency
// is installed at first.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { thisPlatform } from './platforms.mjs'
import { pnpmVersion } from './pnpm.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [step = 'start', ...args] = process.argv.slice(2)

function pinnedNode() {
  const path =
    thisPlatform && join(root, 'node_modules', thisPlatform.node, thisPlatform.executable)
  if (path && existsSync(path)) return path
  const [major] = process.versions.node.split('.').map(Number)
  if (major === 20 || major === 22) return process.execPath
  fail(
    `There is no pinned Node for ${process.platform}-${process.arch}. Run this with Node 22 instead of ${process.version}.`,
  )
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

function install() {
  const stamp = join(root, 'node_modules', '.buddy-install')
  const hash = createHash('sha256')
    .update(`${pnpmVersion} ${process.platform} ${process.arch}`)
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  console.log('Installing dependencies (the first time, and when the lockfile changes) …')
  const { status } = spawnSync(
    'npx',
    ['-y', `pnpm@${pnpmVersion}`, 'install', '--frozen-lockfile', '--reporter=append-only'],
    {
      cwd: root,
      shell: process.platform === 'win32',
      // Show pnpm's progress only on request.
      stdio: process.env.BUDDY_VERBOSE ? 'inherit' : ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, npm_config_loglevel: 'error', CI: 'true' },
    },
  )
  if (status !== 0)
    fail('Installing dependencies failed. Set BUDDY_VERBOSE=1 to see the full output.')
  writeFileSync(stamp, hash)
}

install()
const node = pinnedNode()
const bin = join(root, 'node_modules', '.bin')
const child = spawn(node, [join(root, 'scripts', `${step}.mjs`), ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: [dirname(node), bin, process.env.PATH].join(delimiter) },
})

// Ctrl-C reaches the child directly, because both share the terminal. A signal to this process alone does
// not. The delayed forward covers both cases: after Ctrl-C, the child usually ends within the delay and does
// not receive a second signal, which would force it to end at once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => setTimeout(() => child.kill(signal), 700).unref())
}
// If npm is killed, this process is reparented. Then end the child too.
const parent = process.ppid
setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref()

child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
