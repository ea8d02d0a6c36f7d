import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Usage, UsageRequest } from './servers/report.ts'

/** A measurement that could not be made; `message` names the server and the reason. */
export class BenchError extends Error {
  override readonly name = 'BenchError'
}

/** Longer than a busy machine takes to start a server, or to stop one. */
const patienceMs = 20_000

/** A server in a process of its own, which may end by itself at any time. */
export class MeasuredProcess {
  readonly name: string
  readonly #child: ChildProcess
  /** Rejects if the process ends before {@link stop}. */
  readonly #died: Promise<never>
  #isStopping = false
  #port = 0

  private constructor(name: string, file: string, args: readonly string[]) {
    this.name = name
    this.#child = fork(new URL(`servers/${file}`, import.meta.url), args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    })
    let complaint = ''
    this.#child.stderr?.on(
      'data',
      (chunk) => (complaint = (complaint + String(chunk)).slice(-2000)),
    )
    this.#died = new Promise((_resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        if (this.#isStopping) return
        reject(
          new BenchError(`${name}: its process ended (${signal ?? code}). ${complaint.trim()}`),
        )
      })
    })
    this.#died.catch(() => undefined)
  }

  /**
   * Starts `servers/<file>`; resolves once it listens.
   * @throws BenchError if the process ends instead
   */
  static async start(
    name: string,
    file: string,
    args: readonly string[],
  ): Promise<MeasuredProcess> {
    const started = new MeasuredProcess(name, file, args)
    const [{ port }] = await started.within('start', once(started.#child, 'message'))
    started.#port = port as number
    return started
  }

  get port(): number {
    return this.#port
  }

  /** What the process has used so far. */
  async usage(request: UsageRequest = { collect: false }): Promise<Usage> {
    const answered = once(this.#child, 'message')
    if (this.#child.connected) this.#child.send(request)
    const [usage] = await this.within('report its usage', answered)
    return usage as Usage
  }

  /**
   * `promise`, as long as the server lives.
   * @param what the server does meanwhile, for the error
   * @throws BenchError if the process ends first, or the time is over
   */
  async within<T>(what: string, promise: Promise<T>, limitMs = patienceMs): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new BenchError(`${this.name}: did not ${what} within ${limitMs / 1000} s`))
      }, limitMs)
    })
    try {
      return await Promise.race([promise, this.#died, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends the process, if it has not ended. */
  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
