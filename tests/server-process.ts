// The server in a process of its own, as operators run it, so that a test can kill it.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'

const cli = join(import.meta.dirname, '../packages/buddy-server/dist/cli.js')

/** A server that a test kills and starts again at the same URL. */
export interface ServerProcess {
  readonly url: string
  /** Starts a new process and resolves when it listens. `changed` overrides settings for this process. */
  start(changed?: Readonly<Record<string, string>>): Promise<void>
  /** Sends SIGKILL, so the server closes no connection itself. Resolves when the process has ended. */
  kill(): Promise<void>
}

/** Returns a TCP port that no process uses. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** Reserves a port for a server. `settings` are environment variables, added to the defaults below. */
export async function prepareServerProcess(
  settings: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const port = await freePort()
  let child: ChildProcess | undefined
  return {
    url: `http://localhost:${port}`,
    start: async (changed = {}) => {
      const env = {
        // The environment of the test run is not inherited, because it could contain settings.
        PATH: process.env['PATH'],
        PORT: String(port),
        SECRET_KEY: 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga',
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
      started.stderr!.on('data', (chunk) => (errorOutput += String(chunk)))
      const ended = once(started, 'close').then(() => Promise.reject(new Error(errorOutput)))
      await Promise.race([once(started, 'message'), ended])
      ended.catch(() => undefined)
    },
    kill: async () => {
      const running = child
      child = undefined
      if (!running || running.exitCode !== null || running.signalCode !== null) return
      const closed = once(running, 'exit')
      running.kill('SIGKILL')
      await closed
    },
  }
}
