// Runs inside the measured process. Reports the server's port and, on request, the resources that the process
// has used.
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Resources that a process has used since its start. */
export interface Usage {
  readonly cpuMicroseconds: number
  readonly residentBytes: number
  /** The longest turn of the event loop since the previous request, in milliseconds. */
  readonly longestTurnMs: number
  /** The CPU time of the Redis that several servers share. */
  readonly redisCpuMicroseconds?: number
}

/** A request of the benchmark. */
export interface UsageRequest {
  /** Whether to collect garbage first, so that only reachable memory is counted. */
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
  // Exits when the benchmark process has ended.
  process.on('disconnect', () => process.exit())
  process.send?.({ port })
}
