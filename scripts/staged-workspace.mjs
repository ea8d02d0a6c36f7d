// A copy of the workspace, in which a build works. Its results replace those of the previous build only if
// every stage has succeeded, so that a failed or interrupted build changes nothing.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** Where unfinished builds are. On the same disk as the packages, because results are renamed into them. */
const places = 'dist/builds'

/** Removes what builds have left that were killed. Builds of running processes stay. */
function removeLeftovers(root) {
  if (!existsSync(join(root, places))) return
  for (const pid of readdirSync(join(root, places))) {
    try {
      process.kill(Number(pid), 0)
    } catch {
      rmSync(join(root, places, pid), { recursive: true, force: true })
    }
  }
}

/** A directory link that needs no special rights on Windows. */
const link = (target, path) => symlinkSync(target, path, 'junction')

/**
 * Links the dependencies of a package. Another package of the workspace is linked to its copy, so that the
 * copies are built with each other.
 */
function linkDependencies(root, work, name) {
  const add = (directory) => {
    mkdirSync(join(work, directory), { recursive: true })
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.name === '.bin') continue
      if (entry.isDirectory()) add(path)
      else if (entry.isSymbolicLink()) {
        const target = realpathSync(join(root, path))
        const inside = relative(realpathSync(root), target)
        const isWorkspacePackage = inside.startsWith(`packages${sep}`)
        link(isWorkspacePackage ? join(work, inside) : target, join(work, path))
      }
    }
  }
  if (existsSync(join(root, name, 'node_modules'))) add(join(name, 'node_modules'))
}

/**
 * Copies `files` (paths relative to `root`) into a new folder, and links the dependencies of `packages`.
 * Returns the folder.
 */
export function stageWorkspace(root, packages, files) {
  removeLeftovers(root)
  const work = join(root, places, String(process.pid))
  rmSync(work, { recursive: true, force: true })
  for (const file of files) {
    mkdirSync(dirname(join(work, file)), { recursive: true })
    cpSync(join(root, file), join(work, file), { preserveTimestamps: true })
  }
  link(join(root, 'node_modules'), join(work, 'node_modules'))
  for (const name of packages) linkDependencies(root, work, name)
  return work
}

/**
 * Corrects the paths in what the TypeScript compiler remembers of its inputs: seen from the copy, the
 * dependencies are some folders further up. Otherwise the compiler would compile everything again.
 */
function relocateBuildInfo(file) {
  if (!existsSync(file)) return
  const levels = `${places}/pid`.split('/').length
  const path = new RegExp(String.raw`"(?:\.\./){${levels}}((?:\.\./)+node_modules/)`, 'g')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(path, '"$1'))
}

/**
 * Replaces each of `folders` by the one that was built in `work`. The last folder is taken away first and
 * comes back last. If the process is killed in between, that folder is missing, so no process can run a mixture
 * of two builds. If a folder cannot be replaced, all previous ones are restored.
 * @throws Error of the file system
 */
export function swapIn(root, work, folders) {
  const undo = []
  const move = (from, to) => {
    mkdirSync(dirname(to), { recursive: true })
    renameSync(from, to)
    undo.unshift(() => renameSync(to, from))
  }
  const previous = (folder) => join(work, 'previous', folder)
  const takeAway = (folder) => {
    if (existsSync(join(root, folder))) move(join(root, folder), previous(folder))
  }
  for (const folder of folders) relocateBuildInfo(join(work, folder, '.tsbuildinfo'))
  const last = folders.at(-1)
  try {
    takeAway(last)
    for (const folder of folders.slice(0, -1)) {
      takeAway(folder)
      move(join(work, folder), join(root, folder))
    }
    move(join(work, last), join(root, last))
  } catch (error) {
    for (const step of undo) step()
    throw error
  }
}
