import type { OptionName } from './config/all-settings.ts'
import { settings } from './config/all-settings.ts'
import { ConfigError } from './config/config-error.ts'
import type { ProcessOptions } from './config/process-settings.ts'
import type { Config, ConfigInput } from './config/read-config.ts'
import { readConfig } from './config/read-config.ts'
import type { Log } from './operations/log/create-log.ts'
import { createLog } from './operations/log/create-log.ts'
import type { BuddyServer } from './server.ts'

function fail(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}

/** What is told once a server listens. */
interface Listening {
  /** Its address on this machine. */
  readonly url: string
}

/** What `make` throws is about the configuration: it is told as a sentence. */
function orFail<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    fail((error as Error).message)
  }
}

function logOf({ process: { logLevel, logFormat } }: Config): Log {
  const isForPeople = logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY)
  return createLog(logLevel, isForPeople ? 'pretty' : 'json')
}

/** Reads the configuration again; what is wrong with it changes nothing. */
function reload(server: BuddyServer, input: ConfigInput, before: Config, log: Log): void {
  try {
    const renewed = readConfig(input)
    const isSame = (name: keyof ProcessOptions): boolean =>
      renewed.process[name] === before.process[name]
    const needRestart = [
      // A trial's throw-away key is another each time.
      ...server
        .reload(renewed.options)
        .filter((name) => name !== 'secretKey' || renewed.origins.secretKey !== 'default'),
      ...(Object.keys(before.process) as (keyof ProcessOptions)[]).filter((name) => !isSame(name)),
    ].map((name) => settings[name as OptionName].key)
    log.info('configuration reloaded')
    if (needRestart.length > 0) log.warn({ keys: needRestart }, 'these change at a restart only')
  } catch (error) {
    log.error({ reason: (error as Error).message }, 'configuration not reloaded: it is as before')
  }
}

/**
 * Runs one server until SIGINT or SIGTERM; then the process exits with 0. SIGHUP reads the
 * configuration again. What the operator got wrong ends it with 1 and a sentence on standard error.
 */
export async function run(
  input: ConfigInput,
  onListening: (listening: Listening) => void,
): Promise<void> {
  try {
    // Whoever asks for a reload while it starts gets what is read now; unheard it would end the process.
    process.on('SIGHUP', () => undefined)
    const config = readConfig(input)
    const log = logOf(config)
    // Imported late: its native part may be what fails, and that deserves a sentence.
    const { createBuddyServer } = await import('./server.ts').catch((error: unknown) => {
      fail(
        `uWebSockets.js does not load on Node ${process.version} (${process.platform}-${process.arch}): ` +
          `use Node 20 or 22 on glibc Linux, macOS or Windows.\n${String(error)}`,
      )
    })
    const server = orFail(() => createBuddyServer(config.options, { log }))

    let isStopping = false
    const stop = (): void => {
      // Whoever asks twice does not want to wait for anybody.
      if (isStopping) process.exit(0)
      isStopping = true
      log.info('stopping')
      void server.close().then(() => {
        log.info('stopped')
        process.exit(0)
      })
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    process.on('SIGHUP', () => reload(server, input, config, log))

    onListening(await server.listen())
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message)
    const { code, name, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') fail(`Cannot listen: ${message}. Set PORT (or HOST) to another one.`)
    if (name === 'TlsError') fail(message)
    throw error
  }
}
