import type { Logger, LoggerOptions } from 'pino'
import pino from 'pino'
import pretty from 'pino-pretty'
import { printable, printableFields, printableStack } from './printable.ts'

/**
 * What the server writes for its operator. Never anything private: no address, name, text,
 * session description or candidate.
 */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** An error as fields. Its message may quote anything, a visitor's text included. */
function toFields(error: Error): object {
  const { stack, ...fields } = pino.stdSerializers.err(error)
  return { ...printableFields(fields), stack: printableStack(stack) }
}

/** Whatever ends up in a line, it is one line, and a terminal may show it. */
const formatting = {
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: {
    level: (level) => ({ level }),
    log: (fields) => printableFields(fields),
  },
  serializers: { err: toFields },
  hooks: {
    logMethod(args, write) {
      const printed = args.map((arg: unknown) => (typeof arg === 'string' ? printable(arg) : arg))
      write.apply(this, printed as typeof args)
    },
  },
} satisfies LoggerOptions

/** On standard output: JSON lines, or lines for people. */
export function createLog(level: string, format: 'json' | 'pretty'): Log {
  const options = { level, ...formatting }
  if (format === 'json') return pino(options)
  return pino(options, pretty({ singleLine: true, translateTime: 'SYS:HH:MM:ss', sync: true }))
}

/** For a server inside another program, which has not asked for a log. */
export const silentLog: Log = pino({ level: 'silent' })
