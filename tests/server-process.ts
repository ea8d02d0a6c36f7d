// Runs the server in a process of its own, as operators do, so that a test can kill it.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'

const cli = join(import.meta.dirname, '../packages/buddy-server/dist/cli.js')

/** The secret key of all server processes, unless a test sets another one. */
export const secretKey = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'

/** How many characters of the error output are kept for the error of a process that does not start. */
const maxOutput = 10_000

/** A server that a test can kill and start again at the same URL. */
export interface ServerProcess {
  readonly url: string
  /**
   * Starts a new process. Resolves when the server listens. `changed` overrides settings for this
   * process only.
   */
  start(changed?: Readonly<Record<string, string>>): Promise<void>
  /**
   * Kills the process with SIGKILL, so that the server cannot close its connections. Resolves when
   * the process has ended.
   */
  kill(): Promise<void>
  /** Asks the process to stop with SIGTERM, as a service manager does. Resolves when it has ended. */
  stop(): Promise<void>
  /** Sends a signal to the process, for example SIGSTOP. */
  signal(name: NodeJS.Signals): void
}

/** Returns a TCP port on which nothing listens. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/**
 * Chooses a port for a server, and does not start the server yet. `settings` are environment
 * variables, added to the defaults below. `onOutput` receives what the process writes to its error output.
 */
export async function prepareServerProcess(
  settings: Readonly<Record<string, string>> = {},
  onOutput?: (text: string) => void,
): Promise<ServerProcess> {
  const port = await freePort()
  let child: ChildProcess | undefined
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child
    child = undefined
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const closed = once(running, 'exit')
    running.kill(signal)
    await closed
  }
  return {
    url: `http://localhost:${port}`,
    start: async (changed = {}) => {
      const env = {
        // Does not inherit the environment of the test run, because it could contain settings of
        // the server.
        PATH: process.env['PATH'],
        PORT: String(port),
        SECRET_KEY: secretKey,
        ALLOWED_ORIGINS: 'self',
        ICE_SERVERS: '',
        LOG_LEVEL: 'warn',
        REMATCH_DELAY_SECONDS: '0',
        ...settings,
        ...changed,
      }
      const started = spawn(process.execPath, [cli], {
        env,
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      })
      child = started
      let errorOutput = ''
      started.stderr!.on('data', (chunk) => {
        if (onOutput) onOutput(String(chunk))
        // The output of a process that runs for long could be long.
        errorOutput = (errorOutput + String(chunk)).slice(-maxOutput)
      })
      const ended = once(started, 'close').then(() => Promise.reject(new Error(errorOutput)))
      await Promise.race([once(started, 'message'), ended])
      ended.catch(() => undefined)
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    signal: (name) => void child?.kill(name),
  }
}
