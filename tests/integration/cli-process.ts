// Runs the `buddy-server` command in a process of its own, as an operator does.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { WatchedProcess } from './watched-process.ts'
import { watchProcess } from './watched-process.ts'

const builtCli = join(import.meta.dirname, '../../packages/buddy-server/dist/cli.js')

/** A running `buddy-server` process. */
export interface CliProcess extends Pick<WatchedProcess, 'output' | 'writes' | 'exited'> {
  readonly url: string
  readonly signal: (name: NodeJS.Signals) => void
}

/**
 * Starts `buddy-server --dev` on a free port, and kills it when the test ends.
 * @param env settings
 * @param nodeArguments arguments for Node, before the script
 * @param cli the script of another build
 */
export async function startCliProcess(
  env: Readonly<Record<string, string>> = {},
  nodeArguments: readonly string[] = [],
  cli = builtCli,
): Promise<CliProcess> {
  const { child, url, output, writes, exited } = launchCli(env, nodeArguments, cli)
  return { url: await url(), signal: (name) => void child.kill(name), output, writes, exited }
}

/** Does what {@link startCliProcess} does, and does not wait until the server listens. */
export function launchCli(
  env: Readonly<Record<string, string>>,
  nodeArguments: readonly string[] = [],
  cli = builtCli,
): WatchedProcess {
  const child = spawn(process.execPath, [...nodeArguments, cli, '--dev'], {
    // Passes no other environment variable of this machine, because some may be settings of the server.
    env: { PATH: process.env['PATH'], ICE_SERVERS: '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return watchProcess(child)
}
