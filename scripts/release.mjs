// npm run release: makes everything that belongs to the version in the package.json files, and publishes the
// packages that the registry does not have yet. npm run release:dry does the same without publishing.
// `-- --prepare` does not publish either, but fails where a release would; publish-all.mjs then publishes.
// `-- --all-platforms` includes the binaries of all platforms; a release needs it. See docs/releasing.md.
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildCdn } from './build-cdn.mjs'
import { build } from './build.mjs'
import { pack } from './pack.mjs'
import { packedPackages } from './release/packed-packages.mjs'
import { publishAll } from './release/publish-all.mjs'
import { releaseNotes } from './release/release-notes.mjs'

const root = join(import.meta.dirname, '..')
const isDry = process.argv.includes('--dry')
const isPreparing = process.argv.includes('--prepare')
const ofAllPlatforms = process.argv.includes('--all-platforms')

/** Reports what forbids a release. In a dry run, it is only printed. */
function refuse(message) {
  if (!isDry) throw new Error(message)
  console.log(`A release would refuse: ${message}`)
}

function run(name, args, env = {}) {
  const { status } = spawnSync(name, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} failed`)
}

function checkTree() {
  const changes = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' })
  if (changes !== '') refuse('files are changed that are not committed')
  const changesets = globSync('.changeset/*.md', { cwd: root })
  if (changesets.length > 0) {
    refuse(`${changesets.length} changesets have no version yet: run npm run release:version`)
  }
  if (!ofAllPlatforms) refuse('the binaries of other platforms are missing: add --all-platforms')
}

function writeNotes(version) {
  try {
    writeFileSync(join(root, 'dist/release-notes.md'), releaseNotes(version))
  } catch (error) {
    refuse(error.message)
  }
}

function release() {
  checkTree()
  const { version } = JSON.parse(
    readFileSync(join(root, 'packages/buddy-server/package.json'), 'utf8'),
  )
  build()
  pack({ ofAllPlatforms })
  run('vitest', ['run', '--project=install', 'tests/install/contents.test.ts'], {
    BUDDY_IS_PACKED: 'true',
  })
  buildCdn()
  run(process.execPath, [join(root, 'scripts/build-binary.mjs')])
  writeNotes(version)
  writeFileSync(
    join(root, 'dist/npm-SHA256SUMS'),
    packedPackages()
      .map(({ sha256, fileName }) => `${sha256}  ${fileName}\n`)
      .join(''),
  )
  console.log(`\nBuddy ${version}`)
  publishAll({ isDry: isDry || isPreparing })
  const files = [
    'dist/buddy-server',
    'dist/SHA256SUMS',
    'dist/npm-SHA256SUMS',
    `dist/cdn/${version}`,
  ]
  console.log(`\nFor the release page: ${files.join(', ')}, dist/release-notes.md\n`)
  console.log(readFileSync(join(root, 'dist/cdn', version, 'tags.html'), 'utf8'))
}

try {
  release()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
