// An empty project, in which a test installs packages as a new user does.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { WatchedProcess } from '../integration/watched-process.ts'
import { watchProcess } from '../integration/watched-process.ts'
import type { Registry } from './registry.ts'
import { startRegistry } from './registry.ts'

/** The exit code of a command, and what it printed: stdout alone, and stdout and stderr together. */
interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly output: string
}

/** A folder of a new user's machine. */
export interface NewProject {
  readonly folder: string
  readonly registry: Registry
  /** Environment of the user's commands: PATH, an empty home, an empty cache, the test's registry. */
  readonly env: Readonly<Record<string, string>>
  /** Writes a file in the folder. */
  write(name: string, content: string): Promise<void>
  /**
   * Copies a folder into the folder, without what was installed and built in it.
   * @param from its path, relative to `tests/install`
   */
  copy(from: string, to: string): Promise<void>
  /** Runs a command in the folder, and resolves when it ends, whatever its exit code. */
  run(command: string, ...args: readonly string[]): Promise<CommandResult>
  /**
   * Starts a command in the folder that runs until the project is removed.
   * @param env variables that are added to those of the project
   */
  start(
    env: Readonly<Record<string, string>>,
    command: string,
    ...args: readonly string[]
  ): WatchedProcess
  /** Ends all running commands, stops the registry, and deletes the folder, the home and the cache. */
  remove(): Promise<void>
}

/**
 * Creates an empty folder with a registry that has the packed packages, an empty home and an empty cache, and
 * removes all of them when the test ends.
 * @param path folders that come first on the PATH of the user's commands. @default that of the running Node
 */
export async function newProject(...path: readonly string[]): Promise<NewProject> {
  const project = await newSharedProject(...path)
  onTestFinished(() => project.remove())
  return project
}

/** Like {@link newProject}, but for several tests: the caller must remove it. */
export async function newSharedProject(...path: readonly string[]): Promise<NewProject> {
  const place = await mkdtemp(join(tmpdir(), 'buddy-install-'))
  const registry = await startRegistry()
  const running = new Set<ChildProcess>()
  const folder = join(place, 'project')
  const home = join(place, 'home')
  await Promise.all([folder, home].map((path) => mkdir(path)))
  const env = {
    // npm runs with the first node on PATH.
    PATH: [...path, dirname(process.execPath), process.env['PATH']].join(delimiter),
    // On Windows, processes do not start without it.
    ...(process.env['SystemRoot'] && { SystemRoot: process.env['SystemRoot'] }),
    HOME: home,
    USERPROFILE: home,
    npm_config_cache: join(home, 'npm-cache'),
    npm_config_registry: registry.url,
    NO_COLOR: '1',
  }
  const spawnHere = (
    command: string,
    args: readonly string[],
    added: Readonly<Record<string, string>>,
  ): ChildProcess => {
    // The shell of Windows takes a slash in the name of a command for an option.
    const path = process.platform === 'win32' ? command.replaceAll('/', '\\') : command
    const child = spawn(path, args, {
      cwd: folder,
      env: { ...env, ...added },
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own process group, because a command may be a script that starts another process.
      detached: process.platform !== 'win32',
    })
    running.add(child)
    child.once('close', () => running.delete(child))
    return child
  }
  return {
    folder,
    registry,
    env,
    write: async (name, content) => {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content)
    },
    copy: (from, to) => {
      const source = join(import.meta.dirname, from)
      const left = new Set(['node_modules', 'dist'].map((name) => join(source, name)))
      const filter = (path: string): boolean => !left.has(path)
      return cp(source, join(folder, to), { recursive: true, filter })
    },
    run: (command, ...args) => finish(spawnHere(command, args, {})),
    start: (added, command, ...args) => watchProcess(spawnHere(command, args, added)),
    remove: async () => {
      await Promise.all([...running].map(end))
      await registry.close()
      await rm(place, { recursive: true, force: true })
    },
  }
}

/** Ends a process and the processes that it has started. Resolves when it has ended. */
async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close')
  if (process.platform === 'win32' || child.pid === undefined) child.kill('SIGKILL')
  else process.kill(-child.pid, 'SIGKILL')
  await closed
}

function finish(child: ChildProcess): Promise<CommandResult> {
  let stdout = ''
  let output = ''
  child.stdout?.on('data', (chunk) => {
    stdout += String(chunk)
    output += String(chunk)
  })
  child.stderr?.on('data', (chunk) => (output += String(chunk)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, output }))
  })
}
