import { randomBytes } from './random-bytes.ts'

/**
 * Returns bytes as an id of letters, digits, `_` and `-`. It never begins with `-`, because operators pass ids to
 * commands, which would take such an id for an option.
 */
export function toId(bytes: Buffer): string {
  return bytes.toString('base64url').replace(/^-/, '_')
}

/** Returns a new id of 96 random bits, as 16 characters. */
export function newId(): string {
  return toId(randomBytes(12))
}
