import type { OptionName } from './config/all-settings.ts'
import { settings } from './config/all-settings.ts'
import { ConfigError } from './config/config-error.ts'
import type { ProcessOptions } from './config/process-settings.ts'
import type { Config, ConfigInput } from './config/read-config.ts'
import { readConfig } from './config/read-config.ts'
import { signals } from './launcher/process-signals.ts'
import type { Log } from './operations/log/create-log.ts'
import { createLog } from './operations/log/create-log.ts'
import type { BuddyServer } from './server.ts'
import { createBuddyServer } from './server.ts'

/** Prints `message` to standard error and exits with 1. */
function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

/** The data that is passed to `onListening`. */
interface Listening {
  /** The server's URL on this machine. */
  readonly url: string
}

/**
 * Returns the result of `make`. If it throws, prints the message without a stack trace and exits, because the
 * reason is the configuration.
 */
function orFail<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    fail((error as Error).message)
  }
}

function logOf({ process: { logLevel, logFormat } }: Config): Log {
  const isPretty = logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY)
  return createLog(logLevel, isPretty ? 'pretty' : 'json')
}

/** Reads the configuration again and applies it. If it is invalid, logs the reason and changes nothing. */
function reload(server: BuddyServer, input: ConfigInput, before: Config, log: Log): void {
  try {
    const renewed = readConfig(input)
    const isSame = (name: keyof ProcessOptions): boolean =>
      renewed.process[name] === before.process[name]
    const needRestart = [
      // In trial mode, the default secret key is different each time. That is no change by the operator.
      ...server
        .reload(renewed.options)
        .filter((name) => name !== 'secretKey' || renewed.origins.secretKey !== 'default'),
      ...(Object.keys(before.process) as (keyof ProcessOptions)[]).filter((name) => !isSame(name)),
    ].map((name) => settings[name as OptionName].key)
    log.info('configuration reloaded')
    if (needRestart.length > 0) log.warn({ keys: needRestart }, 'changed settings need a restart')
  } catch (error) {
    log.error(
      { reason: (error as Error).message },
      'configuration not reloaded: the previous one stays in use',
    )
  }
}

/**
 * Runs one server until SIGINT or SIGTERM. Then the process exits with 0. SIGHUP reloads the configuration.
 * If the configuration is invalid at the start, the process prints a message to standard error and exits with
 * 1.
 */
export async function run(
  input: ConfigInput,
  onListening: (listening: Listening) => void,
): Promise<void> {
  try {
    // Without a listener, SIGHUP would end the process. The listener does nothing, because there is nothing
    // to reload during the start.
    signals.on('SIGHUP', () => undefined)
    const config = readConfig(input)
    const log = logOf(config)
    const server = orFail(() => createBuddyServer(config.options, { log }))

    let isStopping = false
    const stop = (): void => {
      // A second signal ends the process at once, without waiting for calls.
      if (isStopping) process.exit(0)
      isStopping = true
      log.info('stopping')
      void server.close().then(() => {
        log.info('stopped')
        process.exit(0)
      })
    }
    signals.on('SIGINT', stop)
    signals.on('SIGTERM', stop)
    signals.on('SIGHUP', () => reload(server, input, config, log))

    onListening(await server.listen())
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message)
    const { code, name, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') fail(`Cannot listen: ${message}. Set PORT (or HOST) to another one.`)
    if (name === 'TlsError') fail(message)
    throw error
  }
}
