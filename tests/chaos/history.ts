// The history of a run: what every client did and received, and every fault. The checker reads nothing else.
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** The kinds of faults; `faults.ts` causes them. */
export type FaultKind =
  | 'kill'
  | 'pause'
  | 'roll'
  | 'drop'
  | 'cut'
  | 'clock'
  | 'redis-pause'
  | 'redis-restart'
  | 'redis-loss'
  | 'flush'

/** What happened. `c` is a client (a tab of a person), `k` one connection, `n` the number of a text. */
export type Happening =
  | { readonly do: 'begin'; readonly seed: number; readonly graceMs: number }
  /** A fault begins or ends. `node` is the number of the node that it concerns, if it concerns one. */
  | {
      readonly do: 'fault'
      readonly id: number
      readonly kind: FaultKind
      readonly phase: 'begin' | 'end'
      readonly node?: number
    }
  /** A tab is opened. `site` and `band` are what the site has signed for the person. */
  | {
      readonly do: 'open'
      readonly c: string
      readonly person: string
      readonly site: string
      readonly band: string
    }
  | { readonly do: 'connect'; readonly c: string; readonly k: number; readonly node: number }
  /** The client has sent a hello, which names its session (empty if it has none) and its room. */
  | {
      readonly do: 'hello'
      readonly c: string
      readonly k: number
      readonly session: string
      readonly room: string
    }
  | {
      readonly do: 'welcome'
      readonly c: string
      readonly k: number
      readonly session: string
      readonly isResumed: boolean
      readonly isRestored: boolean
    }
  /** The connection ended, or was not established. `error` is the latest error that it received. */
  | {
      readonly do: 'lost'
      readonly c: string
      readonly k: number
      readonly code: number
      readonly error: string
    }
  /** Commands of the client. The client has left its room from then on. */
  | { readonly do: 'ticket'; readonly c: string; readonly lobby: string }
  | { readonly do: 'next' | 'leave'; readonly c: string }
  | { readonly do: 'block' | 'report'; readonly c: string; readonly room: string }
  /** The user has typed a text. `write`: the text was given to a connection; a resume may repeat it. */
  | { readonly do: 'text'; readonly c: string; readonly room: string; readonly n: number }
  | {
      readonly do: 'write'
      readonly c: string
      readonly k: number
      readonly room: string
      readonly n: number
    }
  /** Messages that the client has received. `partner` is the client that the partner's name stands for. */
  | { readonly do: 'waiting' | 'away' | 'back'; readonly c: string }
  | { readonly do: 'matched'; readonly c: string; readonly room: string; readonly partner: string }
  | { readonly do: 'parted'; readonly c: string; readonly reason: string }
  | {
      readonly do: 'heard'
      readonly c: string
      readonly room: string
      readonly from: string
      readonly n: number
    }
  | { readonly do: 'error'; readonly c: string; readonly code: string }
  /** The tab is closed by its user. */
  | { readonly do: 'close'; readonly c: string }
  /** From here on there is no fault, and no client leaves its room, until the history ends. */
  | { readonly do: 'quiet' | 'end' }

/** An entry: what happened, and when, in milliseconds since the beginning, on one monotonic clock. */
export type Entry = Happening & { readonly t: number }

/** Collects the entries of a run, and writes them to a file with one JSON object a line. */
export class History {
  readonly entries: Entry[] = []
  readonly #beganAtMs = performance.now()
  readonly #file: ReturnType<typeof createWriteStream> | undefined
  #isClosed = false

  /** @param path the file; undefined if the entries are only kept in memory */
  constructor(path?: string) {
    if (path === undefined) return
    mkdirSync(dirname(path), { recursive: true })
    this.#file = createWriteStream(path)
  }

  /** Returns the time, in milliseconds since the beginning. */
  get nowMs(): number {
    return performance.now() - this.#beganAtMs
  }

  /** Notes what happened. After `close` it has no effect: connections that end then are not part of the run. */
  add(happening: Happening): void {
    if (this.#isClosed) return
    const entry = { t: Math.round(this.nowMs * 1000) / 1000, ...happening }
    this.entries.push(entry)
    this.#file?.write(`${JSON.stringify(entry)}\n`)
  }

  /** Resolves when the file is complete. */
  async close(): Promise<void> {
    this.#isClosed = true
    const file = this.#file
    if (file) await new Promise<void>((resolve) => file.end(() => resolve()))
  }
}

/** Reads a history from its file. */
export function readHistory(path: string): Entry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry)
}
