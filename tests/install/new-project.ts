// An empty project, in which a test installs packages as a new user does.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startRegistry } from './registry.ts'
import type { Registry } from './registry.ts'

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
  /** Runs a command in the folder, and resolves when it ends, whatever its exit code. */
  run(command: string, ...args: readonly string[]): Promise<CommandResult>
}

/**
 * Creates an empty folder with a registry that has the packed packages, an empty home and an empty cache.
 * All of them disappear when the test ends.
 * @param files contents of files to write first, by name
 */
export async function newProject(
  files: Readonly<Record<string, string>> = {},
): Promise<NewProject> {
  const place = await mkdtemp(join(tmpdir(), 'buddy-install-'))
  onTestFinished(() => rm(place, { recursive: true, force: true }))
  const registry = await startRegistry()
  onTestFinished(() => registry.close())
  const folder = join(place, 'project')
  const home = join(place, 'home')
  await Promise.all([folder, home].map((path) => mkdir(path)))
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
  const env = {
    // The node of this process first, because npm runs with the first one on PATH.
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    // On Windows, processes do not start without it.
    ...(process.env['SystemRoot'] && { SystemRoot: process.env['SystemRoot'] }),
    HOME: home,
    USERPROFILE: home,
    npm_config_cache: join(home, 'npm-cache'),
    npm_config_registry: registry.url,
    NO_COLOR: '1',
  }
  const run: NewProject['run'] = (command, ...args) => runCommand(command, args, folder, env)
  return { folder, registry, env, run }
}

function runCommand(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd,
    env,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let output = ''
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
    output += String(chunk)
  })
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, output }))
  })
}
