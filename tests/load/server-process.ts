import type { BuddyServerOptions } from '@buddy-chat/server'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Figures, Report } from './measured-server.ts'

/** A server in a process of its own. */
export interface ServerProcess {
  readonly url: string
  /** Resolves with the figures of the process; `collect` runs its garbage collector first. */
  measure(collect: boolean): Promise<Figures>
  /** Resolves once `isReached` returns true for the figures; rejects with them after `timeoutMs`. */
  until(isReached: (figures: Figures) => boolean, timeoutMs: number): Promise<void>
  stop(): Promise<void>
}

const pollMs = 50
const here = join(import.meta.dirname, '../..')

/** Server options that raise the default limits, for a load that comes from one address. */
export const liftedLimits: BuddyServerOptions = {
  maxUsers: 100_000,
  maxRooms: 50_000,
  maxConnectionsPerAddress: 1_000_000,
  maxSessionsPerAddress: 1_000_000,
  maxConnectsPerAddress: 1_000_000,
}

/**
 * Starts a server with `options`, on 127.0.0.1.
 * @param onFault called when the server logs an error, and when its process ends unexpectedly
 * @param checkout folder of the checkout in which the server was built
 */
export async function startServerProcess(
  options: BuddyServerOptions,
  onFault: (text: string) => void,
  checkout = here,
): Promise<ServerProcess> {
  const args = [checkout, JSON.stringify(options)]
  const child = fork(new URL('measured-server.ts', import.meta.url), args, {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
  })
  let isStopping = false
  const waiting: ((figures: Figures) => void)[] = []
  let onListening: (url: string) => void = () => undefined
  const listening = new Promise<string>((resolve, reject) => {
    onListening = resolve
    child.once('exit', () => reject(new Error('the server did not start')))
  })
  child.on('message', (report: Report) => {
    if (report.kind === 'listening') onListening(report.url)
    else if (report.kind === 'fault') onFault(`the server logged an error: ${report.text}`)
    else waiting.shift()?.(report.figures)
  })
  child.on('exit', (code, signal) => {
    if (!isStopping) onFault(`the server process ended: ${signal ?? code}`)
  })
  const url = await listening

  const measure = (collect: boolean): Promise<Figures> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      // If the process has ended, the promise stays pending, and `onFault` has been called.
      if (child.connected) child.send({ collect })
    })
  return {
    url,
    measure,
    until: async (isReached, timeoutMs) => {
      const endsAt = performance.now() + timeoutMs
      for (;;) {
        const figures = await measure(false)
        if (isReached(figures)) return
        if (performance.now() > endsAt) {
          throw new Error(`not reached in ${timeoutMs} ms: ${JSON.stringify(figures)}`)
        }
        await new Promise((resolve) => setTimeout(resolve, pollMs))
      }
    },
    stop: async () => {
      isStopping = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      // SIGKILL ends even a busy process at once.
      child.kill('SIGKILL')
      await ended
    },
  }
}
