/** Thrown if a command-line flag has an invalid value. `message` states which values are valid. */
export class FlagError extends Error {
  override readonly name = 'FlagError'
}

/**
 * Returns the number given for a flag, or `fallback` if none was given.
 * @throws FlagError if it is not a number from `min` to `max`
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

/**
 * Returns the values given for a flag that may be repeated, or all possible values if none was given.
 * @throws FlagError if a value is not one of `possible`
 */
export function listFlag(
  name: string,
  given: readonly string[] | undefined,
  possible: readonly string[],
): readonly string[] {
  const unknown = given?.find((value) => !possible.includes(value))
  if (unknown === undefined) return given ?? possible
  throw new FlagError(`--${name} is "${unknown}": it must be one of ${possible.join(', ')}.`)
}

/**
 * Runs `main` and sets the exit code: 0 if it resolves with true, 1 if it resolves with false or
 * rejects, 2 if a flag is invalid. Prints the reason of a rejection.
 */
export async function runCommand(main: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await main()) ? 0 : 1
  } catch (error) {
    const isFlagError =
      error instanceof FlagError ||
      (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE'))
    console.error(isFlagError ? error.message : error)
    process.exitCode = isFlagError ? 2 : 1
  }
}
