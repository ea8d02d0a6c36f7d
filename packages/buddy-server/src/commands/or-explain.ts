import { isOperatorMistake } from '../operator-mistakes.ts'

/**
 * Runs `act`. If it fails because of a mistake of the operator, prints the message to standard error and
 * sets the exit code to 1.
 */
export async function orExplain(act: () => void | Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!isOperatorMistake(error)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
