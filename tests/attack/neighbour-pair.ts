import { fork } from 'node:child_process'
import { once } from 'node:events'
import { neighbourAddress } from './loopback.ts'
import type { NeighbourReport, NeighbourRequest } from './neighbours-process.ts'

/** Longer than a server may stall without being as good as dead. */
const patienceMs = 30_000

/** Delays of messages between neighbours, in milliseconds. */
export interface Delays {
  readonly count: number
  readonly p99Ms: number
  readonly worstMs: number
}

/** Two users at another address than the attacker's, who exchange signals and texts all the time. */
export interface NeighbourPair {
  /** Resolves once the two are in a room of the server at `url`. Called once, first. */
  meet(url: string): Promise<void>
  /** Delays of the messages since the last call. */
  takeDelays(): Promise<Delays>
  /** Ends the talk. A message that was lost, or came twice or in another order, is a fault. */
  part(): Promise<void>
  /** Ends the process. */
  stop(): Promise<void>
}

function summarize(delaysMs: readonly number[]): Delays {
  const sorted = [...delaysMs].sort((one, other) => one - other)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { count: sorted.length, p99Ms: at(0.99), worstMs: at(1) }
}

/**
 * Starts the process of a pair, which may go on while a server starts.
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
  const ask = (request: NeighbourRequest): Promise<NeighbourReport> =>
    new Promise((resolve, reject) => {
      const fail = (reason: string): void =>
        finish(() => reject(new Error(`the neighbours did not ${request.kind}: ${reason}`)))
      const timer = setTimeout(() => fail(`no answer in ${patienceMs} ms`), patienceMs)
      const handleExit = (): void => fail('their process ended')
      const finish = (act: () => void): void => {
        clearTimeout(timer)
        child.off('exit', handleExit)
        act()
      }
      child.once('exit', handleExit)
      onReport = (report) => finish(() => resolve(report))
      child.send(request)
    })
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  return {
    meet: async (url) => void (await ask({ kind: 'meet', url, localAddress: neighbourAddress })),
    takeDelays: async () => {
      const report = await ask({ kind: 'delays' })
      return summarize(report.kind === 'delays' ? report.delaysMs : [])
    },
    part: async () => void (await ask({ kind: 'part' })),
    stop,
  }
}
