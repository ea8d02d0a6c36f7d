import { readdirSync, readFileSync } from 'node:fs'
import { CapacityWatch } from './capacity-watch.ts'
import type { Log } from './log/create-log.ts'

/**
 * The number of files that the process may open besides client sockets, for certificates, webhooks and Node
 * itself.
 */
const reservedFiles = 32
/**
 * When this percentage of the sockets is open, new clients are refused, so that connected ones can continue.
 */
const nearlyFullPercent = 95

/** How many files the process may open and has open, according to the operating system. */
export interface FileCount {
  /** Returns the maximum number of open files. Infinity if there is no limit. */
  readonly limit: () => number
  readonly used: () => number
}

/** The part of Node's diagnostic report that is used. */
interface Report {
  readonly userLimits?: { readonly open_files: { readonly soft: number | 'unlimited' } }
}

function limitInReport(): number {
  const { userLimits } = process.report.getReport() as Report
  const soft = userLimits?.open_files.soft
  return typeof soft === 'number' ? soft : Infinity
}

/** The numbers of files according to the operating system. */
export const systemFiles: FileCount = {
  limit: () => {
    try {
      // On Linux, the limit is read from this file. Node's report contains it on all systems, but is slow
      // while many sockets are open.
      const line = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
      return line?.[1] === 'unlimited' ? Infinity : Number(line?.[1])
    } catch {
      return limitInReport()
    }
  },
  used: () => {
    try {
      return readdirSync('/dev/fd').length
    } catch {
      return reservedFiles
    }
  },
}

/** Returns how many sockets the process may have open, with `own` open files before the first socket. */
const socketsWithin = (limit: number, own: number): number =>
  Math.max(1, limit - own - reservedFiles)

/** Returns how many users a server can have, before the limit of open files refuses new ones. */
export const usersWithin = (limit: number, own: number): number =>
  Math.floor((socketsWithin(limit, own) * nearlyFullPercent) / 100)

interface OpenFilesDependencies {
  readonly log: Log
  /** Returns the numbers of files. @default those of the operating system */
  readonly files?: FileCount
}

/**
 * Keeps the number of sockets below the limit of open files, because each socket is an open file. Warns the
 * operator before the limit. At the limit, the server could not accept a new connection, and the system would
 * report that connection again and again.
 */
export class OpenFiles {
  readonly #log: Log
  readonly #files: FileCount
  /**
   * The number of files that were open at the start, before any sockets. It is counted only once, because
   * counting is slow while many files are open.
   */
  #own: number | undefined
  readonly #watch: CapacityWatch
  #sockets = 0
  #maxSockets = Infinity

  constructor({ log, files = systemFiles }: OpenFilesDependencies) {
    this.#log = log
    this.#files = files
    this.#watch = new CapacityWatch((level, percent) => {
      const fields = { sockets: this.#sockets, max: this.#maxSockets, percent }
      if (level === 0) log.info(fields, 'sockets are well below the limit of open files again')
      else if (level === 80)
        log.warn(fields, 'sockets have reached 80 % of the limit of open files')
      else log.warn(fields, 'new clients are refused: sockets have reached the limit of open files')
    })
  }

  /** The number of open TCP connections. */
  get sockets(): number {
    return this.#sockets
  }

  /** The maximum number of open TCP connections. */
  get maxSockets(): number {
    return this.#maxSockets
  }

  /** Whether the server has to refuse new clients. */
  get isNearlyFull(): boolean {
    return this.#sockets * 100 >= this.#maxSockets * nearlyFullPercent
  }

  /** Reads the limit again, and warns if it is too low for `maxUsers`. */
  refresh(maxUsers: number): void {
    const limit = this.#files.limit()
    this.#own ??= this.#files.used()
    this.#maxSockets = socketsWithin(limit, this.#own)
    if (usersWithin(limit, this.#own) >= maxUsers) return
    this.#log.warn(
      { limit, users: maxUsers },
      'the limit of open files is too low for MAX_CONCURRENT_USERS: raise it (LimitNOFILE, ulimit -n)',
    )
  }

  /** Call this when the number of open TCP connections has changed. */
  handleSockets(sockets: number): void {
    this.#sockets = sockets
    this.#watch.check(sockets, this.#maxSockets)
  }
}
