import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Usage, UsageRequest } from './servers/report.ts'

/** Thrown if a measurement fails. `message` contains the server and the reason. */
export class BenchError extends Error {
  override readonly name = 'BenchError'
}

/** The default time limit for each action of a server. Long enough for a busy machine. */
const defaultLimitMs = 20_000

/** A server in a child process, which may end unexpectedly at any time. */
export class MeasuredProcess {
  readonly name: string
  readonly #child: ChildProcess
  readonly #isProfiled: boolean
  /** Rejects if the process ends before {@link stop}. */
  readonly #ended: Promise<never>
  #isStopping = false
  #port = 0

  private constructor(
    name: string,
    file: string,
    args: readonly string[],
    profileDir: string | undefined,
  ) {
    this.name = name
    this.#isProfiled = profileDir !== undefined
    const profiling = profileDir === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileDir]
    this.#child = fork(new URL(`servers/${file}`, import.meta.url), args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning', ...profiling],
    })
    let errorOutput = ''
    this.#child.stderr?.on(
      'data',
      (chunk) => (errorOutput = (errorOutput + String(chunk)).slice(-2000)),
    )
    this.#ended = new Promise((_resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        if (this.#isStopping) return
        reject(
          new BenchError(`${name}: its process ended (${signal ?? code}). ${errorOutput.trim()}`),
        )
      })
    })
    this.#ended.catch(() => undefined)
  }

  /**
   * Starts `servers/<file>`. Resolves when it listens.
   * @param profileDir where the process writes its CPU profile when it stops; by default it writes none
   * @throws BenchError if the process ends instead
   */
  static async start(
    name: string,
    file: string,
    args: readonly string[],
    profileDir?: string,
  ): Promise<MeasuredProcess> {
    const started = new MeasuredProcess(name, file, args, profileDir)
    const [{ port }] = await started.within('start', once(started.#child, 'message'))
    started.#port = port as number
    return started
  }

  /** The port on which the server listens. */
  get port(): number {
    return this.#port
  }

  get ports(): readonly number[] {
    return [this.#port]
  }

  /** Resolves with the resources that the process has used so far. */
  async usage(request: UsageRequest = { collect: false }): Promise<Usage> {
    const answered = once(this.#child, 'message')
    if (this.#child.connected) this.#child.send(request)
    const [usage] = await this.within('report its usage', answered)
    return usage as Usage
  }

  /**
   * Settles like `promise`, unless the process ends or the limit passes first.
   * @param what the expected action of the server, for the error message
   * @throws BenchError if the process ends first, or after `limitMs`
   */
  async within<T>(what: string, promise: Promise<T>, limitMs = defaultLimitMs): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const timedOut = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new BenchError(`${this.name}: did not ${what} within ${limitMs / 1000} s`))
      }, limitMs)
    })
    try {
      return await Promise.race([promise, this.#ended, timedOut])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Kills the process if it is running. */
  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    // Disconnected, the process exits by itself, and writes its profile.
    if (this.#isProfiled) this.#child.disconnect()
    else this.#child.kill('SIGKILL')
    await ended
  }
}
