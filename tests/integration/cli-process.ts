// `buddy-server` as a process of its own, as an operator runs it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const cli = join(import.meta.dirname, '../../packages/buddy-server/dist/cli.js')

/** A server that runs. */
export interface ServerProcess {
  readonly url: string
  readonly signal: (name: NodeJS.Signals) => void
  /** Everything written so far, on both streams. */
  readonly output: () => string
  /** Resolves once `text` has been written. */
  readonly writes: (text: string) => Promise<void>
  /** Its exit code; by then everything it wrote has arrived. */
  readonly exited: Promise<number | null>
}

/** Starts one for trying (`--dev`) on a free port; `env` are settings, `nodeArguments` come before the script. */
export async function startProcess(
  env: Readonly<Record<string, string>> = {},
  nodeArguments: readonly string[] = [],
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...nodeArguments, cli, '--dev'], {
    // Nothing of this machine's: some of its variables may be settings.
    env: { PATH: process.env['PATH'], ICE_SERVERS: '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      for (const look of waiting) look()
    })
  }
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const ended = exited.then(() => Promise.reject(new Error(`it ended instead: ${output}`)))
  ended.catch(() => undefined)
  const told = once(child, 'message').then(([message]) => (message as { url: string }).url)
  return {
    url: await Promise.race([told, ended]),
    signal: (name) => void child.kill(name),
    output: () => output,
    writes: (text) => {
      const written = new Promise<void>((resolve) => {
        const look = (): void => {
          if (!output.includes(text)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
      return Promise.race([written, ended])
    },
    exited,
  }
}
