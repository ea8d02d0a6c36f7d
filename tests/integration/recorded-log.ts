import type { Log } from '@buddy-chat/server'

interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A log for a server under test, which records its lines. */
export interface RecordedLog {
  readonly log: Log
  readonly lines: readonly LogLine[]
  /** Returns the messages of all lines in order. */
  readonly messages: () => readonly string[]
  /** Resolves with the first line for which `isWanted` returns true, once it has been written. */
  readonly line: (isWanted: (line: LogLine) => boolean) => Promise<LogLine>
}

export function createRecordedLog(): RecordedLog {
  const lines: LogLine[] = []
  const waiting = new Set<() => void>()
  const writer =
    (level: LogLine['level']) =>
    (...[first, second]: unknown[]): void => {
      const isText = typeof first === 'string'
      const message = String(isText ? first : second)
      lines.push({ level, message, fields: isText ? {} : (first as LogLine['fields']) })
      for (const check of waiting) check()
    }
  const log = { info: writer('info'), warn: writer('warn'), error: writer('error') }
  return {
    log: log as unknown as Log,
    lines,
    messages: () => lines.map(({ message }) => message),
    line: (isWanted) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = lines.find(isWanted)
          if (!found) return
          waiting.delete(check)
          resolve(found)
        }
        waiting.add(check)
        check()
      }),
  }
}
