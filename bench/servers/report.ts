// The half of a measured process that runs beside the server: it reports the port, and on request
// what the process has used.
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** What a process has used so far. */
export interface Usage {
  readonly cpuMicroseconds: number
  readonly residentBytes: number
  /** The longest turn of the event loop since the previous question, in milliseconds. */
  readonly longestTurnMs: number
}

/** What the process asks of its server. */
export interface UsageRequest {
  /** Collect garbage first, so that only what is held counts. */
  readonly collect: boolean
}

/** Sends `port` to the parent process, then answers each {@link UsageRequest}. */
export function report(port: number): void {
  const turns = monitorEventLoopDelay({ resolution: 1 })
  turns.enable()
  process.on('message', ({ collect }: UsageRequest) => {
    const longestTurnMs = turns.max / 1e6
    const { user, system } = process.cpuUsage()
    if (collect) globalThis.gc?.()
    const residentBytes = process.memoryUsage.rss()
    const usage: Usage = { cpuMicroseconds: user + system, residentBytes, longestTurnMs }
    process.send?.(usage)
    turns.reset()
  })
  // The bench has ended, however it has ended.
  process.on('disconnect', () => process.exit())
  process.send?.({ port })
}
