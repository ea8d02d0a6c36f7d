import { fork } from 'node:child_process'
import { once } from 'node:events'
import { neighbourAddress } from './loopback.ts'
import type { NeighbourReport, NeighbourRequest } from './neighbours-process.ts'

/** A server that stalls for longer than this fails the attack. */
const answerTimeoutMs = 30_000

/** Delays of messages between the neighbours, in milliseconds. */
export interface Delays {
  readonly count: number
  readonly p99Ms: number
  readonly worstMs: number
}

/** Two users at another address than the attacker's, who exchange signals and texts continuously. */
export interface NeighbourPair {
  /** Resolves once the two are in a room of the server at `url`. Must be called first, and once. */
  start(url: string): Promise<void>
  /** Resolves with the delays of the messages since `takeDelays` was last called. */
  takeDelays(): Promise<Delays>
  /** Ends the exchange. Reports a fault if a message was lost, duplicated or reordered. */
  finish(): Promise<void>
  /** Ends the process of the pair. */
  stop(): Promise<void>
}

function summarize(delaysMs: readonly number[]): Delays {
  const sorted = [...delaysMs].sort((one, other) => one - other)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { count: sorted.length, p99Ms: at(0.99), worstMs: at(1) }
}

/**
 * Starts the process of a pair. It may still be starting when this function returns.
 * @param onFault called when the pair loses its room, a session, a connection or a message
 */
export function startNeighbourPair(onFault: (text: string) => void): NeighbourPair {
  const child = fork(new URL('neighbours-process.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  let onReport: (report: NeighbourReport) => void = () => undefined
  child.on('message', (report: NeighbourReport) => {
    if (report.kind === 'fault') onFault(report.text)
    else onReport(report)
  })
  const call = (request: NeighbourRequest): Promise<NeighbourReport> =>
    new Promise((resolve, reject) => {
      const fail = (reason: string): void =>
        settle(() => reject(new Error(`request "${request.kind}" to the neighbours: ${reason}`)))
      const timer = setTimeout(() => fail(`no answer in ${answerTimeoutMs} ms`), answerTimeoutMs)
      const handleExit = (): void => fail('their process ended')
      const settle = (act: () => void): void => {
        clearTimeout(timer)
        child.off('exit', handleExit)
        act()
      }
      child.once('exit', handleExit)
      onReport = (report) => settle(() => resolve(report))
      child.send(request)
    })
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  return {
    start: async (url) => void (await call({ kind: 'start', url, localAddress: neighbourAddress })),
    takeDelays: async () => {
      const report = await call({ kind: 'delays' })
      return summarize(report.kind === 'delays' ? report.delaysMs : [])
    },
    finish: async () => void (await call({ kind: 'finish' })),
    stop,
  }
}
