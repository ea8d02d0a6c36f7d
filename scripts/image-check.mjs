// npm run test:image: carries out deploy/Dockerfile in folders, as a container engine would, and runs what it makes
// with the restrictions of a container. It needs no container engine, but root and the packages of Debian.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { buildStages } from './image/build-stages.mjs'
import { containerOf, readDockerfile } from './image/dockerfile.mjs'

const root = join(import.meta.dirname, '..')

/** Returns why the check cannot run on this machine, or undefined. */
function obstacle() {
  if (process.platform !== 'linux') return 'it needs Linux'
  if (process.getuid() !== 0) return 'it needs root, for chroot and mounts'
  const tools = ['debootstrap', 'unshare', 'chroot']
  const missing = tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
  if (missing.length > 0) return `install ${missing.join(', ')}`
  if (spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status !== 0) {
    return 'this machine does not permit namespaces'
  }
  return undefined
}

const megabytes = (path) =>
  Math.round(
    Number(String(execFileSync('du', ['-s', '--block-size=1', path])).split('\t')[0]) / 1e6,
  )

async function check() {
  build()
  const stages = readDockerfile(readFileSync(join(root, 'deploy/Dockerfile'), 'utf8'))
  const container = containerOf(stages.at(-1))
  const cache = join(tmpdir(), 'buddy-image-check')
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const work = mkdtempSync(join(cache, 'work-'))
  try {
    const node = { executable: process.execPath, version: process.versions.node }
    const image = await buildStages(stages, { context: root, work, cache, node })
    const own = ['usr/local/bin/buddy-server', 'opt/buddy'].map((path) =>
      megabytes(join(image, path)),
    )
    console.log(`The image has ${megabytes(image)} MB, ${own[0] + own[1]} MB of them ours.`)
    // Imported late, because they need the build.
    const { checkServer } = await import('./image/server-checks.mjs')
    await checkServer(image, container)
    console.log(
      'The server runs as a user without rights, in a root folder that is read-only, and drains.',
    )
    const { checkSecrets } = await import('./image/secrets-check.mjs')
    const skipped = await checkSecrets(image, work)
    console.log(
      skipped ? `Skipped: ${skipped}.` : 'coturn runs with the file that the image writes.',
    )
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const reason = obstacle()
if (reason) console.log(`Skipped: the check of the image; ${reason}.`)
else {
  try {
    await check()
  } catch (error) {
    console.error(error)
    process.exitCode = 1
  }
}
