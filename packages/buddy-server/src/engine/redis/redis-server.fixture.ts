// Starts a real redis-server for a test file.
import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

const isInstalled =
  spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).error === undefined

/** A message that tells the user to install Redis; undefined if it is installed. */
export const missingRedisMessage = isInstalled
  ? undefined
  : 'Skipped: tests of several servers. Install Redis (on Debian or Ubuntu: sudo apt-get install redis-server).'

/** The Valkey server of this machine, or the one that `npm test` has found. */
const valkey = process.env['BUDDY_VALKEY'] ?? 'valkey-server'

/** A message that tells the user to install Valkey; undefined if it is installed. */
export const missingValkeyMessage =
  spawnSync(valkey, ['--version'], { stdio: 'ignore' }).error === undefined
    ? undefined
    : 'Skipped: tests with Valkey. Install valkey-server, or set BUDDY_VALKEY to its path.'

/** A running Redis server, which keeps nothing on disk. */
export class RedisServer {
  readonly url: string
  readonly port: number
  readonly #start: (folder?: string) => Promise<RunningProcess>
  #running: RunningProcess

  private constructor(
    port: number,
    start: (folder?: string) => Promise<RunningProcess>,
    running: RunningProcess,
  ) {
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
    this.#start = start
    this.#running = running
  }

  /** Starts a server on a free port. Resolves when it accepts connections. */
  static async start(...flags: readonly string[]): Promise<RedisServer> {
    return RedisServer.startAt(await freePort(), ...flags)
  }

  /** Starts a server on this port. Resolves when it accepts connections. */
  static async startAt(port: number, ...flags: readonly string[]): Promise<RedisServer> {
    return RedisServer.#launch(port, (folder) => [
      ...at(port),
      '--save',
      '',
      '--dir',
      folder,
      ...flags,
    ])
  }

  /** Starts a server on this port. Resolves when it begins to load the file in its folder. */
  static async startLoadingAt(port: number, ...flags: readonly string[]): Promise<RedisServer> {
    const flagsFor = (): readonly string[] => [...at(port), '--save', '', ...flags]
    return RedisServer.#launch(port, flagsFor, 'redis-server', /Server initialized/)
  }

  /** Starts a Valkey server on a free port. Resolves when it accepts connections. */
  static async startValkey(): Promise<RedisServer> {
    const port = await freePort()
    return RedisServer.#launch(
      port,
      (folder) => [...at(port), '--save', '', '--dir', folder],
      valkey,
    )
  }

  /** Starts a Sentinel with this configuration file, which it changes. */
  static async startSentinel(file: string): Promise<RedisServer> {
    const port = await freePort()
    return RedisServer.#launch(port, () => [file, '--sentinel', ...at(port)])
  }

  static async #launch(
    port: number,
    flagsFor: (folder: string) => readonly string[],
    program = 'redis-server',
    readyLine = /Ready to accept connections|Sentinel ID is/,
  ): Promise<RedisServer> {
    const start = (folder?: string): Promise<RunningProcess> =>
      launch(program, flagsFor, readyLine, folder)
    return new RedisServer(port, start, await start())
  }

  /** Starts a server that was stopped again, at the same port and without its data. */
  async restart(): Promise<void> {
    this.#running = await this.#start()
  }

  /** Runs a command in the server, and returns its answer. Throws if it fails. */
  run(...command: readonly string[]): string {
    return execFileSync('redis-cli', ['-p', String(this.port), ...command], {
      stdio: 'pipe',
      encoding: 'utf8',
    })
  }

  /** Sends a signal to the process. */
  signal(name: NodeJS.Signals): void {
    this.#running.child.kill(name)
  }

  /**
   * Kills the server, and starts it again after some time with what it has written to its folder.
   * @param downMs the time until the start, in milliseconds
   */
  async restartWithData(downMs: number): Promise<void> {
    await this.#kill()
    await wait(downMs)
    this.#running = await this.#start(this.#running.folder)
  }

  async stop(): Promise<void> {
    await this.#kill()
    rmSync(this.#running.folder, { recursive: true, force: true })
  }

  async #kill(): Promise<void> {
    const { child } = this.#running
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
}

interface RunningProcess {
  readonly child: ChildProcess
  readonly folder: string
}

/** Starts a process with a folder, a new one by default. Resolves when it is ready. */
async function launch(
  program: string,
  flagsFor: (folder: string) => readonly string[],
  readyLine: RegExp,
  folder = mkdtempSync(join(tmpdir(), 'buddy-redis-')),
): Promise<RunningProcess> {
  const child = spawn(program, flagsFor(folder), { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) {
    if (readyLine.test(line)) break
  }
  child.stdout.resume()
  return { child, folder }
}

const at = (port: number): readonly string[] => ['--port', String(port), '--bind', '127.0.0.1']

/** Returns a TCP port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return port
}
