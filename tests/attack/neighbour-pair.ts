import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { NeighbourReport, NeighbourRequest } from './neighbours-process.ts'

/** Another address than the attacker's, which is 127.0.0.1. */
const neighbourAddress = '127.0.0.2'
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
  /** Delays of the messages since the last call. */
  takeDelays(): Promise<Delays>
  /** Ends the pair. A message that was lost, or came twice or in another order, is a fault. */
  part(): Promise<void>
}

function summarize(delaysMs: readonly number[]): Delays {
  const sorted = [...delaysMs].sort((one, other) => one - other)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { count: sorted.length, p99Ms: at(0.99), worstMs: at(1) }
}

/**
 * Starts a pair; resolves once it is in a room.
 * @param onFault called when the pair loses its room, a session, a connection or a message
 */
export async function startNeighbourPair(
  url: string,
  onFault: (text: string) => void,
): Promise<NeighbourPair> {
  const child = fork(new URL('neighbours-process.ts', import.meta.url), [url, neighbourAddress], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  let onReport: (report: NeighbourReport) => void = () => undefined
  child.on('message', (report: NeighbourReport) => {
    if (report.kind === 'fault') onFault(report.text)
    else onReport(report)
  })
  const next = (what: string): Promise<NeighbourReport> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the neighbours did not ${what} in ${patienceMs} ms`)),
        patienceMs,
      )
      const finish = (act: () => void): void => {
        clearTimeout(timer)
        child.off('exit', handleExit)
        act()
      }
      const handleExit = (): void =>
        finish(() => reject(new Error('the process of the neighbours ended')))
      child.once('exit', handleExit)
      onReport = (report) => finish(() => resolve(report))
    })
  const ask = async (request: NeighbourRequest): Promise<NeighbourReport> => {
    const answer = next(`answer "${request}"`)
    child.send(request)
    return answer
  }
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  try {
    await next('meet')
  } catch (error) {
    await kill()
    throw error
  }
  return {
    takeDelays: async () => {
      const report = await ask('delays')
      return summarize(report.kind === 'delays' ? report.delaysMs : [])
    },
    part: async () => {
      try {
        await ask('part')
      } finally {
        await kill()
      }
    },
  }
}
