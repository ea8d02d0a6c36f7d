import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Platforms for which Buddy has packages with the native addon and with Node, as `process` names them. */
const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64']

/** Why there is no addon for a process. */
export type AddonProblem =
  | 'unsupported-platform'
  | 'musl'
  | 'not-installed'
  | 'unsupported-node'
  | 'unloadable'
  | 'no-private-folder'

/** The file of the addon, or why there is none. */
export type AddonSearch =
  { readonly file: string } | { readonly problem: AddonProblem; readonly message: string }

/** What decides which addon a process can load. */
export interface Machine {
  /** @example linux-x64 */
  readonly platform: string
  /** The version of Node's binary interface: `process.versions.modules`. */
  readonly abi: string
  /** @example v22.23.2 */
  readonly nodeVersion: string
  /** Whether this is a Linux whose C library is not glibc. Called only if there is no addon. */
  readonly hasMusl: () => boolean
  /** Returns the folder of an installed package, or undefined. */
  readonly folderOf: (name: string) => string | undefined
}

const require = createRequire(import.meta.url)

function folderOf(name: string): string | undefined {
  const found = require.resolve
    .paths(name)
    ?.map((folder) => join(folder, name))
    .find((folder) => existsSync(join(folder, 'package.json')))
  if (found !== undefined) return found
  try {
    // With Yarn's Plug'n'Play there is no folder node_modules; only the resolver knows the package.
    return dirname(require.resolve(`${name}/package.json`))
  } catch {
    return undefined
  }
}

function hasMusl(): boolean {
  if (process.platform !== 'linux') return false
  // Otherwise the report looks up the host name of each open connection. Node's types lack this property.
  Object.assign(process.report, { excludeNetwork: true })
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime === undefined
}

/** Returns the machine on which this process runs. */
export function thisMachine(): Machine {
  return {
    platform: `${process.platform}-${process.arch}`,
    abi: process.versions.modules,
    nodeVersion: process.version,
    hasMusl,
    folderOf,
  }
}

/**
 * Finds the native addon of uWebSockets.js for a machine. An installed package `uWebSockets.js` takes
 * precedence, so that an operator can replace the addon. Otherwise it is the addon in Buddy's package for the
 * platform. Loads nothing.
 */
export function findAddon(machine: Machine): AddonSearch {
  const { platform, abi, nodeVersion } = machine
  const fileName = `uws_${platform.replace('-', '_')}_${abi}.node`
  const replaced = machine.folderOf('uWebSockets.js')
  if (replaced !== undefined) {
    // The packages of upstream have their binaries at the top, repackaged ones have them in dist/bin/.
    const file = [join(replaced, fileName), join(replaced, 'dist', 'bin', fileName)].find(
      existsSync,
    )
    if (file !== undefined) return { file }
    return {
      problem: 'unsupported-node',
      message: `The installed package uWebSockets.js (${replaced}) has no binary for Node ${nodeVersion} on ${platform}: use a Node version that it supports, or remove the package to use the one that comes with Buddy.`,
    }
  }
  const name = `@buddy-chat/uws-${platform}`
  const folder = machine.folderOf(name)
  const file = folder === undefined ? undefined : join(folder, fileName)
  if (file !== undefined && existsSync(file)) return { file }
  return explain(machine, name, folder !== undefined)
}

function explain(machine: Machine, packageName: string, isInstalled: boolean): AddonSearch {
  const { platform, nodeVersion } = machine
  if (!platforms.includes(platform)) {
    return {
      problem: 'unsupported-platform',
      message: `There is no binary of uWebSockets.js for ${platform}: run the server on one of ${platforms.join(', ')}.`,
    }
  }
  if (machine.hasMusl()) return { problem: 'musl', message: muslMessage }
  if (!isInstalled) {
    return {
      problem: 'not-installed',
      message: `The package ${packageName} is not installed: install @buddy-chat/server again on this machine, with optional dependencies (without --omit=optional or --no-optional).`,
    }
  }
  return {
    problem: 'unsupported-node',
    message: `There is no binary of uWebSockets.js for Node ${nodeVersion}: use Node 20 or 22, or start the server with the command buddy-server, which comes with Node 22.`,
  }
}

/** The message for a Linux whose C library is musl. */
export const muslMessage =
  'The server needs a Linux with glibc, and this one has musl, as Alpine has: use an image based on Debian or Ubuntu, such as node:22-slim.'
