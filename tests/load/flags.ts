/** A flag has a value that a command does not understand; `message` says why. */
export class FlagError extends Error {
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

/**
 * The values given for a flag that may be repeated, or all that are possible.
 * @throws FlagError if a value is none of those
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
 * Runs `main` and sets the exit code: 0 or 1 for its result, 1 with a sentence if it rejects, 2 with a
 * sentence if a flag is wrong.
 */
export async function runCommand(main: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await main()) ? 0 : 1
  } catch (error) {
    const isTyped =
      error instanceof FlagError ||
      (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE'))
    console.error(isTyped ? error.message : error)
    process.exitCode = isTyped ? 2 : 1
  }
}
