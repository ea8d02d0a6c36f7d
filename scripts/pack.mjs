// npm run pack: builds, and writes the tarballs of all public packages to dist/npm/, as they would be
// published.
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { pnpmVersion } from './pnpm.mjs'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/** The folder of the tarballs. It contains no other file. */
export const packed = join(dist, 'npm')

/** Manifests of the packages that are published. */
function publicPackages() {
  return ['packages', 'packages/platforms']
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name, 'package.json')))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')))
    .filter(({ private: isPrivate }) => !isPrivate)
}

/**
 * Packs all public packages of the workspace, which must be built. pnpm replaces the `workspace:` ranges by
 * versions.
 * @throws Error if pnpm fails
 */
export function pack() {
  mkdirSync(dist, { recursive: true })
  // Packs into another folder first: readers of dist/npm/ never see an unfinished tarball.
  const unfinished = mkdtempSync(join(dist, 'npm-'))
  const { status } = spawnSync(
    'npx',
    [
      '-y',
      `pnpm@${pnpmVersion}`,
      '--recursive',
      ...publicPackages().map(({ name }) => `--filter=${name}`),
      'pack',
      '--json',
      `--pack-destination=${unfinished}`,
    ],
    { cwd: root, shell: process.platform === 'win32', stdio: ['ignore', 'ignore', 'inherit'] },
  )
  if (status !== 0) {
    rmSync(unfinished, { recursive: true })
    throw new Error(`pnpm pack failed with status ${status}`)
  }
  rmSync(packed, { recursive: true, force: true })
  renameSync(unfinished, packed)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  build()
  pack()
  for (const name of readdirSync(packed).sort()) console.log(`dist/npm/${name}`)
}
