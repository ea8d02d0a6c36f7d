import { readdirSync, readFileSync } from 'node:fs'
import { CapacityWatch } from './capacity-watch.ts'
import type { Log } from './log/create-log.ts'

/** Files that the process may open beside sockets: certificates, webhooks, what Node needs. */
const reservedFiles = 32
/** From this share of the sockets on, new clients are refused: those that are here go on. */
const nearlyFullPercent = 95

/** What the system says of the process's open files. */
export interface FileCount {
  /** How many it may have; Infinity if there is no limit. */
  readonly limit: () => number
  readonly used: () => number
}

/** The part of Node's report that is read. */
interface Report {
  readonly userLimits?: { readonly open_files: { readonly soft: number | 'unlimited' } }
}

function limitInReport(): number {
  const { userLimits } = process.report.getReport() as Report
  const soft = userLimits?.open_files.soft
  return typeof soft === 'number' ? soft : Infinity
}

const system: FileCount = {
  limit: () => {
    try {
      // Node's report has it for other systems too, and takes long while many sockets are open.
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

interface OpenFilesDependencies {
  readonly log: Log
  /** @default the system's */
  readonly files?: FileCount
}

/**
 * Each socket is an open file, of which a process may have so many. At the limit the system accepts no
 * connection, and tells the server of it again and again: so it stays below, and the operator is warned.
 */
export class OpenFiles {
  readonly #log: Log
  readonly #files: FileCount
  /** Files that are open beside sockets; counted once, as it takes long while many are open. */
  #own: number | undefined
  readonly #watch: CapacityWatch
  #sockets = 0
  #maxSockets = Infinity

  constructor({ log, files = system }: OpenFilesDependencies) {
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

  /** TCP connections that are open. */
  get sockets(): number {
    return this.#sockets
  }

  /** TCP connections that may be open at a time. */
  get maxSockets(): number {
    return this.#maxSockets
  }

  /** Whether new clients are to be refused. */
  get isNearlyFull(): boolean {
    return this.#sockets * 100 >= this.#maxSockets * nearlyFullPercent
  }

  /** Looks at the limit anew, and warns if it is too low for `maxUsers`. */
  refresh(maxUsers: number): void {
    const limit = this.#files.limit()
    this.#own ??= this.#files.used()
    this.#maxSockets = Math.max(1, limit - this.#own - reservedFiles)
    if ((this.#maxSockets * nearlyFullPercent) / 100 >= maxUsers) return
    this.#log.warn(
      { limit, users: maxUsers },
      'the limit of open files is too low for MAX_CONCURRENT_USERS: raise it (LimitNOFILE, ulimit -n)',
    )
  }

  /** The number of open TCP connections has changed. */
  handleSockets(sockets: number): void {
    this.#sockets = sockets
    this.#watch.look(sockets, this.#maxSockets)
  }
}
