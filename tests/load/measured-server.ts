// Runs the server that is built in the checkout given on the command line. server-process.ts starts
// this file with --expose-gc, and requests figures.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as server from '@buddy-chat/server'

/** The messages of this process to its parent. */
export type Report =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'measured'; readonly figures: Figures }
  /** Sent when the server logs an error. */
  | { readonly kind: 'fault'; readonly text: string }

/** Figures of the process at one moment, after a garbage collection if the parent requested one. */
export interface Figures {
  readonly users: number
  readonly away: number
  readonly waiting: number
  readonly rooms: number
  readonly heapBytes: number
  readonly residentBytes: number
  /** The highest `residentBytes` so far; on systems other than Linux, the present value. */
  readonly peakResidentBytes: number
  /** Open files and sockets; 0 on systems other than Linux. */
  readonly descriptors: number
  /** Resources that keep the event loop running, timers included. */
  readonly resources: number
}

const send = (report: Report): void => void process.send?.(report)
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
        send({ kind: 'fault', text: `${text ?? ''} ${err?.stack ?? JSON.stringify(details)}` })
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

/** Reads `VmHWM`, see proc(5). Unlike `maxRSS`, it does not include the parent before `exec`. */
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
  send({ kind: 'measured', figures })
})
process.on('disconnect', () => process.exit(0))

send({ kind: 'listening', url: (await running.listen()).url })
