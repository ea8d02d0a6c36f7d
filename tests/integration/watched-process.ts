import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A child process under test, and what it writes. */
export interface WatchedProcess {
  readonly child: ChildProcess
  /** Returns everything that the process has written so far to standard output and standard error. */
  readonly output: () => string
  /** Resolves once the output contains `text`; rejects if the process ends first. */
  readonly writes: (text: string) => Promise<void>
  /** Resolves with the first match of `pattern` in the output; rejects if the process ends first. */
  readonly matches: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Resolves with the URL that a server process sends to its parent; rejects if it ends first. */
  readonly url: () => Promise<string>
  /** Resolves with the exit code once the process has ended and its output has arrived. */
  readonly exited: Promise<number | null>
}

/** Watches a process whose standard output and standard error are pipes. */
export function watchProcess(child: ChildProcess): WatchedProcess {
  let output = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      for (const check of waiting) check()
    })
  }
  // Waits for `close` rather than `exit`, because all output has arrived by then.
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const ended = exited.then(() => Promise.reject(new Error(`the process ended: ${output}`)))
  ended.catch(() => undefined)
  const find = <T>(get: () => T | null): Promise<T> => {
    const found = new Promise<T>((resolve) => {
      const check = (): void => {
        const value = get()
        if (value === null) return
        waiting.delete(check)
        resolve(value)
      }
      waiting.add(check)
      check()
    })
    return Promise.race([found, ended])
  }
  const url = once(child, 'message').then(([message]) => (message as { url: string }).url)
  url.catch(() => undefined)
  return {
    child,
    output: () => output,
    writes: (text) => find(() => (output.includes(text) ? undefined : null)),
    matches: (pattern) => find(() => pattern.exec(output)),
    url: () => Promise.race([url, ended]),
    exited,
  }
}
