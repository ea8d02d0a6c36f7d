import type { Logger } from 'pino'
import pino from 'pino'

/**
 * What the server writes for its operator. Never anything private: no address, name, text,
 * session description or candidate.
 */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** JSON lines on standard output. */
export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime })
}

/** For a server inside another program, which has not asked for a log. */
export const silentLog: Log = pino({ level: 'silent' })
