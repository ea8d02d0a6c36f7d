// A server in a process of its own, as built in the checkout that is named on the command line.
// Started by server-process.ts with --expose-gc; answers `measure`.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as server from '@buddy-chat/server'

/** What the process reports to the one that started it. */
export type Report =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'measured'; readonly figures: Figures }
  /** The server logged an error: it failed at something. */
  | { readonly kind: 'fault'; readonly text: string }

/** The process at one moment. Memory in bytes, after a garbage collection where one was asked for. */
export interface Figures {
  readonly users: number
  readonly away: number
  readonly waiting: number
  readonly rooms: number
  readonly heapBytes: number
  readonly residentBytes: number
  /** The most there was so far; at other systems than Linux what there is. */
  readonly peakResidentBytes: number
  /** Files and sockets open; 0 where the system does not say. */
  readonly descriptors: number
  /** What keeps the event loop going, timers included. */
  readonly resources: number
}

const tell = (report: Report): void => void process.send?.(report)
const [checkout = '', options = '{}'] = process.argv.slice(2)
const path = join(checkout, 'packages/buddy-server/dist/index.js')
const { createBuddyServer } = (await import(pathToFileURL(path).href)) as typeof server

const running = createBuddyServer(
  {
    port: 0,
    host: '127.0.0.1',
    iceServers: [],
    shutdownTimeoutMs: 0,
    ...(JSON.parse(options) as server.BuddyServerOptions),
  },
  {
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (details: unknown, text?: string) => {
        const { err } = details as { readonly err?: Error }
        tell({ kind: 'fault', text: `${text ?? ''} ${err?.stack ?? JSON.stringify(details)}` })
      },
    },
  },
)

function descriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

/** `VmHWM` of proc(5): unlike `maxRSS` it knows nothing of the process before this one. */
function peakResidentBytes(): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return Number(kilobytes) * 1024
  } catch {
    return process.memoryUsage.rss()
  }
}

process.on('message', ({ collect }: { readonly collect: boolean }) => {
  if (collect) globalThis.gc?.()
  const { users, away, waiting, rooms } = running.status()
  const { heapUsed, rss } = process.memoryUsage()
  const figures: Figures = {
    users,
    away,
    waiting,
    rooms,
    heapBytes: heapUsed,
    residentBytes: rss,
    peakResidentBytes: peakResidentBytes(),
    descriptors: descriptors(),
    resources: process.getActiveResourcesInfo().length,
  }
  tell({ kind: 'measured', figures })
})
process.on('disconnect', () => process.exit(0))

tell({ kind: 'listening', url: (await running.listen()).url })
