// A server in a process of its own, with its limits, but not those on connections: all of a load
// comes from one address. Started by server-process.ts with --expose-gc; answers `measure`.
import { readdirSync } from 'node:fs'
import type { BuddyServerOptions } from '@buddy-chat/server'
import { createBuddyServer } from '@buddy-chat/server'

/** What the process says to whoever started it. */
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
  /** Files and sockets open; 0 where the system does not say. */
  readonly descriptors: number
  /** What keeps the event loop going, timers included. */
  readonly resources: number
}

const tell = (report: Report): void => void process.send?.(report)
const options = JSON.parse(process.argv[2] ?? '{}') as BuddyServerOptions

const server = createBuddyServer(
  {
    port: 0,
    host: '127.0.0.1',
    iceServers: [],
    maxUsers: 100_000,
    maxRooms: 50_000,
    maxConnectionsPerAddress: 1_000_000,
    maxSessionsPerAddress: 1_000_000,
    maxConnectsPerAddress: 1_000_000,
    shutdownTimeoutMs: 0,
    ...options,
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

process.on('message', ({ collect }: { readonly collect: boolean }) => {
  if (collect) globalThis.gc?.()
  const { users, away, waiting, rooms } = server.status()
  const { heapUsed, rss } = process.memoryUsage()
  const figures: Figures = {
    users,
    away,
    waiting,
    rooms,
    heapBytes: heapUsed,
    residentBytes: rss,
    descriptors: descriptors(),
    resources: process.getActiveResourcesInfo().length,
  }
  tell({ kind: 'measured', figures })
})
process.on('disconnect', () => process.exit(0))

tell({ kind: 'listening', url: (await server.listen()).url })
