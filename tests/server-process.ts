// The server as an operator runs it, so that it can die as servers do.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'

const cli = join(import.meta.dirname, '../packages/buddy-server/dist/cli.js')

/** A server that is killed and started again, always at the same address. */
export interface ServerProcess {
  readonly url: string
  /** Resolves once it listens; it knows nothing of what was before. `changed` is for this time. */
  start(changed?: Readonly<Record<string, string>>): Promise<void>
  /** SIGKILL: it says nothing to anybody. Resolves once it is gone. */
  kill(): Promise<void>
}

/** A port at which nothing listens. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** Chooses where a server is to be, and how it is set up beside what every one needs. */
export async function prepareServerProcess(
  settings: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const port = await freePort()
  let child: ChildProcess | undefined
  return {
    url: `http://localhost:${port}`,
    start: async (changed = {}) => {
      const env = {
        // Only what is given here: variables of whoever runs the tests are no settings.
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
      let complaint = ''
      started.stderr!.on('data', (chunk) => (complaint += String(chunk)))
      const ended = once(started, 'close').then(() => Promise.reject(new Error(complaint)))
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
