// The base images of the Dockerfile, without a registry of images: Debian from its packages, and Node as the
// workspace pins it. They are kept between runs.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

const suite = 'bookworm'

/**
 * Writes the files of a base image into `folder`.
 * @param cache a folder that is kept between runs
 * @param node the executable of the pinned Node, and its version
 * @throws Error if there is no stand-in for the image
 */
export function writeBaseImage(image, folder, { cache, node }) {
  const isDebian = /^debian:12(\.\d+)?-slim$/.test(image)
  if (!isDebian && image !== `node:${node.version}-${suite}-slim`) {
    throw new Error(
      `There is no stand-in for ${image}. Known are debian:12.x-slim and node:${node.version}-${suite}-slim.`,
    )
  }
  copyFolder(debianIn(cache), folder)
  if (!isDebian) addNode(folder, node.executable)
}

/** Returns a folder with the minimal Debian, which is made from Debian's packages the first time. */
function debianIn(cache) {
  const folder = join(cache, suite)
  if (existsSync(folder)) return folder
  console.log(`Making Debian ${suite} from its packages, once …`)
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(cache, { recursive: true })
  try {
    execFileSync(
      'debootstrap',
      ['--variant=minbase', suite, unfinished, 'http://deb.debian.org/debian'],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    rmSync(join(unfinished, 'var/cache/apt/archives'), { recursive: true })
    rmSync(join(unfinished, 'var/lib/apt/lists'), { recursive: true })
    renameSync(unfinished, folder)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  return folder
}

/** Adds Node and npm where the image `node` has them. npm is the one of this machine. */
function addNode(folder, executable) {
  const local = join(folder, 'usr/local')
  cpSync(executable, join(local, 'bin/node'))
  const command = String(execFileSync('sh', ['-c', 'command -v npm'])).trim()
  const npm = dirname(dirname(realpathSync(command)))
  copyFolder(npm, join(local, 'lib/node_modules/npm'))
  for (const name of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name))
  }
}

/** Copies a folder with owners, modes and links. */
export function copyFolder(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  execFileSync('cp', ['--archive', '--reflink=auto', '--no-target-directory', from, to])
}
