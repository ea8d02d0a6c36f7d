import type { Logger, LoggerOptions } from 'pino'
import pino from 'pino'
import { prettyFactory } from 'pino-pretty'
import { LogOutput } from './output.ts'
import { printable, printableFields, printableStack } from './printable.ts'

/**
 * The log of a server, for its operator. It must not contain private data, which are addresses, names, texts,
 * session descriptions and candidates.
 */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/**
 * Returns the fields by which an error is logged. They are made printable, because the message may quote
 * anything, even a user's text.
 */
function toFields(error: Error): object {
  const { stack, ...fields } = pino.stdSerializers.err(error)
  return { ...printableFields(fields), stack: printableStack(stack) }
}

/** Options that make each log entry one line, which is safe to show in a terminal whatever it contains. */
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

/** Creates a log that writes to standard output, as JSON lines or readable lines. */
export function createLog(level: string, format: 'json' | 'pretty'): Log {
  const options = { level, ...formatting }
  const toText =
    format === 'json'
      ? (line: string) => line
      : prettyFactory({ singleLine: true, translateTime: 'SYS:HH:MM:ss' })
  // The destination is not pino's own, which would block the process if nothing reads its standard output.
  const output = new LogOutput(process.stdout, (dropped) => {
    let notice = ''
    const noticing = pino(options, { write: (line) => (notice = toText(line)) })
    noticing.warn({ dropped }, 'log lines were dropped because standard output was not read')
    return notice
  })
  return pino(options, { write: (line) => output.write(toText(line)) })
}

/** A log that writes nothing. A program that embeds the server and passes no log gets this one. */
export const silentLog: Log = pino({ level: 'silent' })
