// npm run pack: builds, and writes the tarballs of the public packages to dist/npm/, as they would be published.
// The packages with binaries are those of this platform; with `-- --all-platforms`, those of all platforms.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
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
import { fillPlatformPackages } from './platform-packages.mjs'
import { pnpmVersion } from './pnpm.mjs'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/** The folder of the tarballs. It contains no other file. */
export const packed = join(dist, 'npm')

/** The public packages without binaries: their folders and names. */
function publicPackages() {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({
      folder,
      ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    }))
    .filter(({ private: isPrivate }) => !isPrivate)
}

/**
 * Packs the public packages of the workspace, which must be built. pnpm replaces the `workspace:` ranges by
 * versions.
 * @throws Error if pnpm fails, or if a binary is not the expected one
 */
export function pack({ ofAllPlatforms = false } = {}) {
  const libraries = publicPackages()
  // pnpm adds the licence of the workspace only to packages without any file that has `licence` in its name.
  for (const { folder } of libraries) cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  const names = [...libraries.map(({ name }) => name), ...fillPlatformPackages({ ofAllPlatforms })]
  mkdirSync(dist, { recursive: true })
  // Packs into another folder first: readers of dist/npm/ never see an unfinished tarball.
  const unfinished = mkdtempSync(join(dist, 'npm-'))
  const { status } = spawnSync(
    'npx',
    [
      '-y',
      `pnpm@${pnpmVersion}`,
      '--recursive',
      ...names.map((name) => `--filter=${name}`),
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
  pack({ ofAllPlatforms: process.argv.includes('--all-platforms') })
  for (const name of readdirSync(packed).sort()) console.log(`dist/npm/${name}`)
}
