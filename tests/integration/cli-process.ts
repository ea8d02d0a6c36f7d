// Runs the `buddy-server` command in a process of its own, as an operator does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const cli = join(import.meta.dirname, '../../packages/buddy-server/dist/cli.js')

/** A running `buddy-server` process. */
export interface CliProcess {
  readonly url: string
  readonly signal: (name: NodeJS.Signals) => void
  /** Returns everything that the process has written so far to standard output and standard error. */
  readonly output: () => string
  /** Resolves once the process has written `text`; rejects if it ends first. */
  readonly writes: (text: string) => Promise<void>
  /** Resolves with the exit code once the process has ended and its output has arrived. */
  readonly exited: Promise<number | null>
}

/**
 * Starts `buddy-server --dev` on a free port, and kills it when the test ends.
 * @param env settings
 * @param nodeArguments arguments for Node, before the script
 */
export async function startCliProcess(
  env: Readonly<Record<string, string>> = {},
  nodeArguments: readonly string[] = [],
): Promise<CliProcess> {
  const child = spawn(process.execPath, [...nodeArguments, cli, '--dev'], {
    // Passes no other variable of this machine, because some may be settings of the server.
    env: { PATH: process.env['PATH'], ICE_SERVERS: '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      for (const check of waiting) check()
    })
  }
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const ended = exited.then(() => Promise.reject(new Error(`the server ended: ${output}`)))
  ended.catch(() => undefined)
  const listening = once(child, 'message').then(([message]) => (message as { url: string }).url)
  return {
    url: await Promise.race([listening, ended]),
    signal: (name) => void child.kill(name),
    output: () => output,
    writes: (text) => {
      const written = new Promise<void>((resolve) => {
        const check = (): void => {
          if (!output.includes(text)) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      })
      return Promise.race([written, ended])
    },
    exited,
  }
}
