import type { Logger, LoggerOptions } from 'pino'
import pino from 'pino'
import { prettyFactory } from 'pino-pretty'
import { LogOutput } from './output.ts'
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
  const toText =
    format === 'json'
      ? (line: string) => line
      : prettyFactory({ singleLine: true, translateTime: 'SYS:HH:MM:ss' })
  // pino's own destination waits for a reader that does not read, and with it the whole process.
  const output = new LogOutput(process.stdout, (dropped) => {
    let notice = ''
    const noticing = pino(options, { write: (line) => (notice = toText(line)) })
    noticing.warn({ dropped }, 'lines of the log were dropped: standard output was not read')
    return notice
  })
  return pino(options, { write: (line) => output.write(toText(line)) })
}

/** For a server inside another program, which has not asked for a log. */
export const silentLog: Log = pino({ level: 'silent' })
