/** What was typed is not understood; `message` says why. */
class FlagError extends Error {
  override readonly name = 'FlagError'
}

/**
 * The number given for a flag, or `fallback`.
 * @throws FlagError where it is none from `min` to `max`
 */
export function numberFlag(
  name: string,
  given: string | undefined,
  {
    fallback,
    min,
    max,
    isWhole = true,
  }: {
    readonly fallback: number
    readonly min: number
    readonly max: number
    readonly isWhole?: boolean
  },
): number {
  if (given === undefined) return fallback
  const value = given.trim() === '' ? NaN : Number(given)
  if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return value
  const kind = isWhole ? 'a whole number' : 'a number'
  throw new FlagError(`--${name} is "${given}": it must be ${kind} from ${min} to ${max}.`)
}

/** Runs `main`; what was typed wrongly is told in a sentence, and the exit code is 2. */
export async function runCommand(main: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await main()) ? 0 : 1
  } catch (error) {
    const isTyped =
      error instanceof FlagError ||
      (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE'))
    if (!isTyped) throw error
    console.error(error.message)
    process.exitCode = 2
  }
}
