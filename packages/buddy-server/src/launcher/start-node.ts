import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'

/** Signals that operators and terminals send. SIGKILL cannot be passed on, and SIGUSR1 is Node's own. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGBREAK'] as const

/** What a launcher sends to the process that it started. */
export interface LauncherMessage {
  readonly signal: NodeJS.Signals
}

/** A Node process to start. */
interface NodeStart {
  /** The executable. */
  readonly node: string
  /** Node's own arguments, the script and its arguments. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Where signals arrive on this platform. */
const signalsHere = passedOn.filter(
  (signal) => process.platform === 'win32' || signal !== 'SIGBREAK',
)

/**
 * Replaces this process by another Node, if this Node and this platform can (POSIX, Node 22.15 and later). Then
 * the function does not return, and the new process has the same id. Otherwise starts a child. If neither is
 * possible, prints why and exits with 1.
 */
export function startNode(start: NodeStart): void {
  try {
    // `execve` would abort this process if it failed.
    accessSync(start.node, constants.X_OK)
    replaceProcess(start)
    startChild(start)
  } catch (error) {
    fail(start, error as Error)
  }
}

function fail({ node }: NodeStart, { message }: Error): never {
  console.error(`${node} cannot be started: ${message}`)
  process.exit(1)
}

/** Does nothing if this process cannot be replaced. */
function replaceProcess({ node, args, env }: NodeStart): void {
  // A replaced process cannot keep the IPC channel of its parent.
  if (process.execve === undefined || process.connected) return
  try {
    process.execve(node, [node, ...args], env as NodeJS.ProcessEnv)
  } catch {
    // Windows has no such call, and Node's permission model can forbid it.
  }
}

/**
 * Starts a child that stands for this process: with the same standard streams, signals, messages to the parent
 * and exit code. The child receives each signal as a LauncherMessage, and loses its IPC channel if this
 * process is killed.
 */
function startChild(start: NodeStart): void {
  const { node, args, env } = start
  const child = spawn(node, args, {
    env: env as NodeJS.ProcessEnv,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  child.on('error', (error) => fail(start, error))
  child.on('message', (message) => process.send?.(message))
  for (const signal of signalsHere) {
    const message: LauncherMessage = { signal }
    process.on(signal, () => child.connected && child.send(message))
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    // Ends this process by the same signal, so that its parent sees it.
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
