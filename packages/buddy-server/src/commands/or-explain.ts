import { ConfigError } from '../config/config-error.ts'
import { InvalidWelcomeError } from '../sites/check-welcome.ts'
import { TlsError } from '../transport/tls-files.ts'

/**
 * Runs `act`. If it fails because of a mistake of the operator, prints the message to standard error and
 * sets the exit code to 1.
 */
export async function orExplain(act: () => void | Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    const isMistake = [ConfigError, TlsError, InvalidWelcomeError].some(
      (kind) => error instanceof kind,
    )
    if (!isMistake) throw error
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
