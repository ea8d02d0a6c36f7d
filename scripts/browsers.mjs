// Finds the browsers and programs that tests need, and installs missing ones with apt if this process is root.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const candidates = {
  chromium: [
    process.env.BUDDY_CHROMIUM,
    'chromium',
    'chromium-browser',
    'google-chrome-stable',
    'google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ],
  firefox: [
    process.env.BUDDY_FIREFOX,
    'firefox-esr',
    'firefox',
    '/Applications/Firefox.app/Contents/MacOS/firefox',
    'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
  ],
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function find(names) {
  const directories = (process.env.PATH ?? '').split(delimiter)
  for (const name of names.filter(Boolean)) {
    const paths = /[\\/]/.test(name)
      ? [name]
      : directories.map((directory) => join(directory, name))
    const found = paths.find(isExecutable)
    if (found) return found
  }
  return undefined
}

/** Returns the paths of the installed browsers; undefined for a missing one. */
export function findBrowsers() {
  return { chromium: find(candidates.chromium), firefox: find(candidates.firefox) }
}

const canInstall =
  process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')

function install(packages) {
  console.log(`Installing ${packages.join(', ')} with apt …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env }
  spawnSync('apt-get', ['update', '-qq'], quiet)
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet)
}

/**
 * Installs the packages whose command is missing, if possible. Tests whose command is still missing are
 * skipped with a message.
 * @param commands a command for each package name
 */
function ensureCommands(commands) {
  const packages = Object.entries(commands)
    .filter(([, command]) => !find([command, `/usr/sbin/${command}`]))
    .map(([name]) => name)
  if (canInstall && packages.length > 0) install(packages)
}

/** Installs the programs for tests on virtual networks. */
export function ensureNetworkTools() {
  ensureCommands({ iproute2: 'ip', nftables: 'nft', coturn: 'turnserver' })
}

/** Installs the TURN server for tests of the commands about it. */
export function ensureTurnServer() {
  ensureCommands({ coturn: 'turnserver' })
}

/** Installs Redis for tests of several servers. */
export function ensureRedis() {
  ensureCommands({ 'redis-server': 'redis-server' })
}

/** Installs the proxy for tests behind a path prefix. */
export function ensureProxy() {
  ensureCommands({ nginx: 'nginx' })
}

/** Installs what runs beside the servers in deploy/compose.yaml. */
export function ensureServices() {
  ensureCommands({ caddy: 'caddy', prometheus: 'prometheus' })
}

/** Installs the libraries of examples/python-server for the operating system's Python. */
export function ensurePythonLibraries() {
  const imports = ['-c', 'import websockets.legacy.server, msgpack']
  const { status } = spawnSync('/usr/bin/python3', imports, { stdio: 'ignore' })
  if (status !== 0 && canInstall) install(['python3-websockets', 'python3-msgpack'])
}

/** Installs missing browsers with apt if this process is root, then returns {@link findBrowsers}. */
export function ensureBrowsers() {
  const found = findBrowsers()
  if (found.chromium && found.firefox) return found
  if (!canInstall) return found
  install([!found.chromium && 'chromium', !found.firefox && 'firefox-esr'].filter(Boolean))
  return findBrowsers()
}

/** Returns a message that names the browsers to install; undefined if none is missing. */
export function missingBrowsersMessage({ chromium, firefox }) {
  const missing = [!chromium && 'Chromium (or Chrome)', !firefox && 'Firefox'].filter(Boolean)
  if (missing.length === 0) return undefined
  return `Install ${missing.join(' and ')} to run the browser tests (on Debian or Ubuntu: sudo apt-get install chromium firefox-esr), or set BUDDY_CHROMIUM and BUDDY_FIREFOX to their paths.`
}
