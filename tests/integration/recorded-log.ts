// What a server writes for its operator, kept for a test to read.
import type { Log } from '@buddy-chat/server'

/** One line of a log. */
interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A log that keeps its lines. */
export interface KeptLog {
  readonly log: Log
  readonly lines: readonly LogLine[]
  /** Messages in order. */
  readonly messages: () => readonly string[]
  /** The first line that `isWanted`, now or as soon as it is written. */
  readonly line: (isWanted: (line: LogLine) => boolean) => Promise<LogLine>
}

/** Makes one. */
export function createKeptLog(): KeptLog {
  const lines: LogLine[] = []
  const waiting = new Set<() => void>()
  const writer =
    (level: LogLine['level']) =>
    (...[first, second]: unknown[]): void => {
      const isText = typeof first === 'string'
      const message = String(isText ? first : second)
      lines.push({ level, message, fields: isText ? {} : (first as LogLine['fields']) })
      for (const look of waiting) look()
    }
  const log = { info: writer('info'), warn: writer('warn'), error: writer('error') }
  return {
    log: log as unknown as Log,
    lines,
    messages: () => lines.map(({ message }) => message),
    line: (isWanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = lines.find(isWanted)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}
