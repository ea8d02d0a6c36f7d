/** Thrown by a case if the server breaks the rule that the case checks. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** Thrown by a case that cannot check its rule at this server. The message gives the reason. */
export class Skip extends Error {
  override readonly name = 'Skip'
}

/**
 * Thrown if the server refused a connection because it, or the address of this program, has too many. The
 * case is run again later.
 */
export class AtCapacity extends Error {
  override readonly name = 'AtCapacity'
  /** The time after which the server allows another attempt, in milliseconds. */
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs: number) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** @throws Failure if the condition is false */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Failure(message)
}

/** @throws Failure if the two values differ as JSON */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [actual, expected].map((value) => JSON.stringify(value) ?? 'undefined')
  if (got !== wanted) throw new Failure(`${what} is ${got}, expected ${wanted}`)
}

/** @throws Failure if the two frames are not the same bytes */
export function equalBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (!Buffer.from(actual).equals(expected)) {
    throw new Failure(`${what} is ${hex(actual)}, expected ${hex(expected)}`)
  }
}

/** Returns the bytes in hexadecimal, shortened to the first 40. */
export function hex(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, 40)].map((byte) => byte.toString(16).padStart(2, '0'))
  return `${shown.join(' ')}${bytes.length > 40 ? ` … (${bytes.length} bytes)` : ''}`
}
