// npm run build:binary: writes the server as one executable file for this platform, dist/buddy-server, and its
// SHA-256 sum, dist/SHA256SUMS. Requires the pinned Node, of which the executable contains a copy.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleServer, bundleStart } from './binary/bundle.mjs'
import { makeExecutable } from './binary/executable.mjs'
import { notices } from './binary/notices.mjs'
import { build } from './build.mjs'
import { platforms, thisPlatform } from './platforms.mjs'
import { filesIn } from './public-files.mjs'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const server = join(root, 'packages/buddy-server')
const fileName = process.platform === 'win32' ? 'buddy-server.exe' : 'buddy-server'

/** The executable that {@link buildBinary} writes. */
export const binary = join(dist, fileName)

/** Contains the sum of the executable. */
const sums = join(dist, 'SHA256SUMS')
/** Contains the fingerprint of the parts of the executable. */
const stamp = join(dist, 'binary-fingerprint')
/** The script that the executable runs. */
const main = 'start.cjs'

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'))

/** @throws Error if this is not the Node version that the workspace pins, so that all executables have the same */
function assertPinnedNode() {
  const { optionalDependencies } = readJson('package.json')
  const pinned = thisPlatform && `v${optionalDependencies[thisPlatform.node]}`
  if (process.version !== pinned) {
    const platform = `${process.platform}-${process.arch}`
    throw new Error(
      pinned
        ? `The executable must contain Node ${pinned}. This is Node ${process.version}.`
        : `There is no pinned Node for ${platform}. The platforms are ${platforms.map(({ id }) => id).join(', ')}.`,
    )
  }
}

/** Writes everything that the executable contains besides Node into `folder`, by the names of the assets. */
async function writeAssets(folder) {
  const copy = (from, name) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    cpSync(join(server, from), join(folder, name))
  }
  const addon = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`
  copy(`node_modules/uWebSockets.js/dist/bin/${addon}`, 'uws.node')
  const hash = sha256(readFileSync(join(folder, 'uws.node')))
  if (hash !== readJson('packages/platforms/addon-hashes.json').files[addon]?.sha256) {
    throw new Error(`${addon} has another SHA-256 than in addon-hashes.json`)
  }
  writeFileSync(join(folder, 'uws.sha256'), hash)
  copy('package.json', 'package.json')
  for (const name of filesIn(join(server, 'dist/public'))) {
    copy(`dist/public/${name}`, `dist/public/${name}`)
  }
  const { text, inputs } = await bundleServer()
  writeFileSync(join(folder, 'bundle.cjs'), text)
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), notices(inputs))
  writeCodeCache(folder)
}

/**
 * Compiles the bundle, so that the server starts faster. With a fixed seed of V8's random numbers, the result is
 * always the same.
 */
function writeCodeCache(assets) {
  const script = join(root, 'scripts/binary/write-code-cache.cjs')
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--random-seed=1', script, assets, join(assets, 'code-cache'), '--version'],
    { encoding: 'utf8', env: {} },
  )
  if (status !== 0) throw new Error(`The bundled server does not run: ${stderr}`)
}

/** Changes when the executable would have other bytes. */
function fingerprint(folder, names) {
  const tool = join(root, 'scripts/binary/executable.mjs')
  const hashes = [...names.map((name) => join(folder, name)), tool].map(
    (file) => `${relative(folder, file)} ${sha256(readFileSync(file))}`,
  )
  return sha256([process.version, ...hashes].join('\n'))
}

/** Returns whether the executable exists, is unchanged, and was made from the same parts. */
function isCurrent(parts) {
  if (![binary, stamp, sums].every((file) => existsSync(file))) return false
  return readFileSync(stamp, 'utf8') === parts && readFileSync(sums, 'utf8') === sumLine()
}

/** The line of the executable in `SHA256SUMS`, as `sha256sum --check` reads it. */
const sumLine = () => `${sha256(readFileSync(binary))}  ${fileName}\n`

/**
 * Builds the workspace and the executable.
 * @throws Error if a step fails; then the previous executable is unchanged
 */
export async function buildBinary() {
  assertPinnedNode()
  build()
  // If this process is killed, the next build of the workspace deletes the folder.
  const folder = join(dist, 'builds', String(process.pid))
  try {
    await writeAssets(join(folder, 'assets'))
    writeFileSync(join(folder, main), await bundleStart())
    const parts = filesIn(folder)
    const current = fingerprint(folder, parts)
    if (isCurrent(current)) return
    const file = join(folder, fileName)
    const assets = parts
      .filter((name) => name !== main)
      .map((name) => [name.slice('assets/'.length), join(folder, name)])
    makeExecutable({
      folder,
      main,
      assets: Object.fromEntries(assets),
      node: process.execPath,
      platform: process.platform,
      file,
    })
    rmSync(stamp, { force: true })
    renameSync(file, binary)
    writeFileSync(sums, sumLine())
    writeFileSync(stamp, current)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await buildBinary()
    console.log(relative(root, binary))
    console.log(relative(root, sums))
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
