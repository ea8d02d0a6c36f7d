import { ConfigError, readConfig } from './config/read-config.ts'
import { createLog } from './operations/log.ts'

function fail(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}

/** What is told once a server listens. */
interface Listening {
  /** Its address on this machine. */
  readonly url: string
}

/**
 * Runs one server, configured by environment variables, until SIGINT or SIGTERM; then the process
 * exits with 0. What the operator got wrong ends it with 1 and a sentence on standard error.
 */
export async function run(onListening: (listening: Listening) => void): Promise<void> {
  try {
    const { options, logLevel } = readConfig(process.env)
    const log = createLog(logLevel)
    // Imported late: its native part may be what fails, and that deserves a sentence.
    const { createBuddyServer } = await import('./server.ts').catch((error: unknown) => {
      fail(
        `uWebSockets.js does not load on Node ${process.version} (${process.platform}-${process.arch}): ` +
          `use Node 20 or 22 on glibc Linux, macOS or Windows.\n${String(error)}`,
      )
    })
    const server = createBuddyServer(options, log)

    let isStopping = false
    const stop = (): void => {
      // Whoever asks twice does not want to wait for anybody.
      if (isStopping) process.exit(0)
      isStopping = true
      void server.close().then(() => {
        log.info('stopped')
        process.exit(0)
      })
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)

    onListening(await server.listen())
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message)
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') fail(`Cannot listen: ${message}. Set PORT (or HOST) to another one.`)
    throw error
  }
}
