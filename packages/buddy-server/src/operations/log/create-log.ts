import type { Logger, LoggerOptions } from 'pino'
import pino from 'pino'
import { prettyFactory } from 'pino-pretty'
import { LogOutput } from './output.ts'
import { printable, printableFields, printableStack } from './printable.ts'

/**
 * The server's log, for its operator. It must not contain private data: addresses, names, texts, session
 * descriptions, candidates.
 */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** Returns an error as fields. Its message may quote anything, including a user's text. */
function toFields(error: Error): object {
  const { stack, ...fields } = pino.stdSerializers.err(error)
  return { ...printableFields(fields), stack: printableStack(stack) }
}

/** Makes each entry one line that is safe to show in a terminal, whatever its content. */
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

/** Makes a log on standard output: JSON lines, or readable lines. */
export function createLog(level: string, format: 'json' | 'pretty'): Log {
  const options = { level, ...formatting }
  const toText =
    format === 'json'
      ? (line: string) => line
      : prettyFactory({ singleLine: true, translateTime: 'SYS:HH:MM:ss' })
  // pino's own destination would block the whole process if standard output is not read.
  const output = new LogOutput(process.stdout, (dropped) => {
    let notice = ''
    const noticing = pino(options, { write: (line) => (notice = toText(line)) })
    noticing.warn({ dropped }, 'log lines were dropped because standard output was not read')
    return notice
  })
  return pino(options, { write: (line) => output.write(toText(line)) })
}

/** A log that writes nothing, for a server in a program that passes no log. */
export const silentLog: Log = pino({ level: 'silent' })
