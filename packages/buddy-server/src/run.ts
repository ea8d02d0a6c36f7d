import type { OptionName } from './config/all-settings.ts'
import { settings } from './config/all-settings.ts'
import type { ProcessOptions } from './config/process-settings.ts'
import type { Config, ConfigInput } from './config/read-config.ts'
import { readConfig } from './config/read-config.ts'
import type { BuddyServer, CheckOptions } from './embedding.ts'
import { signals } from './launcher/process-signals.ts'
import type { Log } from './operations/log/create-log.ts'
import { createLog, silentLog } from './operations/log/create-log.ts'
import { createBuddyServer } from './server.ts'

/** The data that is passed to `onListening`. */
interface Listening {
  /** The server's URL on this machine. */
  readonly url: string
}

function logOf({ process: { logLevel, logFormat } }: Config): Log {
  const isPretty = logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY)
  return createLog(logLevel, isPretty ? 'pretty' : 'json')
}

/** Reads the configuration again and applies it. If it is invalid, logs the reason and changes nothing. */
function reload(server: BuddyServer, input: ConfigInput, before: Config, log: Log): void {
  try {
    const renewed = readConfig(input)
    const isApplied = (name: keyof ProcessOptions): boolean =>
      settings[name].isReloadable || renewed.process[name] === before.process[name]
    const needRestart = [
      // In trial mode, the default secret key is different each time. That is no change by the operator.
      ...server
        .reload(renewed.options)
        .filter((name) => name !== 'secretKey' || renewed.origins.secretKey !== 'default'),
      ...(Object.keys(before.process) as (keyof ProcessOptions)[]).filter(
        (name) => !isApplied(name),
      ),
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

/** A server that does not listen yet, with its configuration and log. */
interface Prepared {
  readonly config: Config
  readonly log: Log
  readonly server: BuddyServer
}

/**
 * Does everything that comes before a server listens.
 * @throws ConfigError, and what `createBuddyServer` throws
 */
function prepare(input: ConfigInput, chooseLog: (config: Config) => Log): Prepared {
  const config = readConfig(input)
  const log = chooseLog(config)
  const onStopped = (): void => process.exit(1)
  return { config, log, server: createBuddyServer(config.options, { log, onStopped }) }
}

/**
 * Checks everything that a start with this input needs, on this machine and now.
 * @throws what `run` throws
 */
export async function checkStart(input: ConfigInput, options: CheckOptions): Promise<void> {
  const { server } = prepare(input, () => silentLog)
  await server.check(options)
}

/**
 * Runs one server until SIGINT or SIGTERM. Then the process exits with 0. If the server stops by itself, the process
 * exits with 1. SIGHUP reloads the configuration.
 * @throws an error of `operator-mistakes.ts` if the server cannot start with this input or on this machine
 */
export async function run(
  input: ConfigInput,
  onListening: (listening: Listening) => void,
): Promise<void> {
  // Without a listener, SIGHUP would end the process. The listener does nothing, because there is nothing to
  // reload during the start.
  signals.on('SIGHUP', () => undefined)
  const { config, log, server } = prepare(input, logOf)

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
}
