import type { Logger } from 'pino'
import pino from 'pino'
import pretty from 'pino-pretty'

/**
 * What the server writes for its operator. Never anything private: no address, name, text,
 * session description or candidate.
 */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** On standard output: JSON lines, or lines for people. */
export function createLog(level: string, format: 'json' | 'pretty'): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  if (format === 'json') return pino(options)
  return pino(options, pretty({ singleLine: true, translateTime: 'SYS:HH:MM:ss', sync: true }))
}

/** For a server inside another program, which has not asked for a log. */
export const silentLog: Log = pino({ level: 'silent' })
