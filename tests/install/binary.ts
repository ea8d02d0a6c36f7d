// The one-file server, and a root folder in which there is nothing else.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { WatchedProcess } from '../integration/watched-process.ts'
import { watchProcess } from '../integration/watched-process.ts'

/** The folder of the workspace. */
export const root = join(import.meta.dirname, '../..')

/** The file name of the binary. */
export const binaryName = process.platform === 'win32' ? 'buddy-server.exe' : 'buddy-server'

/** The path of the binary. */
export const binary = join(root, 'dist', binaryName)

/** Builds the binary, unless it is up to date. */
export function buildBinary(): void {
  execFileSync(process.execPath, [join(root, 'scripts/build-binary.mjs')], { stdio: 'inherit' })
}

/** Environment variables by name. */
type Environment = Readonly<Record<string, string>>

/** Runs a command with only `env` in its environment, without PATH. It is killed when the test ends. */
export function run(
  command: string,
  args: readonly string[],
  env: Environment = {},
): WatchedProcess {
  // Windows needs these two for sockets and for the cache folder.
  const windows = Object.fromEntries(
    ['SystemRoot', 'LOCALAPPDATA'].flatMap((name) =>
      process.platform === 'win32' ? [[name, process.env[name]]] : [],
    ),
  )
  const child = spawn(command, args, {
    cwd: '/',
    env: { ...windows, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return watchProcess(child)
}

/** Resolves with the port on which a server listens, which it logs. */
export async function portOf(server: WatchedProcess): Promise<string> {
  return (await server.matches(/"port":(\d+)/))[1] ?? ''
}

/** Whether this machine can run {@link runIn}, which needs Linux, and root for chroot. */
export const canChroot = process.platform === 'linux' && process.getuid?.() === 0

/** Returns the paths of the shared libraries that a program needs, also indirectly. Only on Linux. */
export function librariesOf(file: string): readonly string[] {
  return execFileSync('ldd', [file], { encoding: 'utf8' }).match(/\/\S+/g) ?? []
}

/** Makes a folder with the binary and the shared libraries that ldd names. It is deleted when the test ends. */
export function makeBareRoot(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-binary-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  for (const library of librariesOf(binary)) {
    mkdirSync(join(folder, dirname(library)), { recursive: true })
    copyFileSync(library, join(folder, library))
  }
  copyFileSync(binary, join(folder, binaryName))
  return folder
}

/** Runs the binary as a trial server on a free port. `folder` is its root folder. */
export function runIn(
  folder: string,
  {
    env,
    user = '0:0',
    args = [],
  }: {
    readonly env?: Environment
    /** Numbers of user and group. @default root */
    readonly user?: string
    /** Further arguments of the server. */
    readonly args?: readonly string[]
  } = {},
): WatchedProcess {
  const server = [`/${binaryName}`, '--dev', '--port=0', ...args]
  return run('/usr/sbin/chroot', [`--userspec=${user}`, folder, ...server], env)
}

/** Returns the paths of all files and folders in `folder`. */
export function pathsIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort()
}
