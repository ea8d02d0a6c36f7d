// Finds a Valkey server for tests. If there is none, and this process is root on Debian, unpacks Debian's packages into
// node_modules/.cache, where they disturb no Redis or Valkey of the machine.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const cache = join(import.meta.dirname, '../node_modules/.cache/valkey')
const cached = join(cache, 'usr/bin/valkey-server')
const packages = ['valkey-tools', 'valkey-server']

const runs = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined

const apt = (command, args) =>
  spawnSync(command, args, { cwd: cache, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** Returns the addresses from which this machine installs the packages of its release. */
function mirrors(release) {
  const folder = '/etc/apt/sources.list.d'
  const files = ['/etc/apt/sources.list', ...readdirSync(folder).map((name) => join(folder, name))]
  const text = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'))
  const stanzas = text.join('\n\n').split(/\n\s*\n/)
  return stanzas.flatMap((stanza) => {
    const suites = /^Suites:(.*)$/m.exec(stanza)?.[1].trim().split(/\s+/)
    if (suites?.includes(release)) return /^URIs:\s*(\S+)/m.exec(stanza)?.[1] ?? []
    return new RegExp(`^deb (?:\\[.*\\] )?(\\S+) ${release} `, 'm').exec(stanza)?.[1] ?? []
  })
}

/** Returns options for apt with which it also knows the backports of this release, in files of its own. */
function backports() {
  const [, release] = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
  const [mirror] = release ? mirrors(release) : []
  if (!mirror) return undefined
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg'
  const line = `deb [signed-by=${keys}] ${mirror} ${release}-backports main\n`
  writeFileSync(join(cache, 'sources.list'), line)
  mkdirSync(join(cache, 'lists/partial'), { recursive: true })
  const options = [
    `Dir::Etc::sourcelist=${cache}/sources.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${cache}/lists`,
    `Dir::Cache=${cache}`,
  ].flatMap((option) => ['-o', option])
  return apt('apt-get', [...options, '-qq', 'update']).status === 0 ? options : undefined
}

/** Returns the path of a Valkey server; undefined if there is none and none can be had. */
export function ensureValkey() {
  if (runs('valkey-server')) return 'valkey-server'
  if (runs(cached)) return cached
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined
  console.log('Unpacking valkey-server from the packages of Debian …')
  mkdirSync(cache, { recursive: true })
  for (const find of [() => [], backports]) {
    const options = find()
    if (!options || apt('apt-get', [...options, '-qq', 'download', ...packages]).status !== 0)
      continue
    for (const name of readdirSync(cache).filter((each) => each.endsWith('.deb'))) {
      apt('dpkg', ['-x', name, cache])
    }
    return runs(cached) ? cached : undefined
  }
  return undefined
}
